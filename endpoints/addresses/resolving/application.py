"""Answers programs that ask an address, in front of Django: it takes no thread of a page and no query.

The SDK for Python, and others that share its native core, follow a redirect of the WebSocket. The SDK for JavaScript
asks for a text. REST clients read /speech/NAME.json.
"""

from __future__ import annotations

import json
import logging
import random
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlencode

from endpoints.access.client_address import outermost
from endpoints.addresses.resolving import question
from endpoints.addresses.resolving.hours import Hours, hours
from endpoints.addresses.resolving.known import Known, NotKnownYet
from endpoints.addresses.resolving.limit import Limit
from endpoints.addresses.resolving.question import FACTS, KEYS, PAGE, SERVICE, SOCKET, SPEECH, TEXT, Question
from endpoints.addresses.resolving.table import Entry, Target

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Headers = list[tuple[str, str]]

METHODS = "GET, HEAD, OPTIONS"
STALE = "Last-Known-Since"  # header: the database is away since then
PLAIN = ("Content-Type", "text/plain; charset=utf-8")
RETRY_SECONDS, SOON_SECONDS = 30, 2
# The answers are for each origin: they hold no secret, and depend on nothing that a browser knows of a person.
ALWAYS = [
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'"),
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", f"Retry-After, {STALE}"),
]
PREFLIGHT = [
    ("Access-Control-Allow-Methods", METHODS),
    ("Access-Control-Allow-Headers", "*"),
    ("Access-Control-Max-Age", "86400"),
]
UNKNOWN = "There is no such address."
NOT_READ = "The addresses can't be read at the moment. Try again."
TOO_MANY = "This address has been asked too often in this minute."
METHOD = "Addresses are asked by GET."
BROKEN = "The address can't be resolved. The log has the reason."
NOT_A_SOCKET = "Connect to this address by WebSocket, as the Speech SDKs do, or ask for its name with .json behind it."

log = logging.getLogger(__name__)


class Resolving:
    """`application` gets all other requests. `most`: requests a minute of an address and client; `prefix`: of pages."""

    def __init__(
        self,
        application: Application,
        *,
        most: int,
        trusted: Sequence[str] = (),
        prefix: str = "",
        known: Known | None = None,
        counts: Hours = hours,
    ) -> None:
        self._application, self._prefix, self._counts = application, prefix, counts
        self._known, self._limit = known or Known(), Limit(most)
        self._networks = [ip_network(one) for one in trusted]

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not environ["PATH_INFO"].startswith((SPEECH, SERVICE)):
            environ.pop(KEYS[0], None)  # of a program that has a wrong address; no page reads it
            return self._application(environ, start_response)
        try:
            status, headers, body = self._answer(environ)
        except Exception as error:  # gunicorn would log the whole address, with its query
            log.error("An address can't be resolved: %s", type(error).__name__, exc_info=True)
            status, headers, body = _refusal("500 Internal Server Error", BROKEN)
        start_response(status, [*ALWAYS, ("Content-Length", str(len(body))), *headers])
        return [] if environ.get("REQUEST_METHOD") == "HEAD" else [body]

    def _answer(self, environ: dict[str, Any]) -> tuple[str, Headers, bytes]:
        query, method = question.drop_keys(environ), environ["REQUEST_METHOD"]
        if method == "OPTIONS":
            return "204 No Content", [("Allow", METHODS), *PREFLIGHT], b""
        if method not in ("GET", "HEAD"):
            return _refusal("405 Method Not Allowed", METHOD, ("Allow", METHODS))
        asked = question.read(environ, query)
        client = outermost(environ.get("REMOTE_ADDR", ""), environ.get("HTTP_X_FORWARDED_FOR", ""), self._networks)
        try:
            table, stale = self._known.now()
        except NotKnownYet:
            return _refusal("503 Service Unavailable", NOT_READ, ("Retry-After", str(SOON_SECONDS)))
        entry = table.get(asked.name)
        wait = self._limit.seconds_to_wait(entry.name if entry else "", client)
        if wait:
            if entry:
                self._counts.add(entry.pk, unanswered=True)
            return _refusal("429 Too Many Requests", TOO_MANY, ("Retry-After", str(wait)))
        if entry is None:
            return _refusal("404 Not Found", UNKNOWN, *_marked(stale))
        return self._of(entry, asked, stale)

    def _of(self, entry: Entry, asked: Question, stale: datetime | None) -> tuple[str, Headers, bytes]:
        if asked.kind == PAGE:
            return "303 See Other", [("Location", f"{self._prefix}/addresses/{entry.name}/")], b""
        if asked.kind not in (SOCKET, TEXT, FACTS):
            return _refusal("400 Bad Request", NOT_A_SOCKET)  # 426 has a header that WSGI forbids
        target = chosen(entry, asked)
        self._counts.add(entry.pk, to_second=target is entry.second, unanswered=bool(target.problem))
        marked = _marked(stale)
        if asked.kind == FACTS:
            facts = {**facts_of(entry, target, asked), "as_of": _written(stale or self._known.as_of())}
            body = json.dumps(facts | {"last_known_since": _written(stale) if stale else None}).encode()
            return _status(target), [("Content-Type", "application/json"), *_retry(target), *marked], body
        if target.problem:
            return _refusal(_status(target), target.problem, *_retry(target), *marked)
        address = f"{target.socket}&{_query(entry, asked)}"
        if asked.kind == TEXT:
            return "200 OK", [PLAIN, *marked], address.encode()
        return "307 Temporary Redirect", [("Location", address), PLAIN, *marked], b"Connect to the Location."


def chosen(entry: Entry, asked: Question) -> Target:
    """By the session if it has one, otherwise at random. A second endpoint that can't serve gets nobody."""
    if entry.second is None or entry.second.problem:
        return entry.first
    place = random.random() * 10_000 if asked.place is None else asked.place  # noqa: S311 (a share, no secret)
    return entry.second if place < entry.share * 100 else entry.first


def facts_of(entry: Entry, target: Target, asked: Question) -> dict[str, Any]:
    """For clients of the REST API; without links where no program can be sent to."""
    query = _query(entry, asked)
    links = {"web_socket": f"{target.socket}&{query}", "short_audio": f"{target.short_audio}&{query}"}
    return {
        "name": entry.name,
        "endpoint": target.endpoint or None,
        "region": target.region or None,
        "locale": entry.locale,
        "status": target.status or None,
        "model": target.model or None,
        "links": {} if target.problem else links,
        "problem": target.problem or None,
    }


def _query(entry: Entry, asked: Question) -> str:
    return urlencode({"language": entry.locale, "format": "detailed", **asked.options})


def _status(target: Target) -> str:
    return "503 Service Unavailable" if target.problem else "200 OK"


def _retry(target: Target) -> Headers:
    return [("Retry-After", str(RETRY_SECONDS))] if target.problem else []


def _marked(stale: datetime | None) -> Headers:
    return [(STALE, _written(stale))] if stale else []


def _refusal(status: str, why: str, *headers: tuple[str, str]) -> tuple[str, Headers, bytes]:
    return status, [PLAIN, *headers], f"{why}\n".encode()


def _written(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
