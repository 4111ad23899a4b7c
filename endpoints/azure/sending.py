"""One request and its response: deadline, maximum size, retries, and the exception for each failure.

It calls an httpx transport directly, because what httpx.Client adds (cookies, redirects, credentials from the URL, the
environment or .netrc, log lines with whole URLs) must not happen here.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from typing import Any, TypeVar, cast

import httpx
from msgspec import Struct

from . import errors, times, unreachable
from .calls import Call, told
from .content_headers import plain
from .credentials import Authentication
from .deadline import Deadline
from .error_body import ErrorBody, read_error_body, version_is_retired
from .network import PUBLIC, Network
from .observer import Observer, Unobserved, outcome_of
from .retries import with_retries
from .transport import Transport

T = TypeVar("T")

VERSION = "0.1.0"
COMMON_HEADERS = {"Accept-Encoding": "identity", "User-Agent": f"speechstudio/{VERSION}"}
READ_SECONDS = 10.0  # maximum time between two reads of a response
BODY_BYTES = 8 * 1024 * 1024  # maximum size of a body; full pages of the largest list are much smaller
_IDEMPOTENT = frozenset({"GET", "DELETE"})  # idempotent: can be retried
_EXCEPTIONS_BY_STATUS = {401: errors.Unauthorized, 403: errors.Forbidden, 404: errors.NotFound, 409: errors.Conflict}


class ApiResponse(Struct, frozen=True):
    """A complete response that has not been parsed."""

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
    """Sends requests to one resource in one API version. It holds the key or the tokens."""

    def __init__(
        self,
        authentication: Authentication,
        version: str,
        deadline: float,
        retries: bool,
        transport: httpx.BaseTransport | None,
        network: Network = PUBLIC,
        observer: Observer | None = None,
    ) -> None:
        self._observer = observer or Unobserved()
        self._authentication = authentication
        self._version = version
        self._seconds = deadline
        self._retries = retries
        self._media = "application/json"
        self._reading = transport or Transport(network=network)
        # The server may have closed a kept-alive connection just now. A GET can then be retried, but after a POST it
        # would be unknown whether it was executed. So all other methods use new connections.
        self._changing = transport or Transport(keep_alive=False, network=network)

    def __repr__(self) -> str:
        return "Sender()"

    def in_version(self, version: str) -> "Sender":
        """One that sends in another API version, by the same connections."""
        other = copy(self)
        other._version = version
        return other

    def sending(self, media: str) -> "Sender":
        """One whose bodies have another content type, by the same connections."""
        other = copy(self)
        other._media = media
        return other

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
    ) -> ApiResponse:
        """Send a request, with retries; returns a 2xx response or raises. The deadline covers all attempts.

        `must_exist`: the path exists in every API version that the service supports.
        """
        deadline = Deadline(self._seconds)
        renewable = method == "GET"  # a token may have been revoked: a GET is sent once more with a new one

        def attempt_once() -> ApiResponse:
            nonlocal renewable
            try:
                return self._observed(operation, method, url, body, deadline, must_exist)
            except errors.Unauthorized as error:
                refusal = error
            if refusal.operation != operation:  # Microsoft Entra refused the credential
                raise refusal
            renewed = self._authentication.renew()  # also for later requests
            if not (renewed and renewable):
                raise refusal
            renewable = False
            return self._observed(operation, method, url, body, deadline, must_exist)

        if not self._retries:
            return attempt_once()
        return with_retries(attempt_once, method in _IDEMPOTENT, deadline, self._observer)

    def _observed(self, operation: str, *request: Any) -> ApiResponse:
        try:
            answer = self._exchange(operation, *request)
        except errors.SpeechError as error:
            if error.operation == operation:  # not the one that fetches a token
                self._observer.called(operation, outcome_of(error))
            raise
        self._observer.called(operation, str(answer.status))
        return answer

    def _exchange(
        self,
        operation: str,
        method: str,
        url: httpx.URL | str,
        body: bytes | None,
        deadline: Deadline,
        must_exist: bool,
    ) -> ApiResponse:
        with told(operation, method) as call:
            return self._exchange_once(call, url, body, deadline, must_exist)

    def _exchange_once(
        self, call: Call, url: httpx.URL | str, body: bytes | None, deadline: Deadline, must_exist: bool
    ) -> ApiResponse:
        operation, method = call.operation, call.method
        transport = self._reading if method == "GET" else self._changing
        with opened(operation, transport, lambda: self._request(method, url, body, deadline)) as response:
            call.answered(response.status_code, response.headers)
            status = response.status_code
            location = location_of(status, response.headers)
            try:
                with translated(operation, status=status, location=location):
                    data = body_of(operation, response, deadline, status, location)
            except errors.OutcomeUnknown:
                if status < 400 or (status < 500 and status not in (408, 429)):
                    raise
                data = b""  # the status is sufficient
        answer = ApiResponse(status, response.headers, data)
        if not 200 <= status < 300:
            error_body = read_error_body(data, self._authentication.redacted)
            plain_list = must_exist and method == "GET" and set(httpx.URL(url).params) <= {"api-version"}
            if version_is_retired(status, error_body, self._version, must_exist=must_exist, plain_list=plain_list):
                raise _retired(operation, status, self._version)
            raise failure(operation, answer, error_body)
        return answer

    def _request(self, method: str, url: httpx.URL | str, body: bytes | None, deadline: Deadline) -> httpx.Request:
        # A method of its own, so that no frame in the traceback of an error has the key in its variables.
        headers = {**self._authentication.headers(), "Accept": "application/json", **COMMON_HEADERS}
        if body is not None:
            headers["Content-Type"] = self._media
        if method != "GET":
            headers["Connection"] = "close"
        extensions = {"timeout": deadline.timeouts(READ_SECONDS)}
        return httpx.Request(method, url, headers=headers, content=body, extensions=extensions)


@contextmanager
def opened(
    operation: str, transport: httpx.BaseTransport, request: Callable[[], httpx.Request]
) -> Iterator[httpx.Response]:
    """Send one request and yield the response before its body has been read."""
    with translated(operation):
        response = transport.handle_request(request())
    try:
        yield response
    finally:
        response.close()


def raw_bytes(response: httpx.Response) -> Iterator[bytes]:
    """The body as it is received, without decompression."""
    return iter(cast(httpx.SyncByteStream, response.stream))


def location_of(status: int, headers: httpx.Headers) -> str | None:
    """Where the entity is that a 201 tells of; some operations of the service name the header Operation-Location."""
    return (headers.get("location") or headers.get("operation-location")) if status == 201 else None


def body_of(
    operation: str, response: httpx.Response, deadline: Deadline, status: int, location: str | None = None
) -> bytes:
    """All of a body of reasonable size."""
    if not plain(response.headers):
        raise unreadable(operation, "it's compressed, which wasn't requested", status, location)
    data = bytearray()
    for chunk in raw_bytes(response):
        data += chunk
        if len(data) > BODY_BYTES:
            raise unreadable(operation, "it's larger than 8 MB", status, location)
        if not deadline.left():
            raise httpx.ReadTimeout("the deadline is past")
    return bytes(data)


def unreadable(operation: str, why: str, status: int | None = None, location: str | None = None) -> errors.Unreadable:
    """An Unreadable with its message."""
    sentence = f"The service sent an unexpected response: {why}."
    if status:
        sentence = f"The service sent an unexpected response ({status}): {why}."
    return errors.Unreadable(sentence, operation=operation, status=status, location=location)


@contextmanager
def translated(operation: str, status: int | None = None, location: str | None = None) -> Iterator[None]:
    """Raise our exceptions instead of httpx's, without their tracebacks, whose frames contain headers and URLs."""
    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        sentence = f"The service couldn't be reached. {unreachable.sentence_of(error)}"
        raise errors.NotSent(sentence, operation=operation) from None
    except (httpx.UnsupportedProtocol, httpx.InvalidURL, UnicodeError):
        raise errors.NotSent(
            "The service address isn't valid. Check it on the page of the Speech resource.", operation=operation
        ) from None
    except httpx.TimeoutException:
        sentence = "The service didn't respond in time."
        raise errors.TimedOut(sentence, operation=operation, status=status, location=location) from None
    except httpx.HTTPError:
        sentence = "The connection to the service was lost."
        raise errors.ConnectionLost(sentence, operation=operation, status=status, location=location) from None


def failure(operation: str, answer: ApiResponse, error_body: ErrorBody | None) -> errors.SpeechError:
    """The exception for a response other than 2xx."""
    status = answer.status
    message = error_body.message if error_body else ""
    if status == 429:
        sentence = "The service received too many requests."
        return errors.TooManyRequests(sentence, operation=operation, retry_after=answer.retry_after)
    if status == 408 or status >= 500:
        return errors.ServiceFault(
            f"The service failed ({status}): {message}" if message else f"The service failed ({status}).",
            operation=operation,
            status=status,
            retry_after=answer.retry_after,
            code=error_body.code if error_body else "",
            message=message,
        )
    if status < 400:
        return unreadable(operation, "it's a redirect, and redirects aren't followed", status)
    if error_body is None:
        return unreadable(operation, "the error isn't from the Speech service", status)
    codes = (error_body.inner_code or error_body.code, str(status))
    reason = ", ".join(dict.fromkeys(text for text in codes if text))  # the gateway repeats the status as its code
    return _EXCEPTIONS_BY_STATUS.get(status, errors.Refused)(
        f"The service rejected the request: {message} ({reason})"
        if message
        else f"The service rejected the request ({reason}).",
        operation=operation,
        status=status,
        code=error_body.code,
        inner_code=error_body.inner_code,
        message=message,
        target=error_body.target,
        gateway=error_body.gateway,
    )


def _retired(operation: str, status: int, version: str) -> errors.VersionRetired:
    sentence = f"The service doesn't support API version {version}. Select another API version for this resource."
    return errors.VersionRetired(sentence, operation=operation, version=version, status=status)
