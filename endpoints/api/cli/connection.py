"""Requests to the API: to the server's own origin only, repeated where that is safe, errors in one sentence."""

from __future__ import annotations

import email.message
import http.client
import json
import os
import random
import ssl
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from typing import IO, Any
from urllib.parse import quote, urlencode, urljoin, urlsplit

from endpoints.api.cli.outcome import Interrupted, Stop, Unreachable, Usage
from endpoints.api.cli.settings import Server
from endpoints.api.cli.texts import in_words, note, printable

SECONDS = 60  # for each answer; the server holds a request for 30 at most
PATIENCE, SHORT_PATIENCE = 90.0, 20.0  # for how long a request is repeated
PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)
AWAY = (429, 502, 503, 504)
# What to do next, by the kind of problem.
ADVICE = {
    "busy": "Wait for the other change, or replace a change of the model with --replace.",
    "key-reused": "Use another --key for another request.",
    "no-purpose": "Say with --purpose why the content logs are read.",
    "not-permitted": "Ask an owner for the right, or use another token.",
    "stale": "Run the command again.",
}
LARGEST = 64 * 1024 * 1024  # of an answer that is not a file


class _OwnOrigin(urllib.request.HTTPRedirectHandler):
    """Follows a redirect of a GET on the same origin: urllib would send the token along to any other."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        target = urljoin(req.full_url, newurl)
        if req.get_method() == "GET" and origin(target) == origin(req.full_url):
            return super().redirect_request(req, fp, code, msg, headers, newurl)
        advice = "Set SPEECHSTUDIO_URL to the address of the API itself; the token goes nowhere else."
        raise Stop(f"The server redirects to {printable(target)}, which was not followed.", advice)


def origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or {"http": 80, "https": 443}.get(parts.scheme)


class Connection:
    def __init__(self, server: Server, patience: float = PATIENCE) -> None:
        self.server, self.patience = server, patience
        self.pause = 0.0  # seconds, what the last answer asks for
        try:
            context = ssl.create_default_context(cafile=server.ca_file or None)
        except (OSError, ssl.SSLError):
            raise Usage(f"{server.ca_file} contains no certificates.") from None
        handlers: list[urllib.request.BaseHandler] = [_OwnOrigin(), urllib.request.HTTPSHandler(context=context)]
        if server.loopback:
            handlers.append(urllib.request.ProxyHandler({}))
        self._opener = urllib.request.build_opener(*handlers)

    def get(self, path: str, **query: Any) -> Any:
        """The answer to a GET, as JSON."""
        return self._json("GET", self.path(path, query), None, {}, self.patience)

    def get_once(self, path: str, **query: Any) -> Any:
        """The same without repeating it: for callers that poll."""
        return self._json("GET", self.path(path, query), None, {}, 0)

    def pages(self, path: str, **query: Any) -> Iterator[Any]:
        """The items of a list, page by page."""
        while True:
            page = self.get(path, **query)
            if not isinstance(page["items"], list) or not all(isinstance(each, dict) for each in page["items"]):
                raise _not_ours("it is no list")
            yield from page["items"]
            if not page.get("next_cursor"):
                return
            query["cursor"] = page["next_cursor"]

    def post(self, path: str, facts: dict[str, Any], key: str | None = None, advice: str = "") -> Any:
        """Request something once, however often the request has to be repeated. `advice`: if no answer ever comes."""
        key = key or str(uuid.uuid4())
        headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
        body = json.dumps(facts).encode()
        try:
            return self._json("POST", self.path(path, {}), body, headers, self.patience)
        except (Unreachable, KeyboardInterrupt) as error:
            again = advice or f"The same command with --key {key} carries it out once, even if it has."
            unknown = f"It is not known whether the server has received the request. {again}"
            if isinstance(error, Unreachable):
                raise Unreachable(error.sentence, unknown) from None
            raise Interrupted("Interrupted.", unknown) from None

    def path(self, path: str, query: dict[str, Any]) -> str:
        given = {name: value for name, value in query.items() if value not in (None, "")}
        return f"/api/v1/{path}" + (f"?{urlencode(given, doseq=True, quote_via=quote)}" if given else "")

    def _json(self, method: str, path: str, body: bytes | None, headers: dict[str, str], patience: float) -> Any:
        """Send, and send again while the server is away; a POST has a key that makes this safe."""
        began, told = time.monotonic(), False
        for number in range(1_000_000):
            try:
                with self.open(method, path, body, headers) as answer:
                    text, self.pause = answer.whole(), _seconds(answer.headers)
                    return _decoded(text, answer.headers)
            except Unreachable as error:
                if error.lasting:
                    raise
                asked = retry_after(error)
                pause = max(PAUSES[min(number, len(PAUSES) - 1)] * random.uniform(0.8, 1.2), asked)  # noqa: S311 (so that many programs do not come at once)
                # Whoever mistypes an address does not wait for long; the server counts the requests of a minute.
                longest = patience if asked or body else min(patience, SHORT_PATIENCE)
                if time.monotonic() + pause > began + longest:
                    raise
                if not told and number:
                    note(f"{error.sentence} Trying again for up to {in_words(longest)}.")
                    told = True
                time.sleep(pause)
        raise AssertionError  # the time is over long before

    def open(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Any:
        """One request; its answer is a file. Raises Unreachable and Stop."""
        program = f"speechstudio-cli Python/{sys.version_info[0]}.{sys.version_info[1]}"
        given = {"Authorization": f"Bearer {self.server.token}", "Accept": "application/json", "User-Agent": program}
        request = urllib.request.Request(self.server.url + path, body, {**given, **headers}, method=method)  # noqa: S310 (settings checks the scheme)
        try:
            return _Reading(self._opener.open(request, timeout=SECONDS), self.server.url)
        except urllib.error.HTTPError as error:
            with error:
                raise problem(error.code, error.headers, _rest(error), self.server.url) from None
        except (OSError, http.client.HTTPException) as error:
            raise _away(self.server, error.reason if isinstance(error, urllib.error.URLError) else error) from None


class _Reading:
    """An answer whose connection may break off while it is read."""

    def __init__(self, answer: Any, url: str) -> None:
        self.headers, self.status, self._answer, self._url = answer.headers, answer.status, answer, url

    def __enter__(self) -> _Reading:
        return self

    def __exit__(self, *_error: object) -> None:
        self._answer.close()

    def read(self, size: int) -> bytes:
        try:
            return bytes(self._answer.read(size))
        except (OSError, http.client.HTTPException):
            raise self._broke_off() from None

    def whole(self) -> bytes:
        """All of it; the read of some bytes does not notice that the rest never came."""
        text, length = self.read(LARGEST), self.headers.get("Content-Length") or "0"
        if length.isascii() and length.isdigit() and len(text) < min(int(length), LARGEST):
            raise self._broke_off()
        return text

    def _broke_off(self) -> Unreachable:
        return Unreachable(f"The connection to {self._url} broke off.")


def _rest(error: urllib.error.HTTPError) -> bytes:
    try:
        return error.read(LARGEST)
    except (OSError, http.client.HTTPException):
        return b""


def _seconds(headers: email.message.Message) -> float:
    """Of Retry-After; servers of ours send no date."""
    pause = headers.get("Retry-After", "")
    return min(float(pause), 300.0) if pause.isascii() and pause.isdigit() else 0.0


def _decoded(text: bytes, headers: email.message.Message) -> Any:
    try:
        if "json" in headers.get("Content-Type", ""):
            found = json.loads(text, object_pairs_hook=_Answer)
            if isinstance(found, dict):
                return found
    except (ValueError, RecursionError):
        pass
    raise Stop("The answer of the server is not JSON.", "Is SPEECHSTUDIO_URL the address of Speech Studio?")


class _Answer(dict[str, Any]):
    """An object of an answer. Another server, or one of another version, may lack a member."""

    def __missing__(self, key: str) -> Any:
        raise _not_ours(f"it has no {key}")


def _not_ours(what: str) -> Stop:
    advice = "Is SPEECHSTUDIO_URL the address of Speech Studio, and this file of its version? Fetch it again from /cli."
    return Stop(f"The answer of the server cannot be read: {what}.", advice)


def _away(server: Server, reason: Any) -> Unreachable:
    """What keeps us from the server, in words."""
    if isinstance(reason, ssl.SSLCertVerificationError):
        what = f"The certificate of {server.url} is not trusted: {reason.verify_message}."
        found = Unreachable(what, "Name the certificate authority's file with --ca-file or SSL_CERT_FILE.")
        found.lasting = True
        return found
    words = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
    if isinstance(reason, TimeoutError):
        words = "no answer in time"
    what = f"{server.url} is not reachable: {printable(words)}."
    return Unreachable(what, "Check the address, the network and the proxy.")


def retry_after(error: Stop) -> float:
    """What the server asked for, in seconds."""
    given = error.facts.get("retry_after", 0) if isinstance(error.facts, dict) else 0
    return float(given) if isinstance(given, (int, float)) else 0.0


def problem(status: int, headers: email.message.Message, body: bytes, url: str) -> Stop:
    """The error that an answer means: RFC 9457, or whatever a proxy says."""
    try:
        facts = json.loads(body)
    except ValueError:
        facts = {}
    facts = facts if isinstance(facts, dict) else {}
    errors = facts.get("errors") if isinstance(facts.get("errors"), list) else []
    fields = " ".join(_field(error) for error in errors or [] if isinstance(error, dict))
    said = str(facts.get("detail") or fields or facts.get("title") or "")
    if status in AWAY:
        facts["retry_after"] = _seconds(headers)
        return Unreachable(printable(said) or f"{url} is away (status {status}).", "Try again later.", facts=facts)
    if status == 401:
        advice = "Create a new token on the settings page of Speech Studio."
        return Stop(printable(said) or "The server does not accept the token.", advice, facts=facts)
    if status == 404 and not facts:
        return Stop(f"{url} has no such page.", "Is this the address of Speech Studio?", facts=facts)
    sentence = printable(said) or f"The server refused the request (status {status})."
    return Stop(sentence, ADVICE.get(str(facts.get("type", "")).rpartition("/")[2], ""), facts=facts)


def _field(error: dict[str, Any]) -> str:
    """A mistake of one member, parameter or header: "reason: Enter a reason."."""
    where = next((str(error[name]) for name in ("pointer", "parameter", "header") if error.get(name)), "")
    where, what = where.replace("#/", "", 1), str(error.get("detail") or "")
    return f"{where}: {what}" if where else what


def identifier(text: str) -> str:
    """A part of a path."""
    return quote(text, safe="")


def unused(path: str) -> str:
    """The path itself, or one beside it that is not taken: `name-2.zip`."""
    stem, dot, ending = path.rpartition(".")
    number, found = 2, path
    while os.path.exists(found):
        found, number = (f"{stem}-{number}.{ending}" if dot else f"{path}-{number}"), number + 1
    return found
