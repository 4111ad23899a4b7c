"""Crafted input on every address that there is: path, query, form, headers and cookies. Nothing answers 500."""

import re
import sys
import time
import uuid
from urllib.parse import quote, unquote_to_bytes

import pytest
from django.conf import settings
from django.core.signals import got_request_exception
from django.core.signing import b64_encode
from django.db import transaction
from django.http import QueryDict
from django.urls import URLPattern, get_resolver, reverse
from django.urls.resolvers import RoutePattern

from endpoints.access.sessions import SIGNED_IN_AT
from endpoints.access.signature import SIGNATURE, signature
from endpoints.changes import saved_views, submit
from endpoints.logs.download import requests as downloads
from endpoints.messages import calendar
from endpoints.mirror.resources import set_web_hook
from endpoints.models import Bulk, ConnectionCheck, Draft, Endpoint
from endpoints.models.status import ChangeKind
from tests.logs.steps import keep_logs, request_purge

# As they are sent: percent-encoded bytes, not always UTF-8.
VALUES = {
    "NUL": "%00",
    "text with NUL": "a%00b",
    "lone surrogate": "%ED%A0%80",
    "invalid UTF-8": "%FF%FE",
    "huge number": "9" * 40,
    "beyond 64 bits": str(2**63),
    "negative": "-1",
    "infinite": "1e999",
    "no number": "nan",
    "other digits": quote("٣²"),
    "impossible day": "2026-02-31",
    "impossible time": quote("9999-99-99T99:99:99+99:99"),
    "first day": "0001-01-01",
    "last day": "9999-12-31",
    "last moment": quote("9999-12-31T23:59:59Z"),
    "nested": quote("[" * 20_000),
    "JSON NUL": quote('"\\u0000"'),
    "JSON surrogate": quote('{"model": "\\ud800", "a": NaN}'),
    "long": quote("ß" * 5000),
    "address": quote("http://[::1"),
    "page key": "after-" + b64_encode(b'["9999-12-31T23:59:59.999999+00:00", "99999999999999999999999"]').decode(),
    "version": quote("logs.x.99999999999999999999.\\ud800"),
    "empty": "",
}
NAMES = (
    *("q", "page", "sort", "status", "locale", "project", "resource", "model", "base", "expiring", "logging", "view"),
    *("version", "since", "open", "from", "to", "longer", "shorter", "below", "result", "partial", "entry", "endpoint"),
    *("all", "until", "purpose", "key", "seen", "draft", "step", "go", "clone", "models", "new_model", "action"),
    *("format", "time", "person", "kind", "bulk", "history", "token", "empty", "column", "name", "query", "next"),
    *("description", "reason", "number", "typed", "scheduled_for", "when", "confirmed", "every_hours", "keep"),
    *("retention_days", "owner", "deleted", "saving", "selected", "languages", "time_zone", "language", "theme"),
    *("density", "username", "password", "code", "state", "folder", "region", "url", "new_key", "new_log_container"),
    *("auth", "api_version", "tenant_id", "client_id", "shared", "validationToken", "preview", "email", "login"),
    *(
        "old",
        "days",
        "weekdays",
        "sample",
        "language_of_sample",
        "id",
        "session",
        "ids",
        "_changelist_filters",
        "o",
        "p",
    ),
)
HEADERS = {
    "htmx": {"HX-Request": "true"},
    "targets": {"HX-Request": "true", "HX-Target": "a\0b", "HX-Trigger": "\xff"},
    "current address": {"HX-Request": "true", "HX-Current-URL": "http://[::1"},
    "encoded address": {"HX-Request": "true", "HX-Current-URL": "%ED%A0%80", "HX-Current-URL-URI-AutoEncoded": "true"},
    "referer": {"Referer": "http://[x"},
    "languages": {"Accept-Language": "de-\0," + "x" * 5000 + ";q=nan"},
    "range": {"Range": "bytes=99999999999999999999-", "If-Range": "\0"},
    "times": {"If-Modified-Since": "Fri, 99 Foo 99999 99:99:99 GMT", "If-None-Match": '"\xff"'},
    "length": {"Content-Length": "x"},
    "negative length": {"Content-Length": "-1"},
    "host": {"Host": "[::1"},
    "forwarded": {"X-Forwarded-For": "\0, 999.1.1.1", "X-Forwarded-Proto": "\0"},
    "signature": {"X-MicrosoftSpeechServices-Signature": "\xff", "Authorization": "Bearer \0"},
}
COOKIES = (
    settings.SESSION_COOKIE_NAME,
    settings.CSRF_COOKIE_NAME,
    "time_zone",
    "__Secure-time_zone",
    settings.LANGUAGE_COOKIE_NAME,
    "messages",
)
COOKIE_VALUES = ("a\0b", "x" * 5000, "\xff", "../../etc/passwd", '"\\000"', "\xf0\x9f\x99\x82", "a:b:c", "W10:x:y")
CONVERTED = re.compile(r"<(?:(\w+):)?(\w+)>")
FORM = "application/x-www-form-urlencoded"
# Not with a route of Django's own kind.
WITH_REGEX = ("/sign-in/reset/1-set-password/", "/sign-in/reset/zzzzzzzzzzzzzz-%00/", "/sign-in/reset/1-%FF/")


def routes(patterns, before=""):
    """The route of every address, of all included URLconfs."""
    for one in patterns:
        if isinstance(one.pattern, RoutePattern):
            route = f"{before}{one.pattern}"
            if isinstance(one, URLPattern):
                yield route
            else:
                yield from routes(one.url_patterns, route)


def is_like_others(route):
    """Django's admin has the same pages for each table; those of people stand for all."""
    return route.startswith("admin/") and route.count("/") > 2 and not route.startswith("admin/auth/user/")


ROUTES = sorted({route for route in routes(get_resolver().url_patterns) if not is_like_others(route)})


@pytest.fixture
def person(alice):
    """Everything is open to her, and she has signed in a moment ago."""
    alice.user.is_staff = alice.user.is_superuser = True
    alice.user.save()
    session = alice.session
    session[SIGNED_IN_AT] = int(time.time())
    session.save()
    alice.raise_request_exception = False
    return alice


@pytest.fixture
def kept(resource, world, worker, alice):
    """An endpoint with content logs and copies of them."""
    world.begin(endpoints=12, logs=2, log_bytes=5000, rate_limit="0/0")
    worker.mirror()
    return keep_logs(alice, Endpoint.objects.filter(logging_enabled=True, status="Succeeded").first())


@pytest.fixture
def ids(kept, person):
    """Rows of each kind, by their id."""
    model = kept.model
    change = submit.edit(key=uuid.uuid4(), actor=person.user, endpoint=kept, desired={"description": "New"})
    return [
        kept.pk,
        change.pk,
        downloads.request_download(actor=person.user, endpoint=kept).pk,
        request_purge(person, kept, keys=["none"]).pk,
        Bulk.objects.create(kind=ChangeKind.EDIT, actor=person.user, desired={"logging_enabled": True}).pk,
        saved_views.save(actor=person.user, name="Ours", query="q=call", shared=True).pk,
        Draft.objects.create(owner=person.user, answers={"model": {"model": str(model.pk)}}).pk,
        ConnectionCheck.objects.create(draft=True, name="Draft", region="eastus").pk,
        kept.resource_id,
    ]


def addresses(ids, entry):
    """Each address with each row that it can be about."""
    for route in ROUTES:
        uuids = ids if "<uuid:" in route else ids[:1]
        for pk in uuids:
            values = {"uuid": str(pk), "row": str(entry), "int": "1", None: "x", "str": "x", "slug": "x", "path": "x"}
            yield "/" + "".join(values.get(part, part) for part in re.split(r"<(?:(\w+):)?\w+>", route))


class Walk:
    """Sends requests, undoes what they do, and collects what failed, with the reason."""

    def __init__(self, person):
        self.person, self.failed, self.sent, self.why = person, [], 0, ""

    def note(self, sender, request, **_):
        self.why = repr(sys.exc_info()[1])[:200]

    def send(self, method, address, query="", body="", kind=FORM, **headers):
        with transaction.atomic():
            answer = self.person.generic(method, address, body, kind, headers=headers, QUERY_STRING=query)
            b"".join(answer)
            transaction.set_rollback(True)
        self.sent += 1
        unhealthy = answer.status_code == 503 and address.startswith("/health/")
        if answer.status_code >= 500 and not unhealthy:
            self.failed.append((method, address, query[:80], body[:80], headers, self.why))
        return answer.status_code


@pytest.fixture
def walk(person):
    walk = Walk(person)
    got_request_exception.connect(walk.note)
    yield walk
    got_request_exception.disconnect(walk.note)
    assert walk.sent > 50
    assert walk.failed == []


def everywhere(ids, kept):
    """The numbers and addresses of all pages."""
    return enumerate(dict.fromkeys([*addresses(ids[:1], kept.log_entries.first().pk), *WITH_REGEX]))


@pytest.mark.parametrize("number", range(len(VALUES)), ids=VALUES)
def test_crafted_values_of_all_parameters_or_fields_fail_nowhere(walk, ids, kept, number):
    """Half of the pages get one value as parameters, the other half as fields; with the next value they change."""
    value = [*VALUES.values()][number]
    text = "&".join(f"{name}={value}" for name in NAMES)
    for place, address in everywhere(ids, kept):
        if (place + number) % 2:
            walk.send("GET", address, f"{text}&{value}={value}&{value}")
        else:
            walk.send("POST", address, "", text)


def test_crafted_headers_fail_nowhere(walk, ids, kept):
    for place, address in everywhere(ids, kept):
        for number, headers in enumerate(HEADERS.values()):
            walk.send(*(("GET", address) if (place + number) % 2 else ("POST", address, "", "a=b")), **headers)


def test_crafted_cookies_fail_nowhere(walk, ids, kept):
    for _place, address in everywhere(ids, kept):
        for value in COOKIE_VALUES:
            walk.person.cookies.load(dict.fromkeys(COOKIES, value))
            walk.send("GET", address)


def test_crafted_paths_fail_nowhere(walk):
    for route in filter(CONVERTED.search, ROUTES):
        for value in VALUES.values():
            walk.send("GET", "/" + CONVERTED.sub(value or "x", route))


def test_crafted_bodies_fail_nowhere(walk, ids, kept):
    part = b'--x\r\nContent-Disposition: form-data; name="\xff\0"\r\n\r\n\0'
    bodies = {
        "application/json": b"[" * 20_000,
        FORM: b"\xff\x00=\xff",
        "multipart/form-data; boundary=x": part,
        "multipart/form-data": part,
        "text/\xff": b"\xff",
    }
    for _place, address in everywhere(ids, kept):
        for kind, body in bodies.items():
            walk.send("POST", address, "", body, kind=kind)


# JSON texts where the service sends texts, and whole bodies.
JSON_VALUES = (
    *(
        '"\\u0000"',
        '"a\\u0000b"',
        '"\\ud800"',
        '"\\u202e"',
        '"http://[::1"',
        '"/endpoints/x"',
        '""',
        '"' + "x" * 50_000 + '"',
    ),
    *("9" * 40, "9" * 5000, "-1", "1e999", "NaN", "-Infinity", "true", "null", "[]", "{}", '{"a": "\\u0000"}'),
    *("[" * depth + "]" * depth for depth in (500, *range(880, 1000, 4))),
    f'"/endpoints/{"-" * 36}"',
    f'"/endpoints/{"٣" * 36}"',
)
JSON_BODIES = (
    '"\\u0000"',
    '{"\\u0000": "\\u0000"}',
    "{",
    '{"__proto__": {"a": 1}}',
    "[" * 20_000,
    '{"a":' * 10_000,
    "\ufeff{}",
    "{}\0",
    "",
)
HOOK_EVENTS = ("EndpointCompletion", "Ping", "\xff", "a\0b", "")


def test_crafted_bodies_of_signed_web_hooks_fail_nowhere(walk, kept):
    """The signature is right, so that nothing is refused before the body is read."""
    resource = kept.resource
    set_web_hook(resource, enabled=True)
    address, secret = reverse("hook", args=[resource.hook_token]), resource.hook_secret.open()
    entity = f'"https://eastus.example/speechtotext/v3.2/endpoints/{kept.remote_id}"'
    texts = [f'{{"self": {entity}, "invocationId": {value}}}' for value in JSON_VALUES]
    texts += [f'{{"self": {value}, "invocationId": "1"}}' for value in JSON_VALUES]
    texts += [f'{{"self": {value}}}' for value in JSON_VALUES]
    bodies = [text.encode() for text in (*texts, *JSON_BODIES)]
    bodies += [b"\xff\xfe", texts[0].encode("utf-16"), texts[0].encode("utf-32"), b'{"self": "\xed\xa0\x80"}']
    answers = set()
    for number, body in enumerate(bodies):
        event = {"X-MicrosoftSpeechServices-Event": HOOK_EVENTS[number % len(HOOK_EVENTS)]}
        event[SIGNATURE] = signature(secret, body)
        answers.add(walk.send("POST", address, "", body, "application/json", **event))
    assert answers == {200, 403}
    for token in VALUES.values():
        for signed in ("", "\xff", signature(secret, b""), signature(secret, unquote_to_bytes(token))):
            walk.send("POST", address, f"validationToken={token}", "", "application/json", **{SIGNATURE: signed})


@pytest.fixture
def read(monkeypatch):
    """The names of the parameters and fields that the product has asked for."""
    names: set[str] = set()

    def noting(method):
        def noted(fields, name, *default):
            names.add(name)
            return method(fields, name, *default)

        return noted

    for method in ("__getitem__", "__contains__", "get", "getlist"):
        monkeypatch.setattr(QueryDict, method, noting(getattr(QueryDict, method)))
    return names


@pytest.mark.long
def test_each_parameter_alone_fails_nowhere(walk, ids, kept, read):
    """By itself, because one value that is refused hides what others would do; with each row.

    Each page gets the parameters that it asks for, also those that it asks for only because of another one.
    """
    token, most = calendar.token_of(walk.person.user), 0
    for address in dict.fromkeys(addresses(ids, kept.log_entries.first().pk)):
        known, sent = f"token={token}&" if address.endswith(".ics") else "", set()
        read.clear()
        read.add("unknown")
        while waiting := read - sent:
            for name in map(quote, waiting):
                for value in VALUES.values():
                    walk.send("GET", address, f"{known}{name}={value}")
                    walk.send("POST", address, "", f"{name}={value}")
            sent |= waiting
        most = max(most, len(sent))
    assert most > 10
