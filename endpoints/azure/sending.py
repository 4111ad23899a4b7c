"""One question and its answer: time limits, size limit, asking again, and what each failure means.

It speaks to httpx's transports directly. What httpx.Client would add here (cookies, redirects, credentials
from the address, the environment or .netrc, log lines with whole addresses) must not happen.
"""

import random
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count
from typing import TypeVar, cast

import httpx
import stamina
from msgspec import Struct

from . import errors, times
from .addresses import refuse_private
from .complaints import Complaint, complaint, retired
from .credentials import Proof
from .deadline import Deadline, punctual
from .versions import SETTING

T = TypeVar("T")

VERSION = "0.1.0"
READ_SECONDS = 10.0  # the longest silence in the middle of an answer
BODY_BYTES = 8 * 1024 * 1024  # a full page of the largest list is far below
ATTEMPTS = 3
_REPEATABLE = frozenset({"GET", "DELETE"})  # asking twice has the effect of asking once
_REFUSALS = {401: errors.Unauthorized, 403: errors.Forbidden, 404: errors.NotFound, 409: errors.Conflict}


class Answer(Struct, frozen=True):
    """An answer in full, not yet understood."""

    status: int
    headers: httpx.Headers
    data: bytes

    @property
    def retry_after(self) -> float | None:
        return retry_after(self.headers)


def retry_after(headers: httpx.Headers) -> float | None:
    """The Retry-After header in seconds."""
    return times.retry_after(headers.get("retry-after"), headers.get("date"))


class Sender:
    """Puts questions to one resource, in one API version. It holds the key or tokens and shows them to nobody."""

    def __init__(
        self, proof: Proof, version: str, deadline: float, retries: bool, transport: httpx.BaseTransport | None
    ) -> None:
        self._proof = proof
        self._version = version
        self._seconds = deadline
        self._retries = retries
        self._reading = punctual(transport or new_transport())
        # A connection kept alive may have been closed by the other side just now. For a GET that costs a second
        # attempt; for a POST it would cost the knowledge whether it was carried out. So those use a new one.
        self._changing = punctual(transport or new_transport(keep_alive=False))

    def __repr__(self) -> str:
        return "Sender()"

    def close(self) -> None:
        self._reading.close()
        self._changing.close()

    def send(
        self,
        operation: str,
        method: str,
        url: httpx.URL | str,
        body: bytes | None = None,
        *,
        must_exist: bool = False,
    ) -> Answer:
        """Ask until there is a success to return or a failure to raise; the deadline covers all attempts.

        `must_exist`: in every API version that the service speaks there is something at this address.
        """
        due = Deadline(self._seconds)
        renewable = method == "GET"  # a token may have ended early: a GET gets one more chance, in all

        def ask() -> Answer:
            nonlocal renewable
            try:
                return self._exchange(operation, method, url, body, due, must_exist)
            except errors.Unauthorized as error:
                refusal = error
            if refusal.operation != operation:  # the credential itself was refused
                raise refusal
            another = self._proof.renewed()  # for whoever asks next, if not for us
            if not (another and renewable):
                raise refusal
            renewable = False
            return self._exchange(operation, method, url, body, due, must_exist)

        return patiently(ask, method in _REPEATABLE, due) if self._retries else ask()

    def _exchange(
        self, operation: str, method: str, url: httpx.URL | str, body: bytes | None, due: Deadline, must_exist: bool
    ) -> Answer:
        transport = self._reading if method == "GET" else self._changing
        with opened(operation, transport, lambda: self._request(method, url, body, due)) as response:
            status, location = response.status_code, response.headers.get("location")
            location = location if status == 201 else None
            try:
                with translated(operation, status=status, location=location):
                    data = _body(operation, response, due, status, location)
            except errors.OutcomeUnknown:
                if status < 400 or (status < 500 and status not in (408, 429)):
                    raise
                data = b""  # the status alone says enough
        answer = Answer(status, response.headers, data)
        if not 200 <= status < 300:
            said = _without(complaint(data), self._proof)
            if retired(status, said, self._version, must_exist):
                raise _retired(operation, status, self._version, said)
            raise failure(operation, answer, said)
        return answer

    def _request(self, method: str, url: httpx.URL | str, body: bytes | None, due: Deadline) -> httpx.Request:
        # Apart from the sending, so that no frame of an error's traceback has the key among its variables.
        headers = {**self._proof.headers(), "Accept": "application/json", **COMMON_HEADERS}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if method != "GET":
            headers["Connection"] = "close"
        extensions = {"timeout": due.timeouts(READ_SECONDS)}
        return httpx.Request(method, url, headers=headers, content=body, extensions=extensions)


COMMON_HEADERS = {"Accept-Encoding": "identity", "User-Agent": f"speechstudio/{VERSION}"}


def new_transport(keep_alive: bool = True) -> httpx.HTTPTransport:
    """A transport that verifies certificates and ignores the environment's proxies."""
    limits = httpx.Limits(max_connections=100, max_keepalive_connections=10 if keep_alive else 0, keepalive_expiry=15)
    return httpx.HTTPTransport(verify=_tls(), trust_env=False, limits=limits)


@cache
def _tls() -> ssl.SSLContext:
    # Reading the certificate authorities takes 20 ms or so: once for a process.
    return httpx.create_ssl_context(trust_env=False)


@contextmanager
def opened(
    operation: str, transport: httpx.BaseTransport, request: Callable[[], httpx.Request]
) -> Iterator[httpx.Response]:
    """Send one request and give the answer while its body is still on the way."""
    with translated(operation):
        response = transport.handle_request(_public(request()))
    try:
        yield response
    finally:
        response.close()


def _public(request: httpx.Request) -> httpx.Request:
    # Of its own, so that the request, which holds what is secret, is no variable of a frame that errors pass.
    refuse_private(request.url)
    return request


def raw_bytes(response: httpx.Response) -> Iterator[bytes]:
    """The body as it comes over the wire, never decompressed."""
    return iter(cast(httpx.SyncByteStream, response.stream))


def encoded(response: httpx.Response) -> bool:
    """Tell whether the body would have to be decompressed; we asked that it need not be."""
    return response.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity")


def _body(operation: str, response: httpx.Response, due: Deadline, status: int, location: str | None) -> bytes:
    if encoded(response):
        raise unreadable(operation, "it is compressed, though that was not asked for", status, location)
    data = bytearray()
    for chunk in raw_bytes(response):
        data += chunk
        if len(data) > BODY_BYTES:
            raise unreadable(operation, "it is larger than 8 MB", status, location)
        if not due.left():
            raise httpx.ReadTimeout("the deadline is past")
    return bytes(data)


def unreadable(operation: str, why: str, status: int | None = None, location: str | None = None) -> errors.Unreadable:
    """An Unreadable with its sentence."""
    code = f" ({status})" if status else ""
    sentence = f"The service's answer{code} cannot be understood: {why}."
    return errors.Unreadable(sentence, operation=operation, status=status, location=location)


@contextmanager
def translated(operation: str, status: int | None = None, location: str | None = None) -> Iterator[None]:
    """Turn httpx's exceptions into ours, and cut them off: their frames hold headers and addresses."""
    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        why = str(error) or "no answer in time"
        raise errors.NotSent(f"The service could not be reached: {why}.", operation=operation) from None
    except (httpx.UnsupportedProtocol, httpx.InvalidURL, UnicodeError):
        raise errors.NotSent("The service's address cannot be used.", operation=operation) from None
    except httpx.TimeoutException:
        sentence = "The service did not answer in time."
        raise errors.TimedOut(sentence, operation=operation, status=status, location=location) from None
    except httpx.HTTPError:
        sentence = "The connection to the service was lost."
        raise errors.ConnectionLost(sentence, operation=operation, status=status, location=location) from None


def failure(operation: str, answer: Answer, said: Complaint | None) -> errors.SpeechError:
    """What an answer other than 2xx means."""
    status = answer.status
    message = said.message if said else ""
    if status == 429:
        sentence = "The service is asked too often."
        return errors.TooManyRequests(sentence, operation=operation, retry_after=answer.retry_after)
    if status == 408 or status >= 500:
        return errors.ServiceFault(
            f"The service failed ({status}){': ' + message if message else '.'}",
            operation=operation,
            status=status,
            retry_after=answer.retry_after,
            code=said.code if said else "",
            message=message,
        )
    if status < 400:
        return unreadable(operation, "it leads elsewhere, and redirects are not followed", status)
    if said is None:
        return unreadable(operation, "it is a refusal that the service did not write", status)
    reason = ", ".join(text for text in (said.inner_code or said.code, str(status)) if text)
    return _REFUSALS.get(status, errors.Refused)(
        f"The service refused: {message or 'it gave no reason'} ({reason})",
        operation=operation,
        status=status,
        code=said.code,
        inner_code=said.inner_code,
        message=message,
        target=said.target,
        gateway=said.gateway,
    )


def _retired(operation: str, status: int, version: str, said: Complaint | None) -> errors.VersionRetired:
    reason = f": {said.message}" if said and said.message else "."
    sentence = f"The service does not speak API version {version} (any more); change {SETTING} ({status}){reason}"
    return errors.VersionRetired(sentence, operation=operation, version=version, status=status)


def _without(said: Complaint | None, proof: Proof) -> Complaint | None:
    if said is None:
        return None
    clean = proof.hidden
    return Complaint(clean(said.code), clean(said.inner_code), clean(said.message), clean(said.target), said.gateway)


def patiently(ask: Callable[[], T], repeatable: bool, due: Deadline) -> T:
    """Ask again where that cannot do harm, with jittered pauses, at most 3 times and inside the deadline.

    429 is asked again for every method, because nothing was done, when its Retry-After fits. A POST or PATCH is
    asked again for nothing else, not even when it was not sent: the caller has a durable wish and decides.
    """
    tries = count()

    def pause(error: Exception) -> bool | float:
        backoff = 0.25 * 2 ** next(tries)
        named = getattr(error, "retry_after", None)
        if isinstance(error, errors.TooManyRequests):
            if named is None:
                return False
        elif not repeatable or not isinstance(
            error, (errors.ServiceFault, errors.ConnectionLost, errors.TimedOut, errors.NotSent)
        ):
            return False
        seconds = (named or 0.0) + backoff * random.uniform(0.5, 1.0)  # noqa: S311 - spread, not secrecy
        return seconds if seconds < due.left() else False

    for attempt in stamina.retry_context(on=pause, attempts=ATTEMPTS, timeout=None):
        with attempt:
            return ask()
    raise RuntimeError("stamina ended without an attempt")
