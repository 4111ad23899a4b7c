"""Each request is one line of the log, and has an id that a person can tell whoever runs the installation."""

import re

import pytest
from django.test import Client
from django.urls import get_resolver, reverse
from django.urls.resolvers import URLPattern

from endpoints.access import permissions
from speechstudio.log_lines import masked
from tests.lines import written

NEW = re.compile("[0-9a-f]{32}")
OF_THE_PROXY = "5f3c2e9a-proxy.01"
REQUEST = re.compile(r" INFO speechstudio\.requests: (.*)")


@pytest.fixture
def log():
    with written() as lines:
        yield lines


def requests(log):
    return [found for line in log.getvalue().splitlines() for found in REQUEST.findall(line)]


def test_the_line_has_the_request_its_answer_and_the_number_of_the_person(alice, log):
    answer = alice.get("/models/?q=Contoso")
    (line,) = requests(log)
    assert re.fullmatch(
        rf"GET /models/ status=200 ms=[\d.]+ bytes={len(answer.content)} user={alice.user.pk}"
        rf" request_id={answer['X-Request-ID']}",
        line,
    )


def test_neither_the_query_nor_a_name_is_in_the_line(alice, log):
    alice.get("/search/?q=secret+caller")
    alice.get("/people/alice/")
    alice.get("/people/Alice Smith/roles/elsewhere/")
    assert [line.split(" status=")[0] for line in requests(log)] == [
        *("GET /search/", "GET /people/…/", "GET /people/…/roles/elsewhere/"),
    ]
    assert not re.search("secret|caller|alice|Alice|Smith", log.getvalue())


def patterns(resolver, before=""):
    for one in resolver.url_patterns:
        route = before + str(one.pattern).removeprefix("^")
        yield from [route] if isinstance(one, URLPattern) else patterns(one, route)


def test_no_part_of_an_address_that_people_or_secrets_are_in_is_written():
    """Numbers and UUIDs are none; a new address with another part must be masked, or named here."""
    plain = r"<(uuid|uuidstr|int|row):\w+>|<(int|path):(object_id|content_type_id)>|<(id|app_label)>"
    plain += r"|\(\?P<(app_label|url)>[^)]*\)"
    routes = [*patterns(get_resolver()), *patterns(get_resolver("endpoints.api.addresses"))]
    shown = {masked("/" + re.sub(plain, "1", route)) for route in routes}
    # Files of Swagger UI; what the API finds its own addresses by.
    shown -= {"/api/docs/<str:name>", "/api/<path:rest>"}
    assert [route for route in shown if "<" in route and not route.startswith("/sign-in/reset/…")] == []
    assert masked(reverse("hook", args=["0123456789"])) == "/hooks/speech/…"
    link = reverse("account_reset_password_from_key", kwargs={"uidb36": "3", "key": "abc-123"})
    assert masked(link) == "/sign-in/reset/…/"


def test_health_checks_and_polls_without_news_have_no_line_and_no_header(alice, log):
    page = alice.get("/models/").content.decode()
    version = re.search(r"version=([^&\"]+)", page)[1]
    before = log.getvalue()
    poll = alice.get("/models/", {"version": version}, headers={"HX-Request": "true"})
    checks = [Client().get(path) for path in ("/health/live", "/health/ready", "/health/all", "/metrics")]
    assert poll.status_code == 204
    assert requests(log) == [REQUEST.findall(before)[0]]
    assert not any("X-Request-ID" in answer for answer in (poll, *checks))


def test_an_answer_that_is_sent_in_pieces_has_its_line_at_the_end(alice, mirrored, log):
    answer = alice.get("/endpoints/export/")
    assert answer.streaming
    assert requests(log) == []
    assert b"".join(answer.streaming_content)
    answer.close()
    (line,) = requests(log)
    assert line.startswith("GET /endpoints/export/ status=200 ms=")
    assert f"user={alice.user.pk}" in line


@pytest.mark.parametrize(
    ("networks", "given", "taken"),
    [
        (("127.0.0.0/8",), OF_THE_PROXY, True),
        (("10.1.0.0/16",), OF_THE_PROXY, False),
        ((), OF_THE_PROXY, False),
        (("127.0.0.0/8",), "short", False),
        (("127.0.0.0/8",), "a" * 65, False),
        (("127.0.0.0/8",), "0123456789 status=200", False),
        (("127.0.0.0/8",), "0123456789<script>", False),
        (("127.0.0.0/8",), "0123456789é", False),
    ],
)
def test_the_id_of_a_trusted_proxy_is_taken_if_it_is_well_formed(db, settings, networks, given, taken):
    settings.TRUSTED_PROXIES = networks
    told = Client().get("/sign-in/", headers={"X-Request-ID": given})["X-Request-ID"]
    assert told == given if taken else NEW.fullmatch(told)


def test_two_requests_have_two_ids(alice):
    assert alice.get("/models/")["X-Request-ID"] != alice.get("/models/")["X-Request-ID"]


def shows_its_id(answer):
    return f"<code>{answer['X-Request-ID']}</code>" in answer.content.decode()


def test_pages_of_errors_show_the_id(alice, nemo, monkeypatch):
    assert shows_its_id(alice.get("/nowhere/"))
    assert shows_its_id(nemo.get("/models/"))
    assert shows_its_id(Client().get("/sign-in/", headers={"Host": "elsewhere.example.com"}))
    assert shows_its_id(Client(enforce_csrf_checks=True).post("/sign-in/", {}))

    def broken(*_arguments):
        raise LookupError("no such thing")

    monkeypatch.setattr(permissions, "scope", broken)
    nemo.raise_request_exception = False
    answer = nemo.get("/models/")
    assert answer.status_code == 500
    assert shows_its_id(answer)


def test_other_pages_do_not_show_it(alice):
    answer = alice.get("/models/")
    assert not shows_its_id(answer)


def test_the_lines_in_between_have_the_id_too(nemo, log, monkeypatch):
    monkeypatch.setattr(permissions, "scope", lambda *_: 1 / 0)
    nemo.raise_request_exception = False
    told = nemo.get("/models/")["X-Request-ID"]
    found = [line for line in log.getvalue().splitlines() if "request_id=" in line]
    assert len(found) == 2
    assert all(line.endswith(f" request_id={told}") for line in found)
