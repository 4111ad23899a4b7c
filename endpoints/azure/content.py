"""Recordings and transcripts: bytes behind a content address, read without credentials.

The address is the credential. It lies at another origin than the API (blob storage), so nothing of ours goes
there, and no error or repr of ours shows it.
"""

import base64
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import httpx

from . import errors
from .addresses import refuse_private
from .deadline import Deadline
from .error_body import ErrorBody
from .heads import Place, Question, written
from .pipes import Pipes
from .sending import (
    COMMON_HEADERS,
    ApiResponse,
    encoded,
    failure,
    opened,
    raw_bytes,
    translated,
    unreadable,
    with_retries,
)

if TYPE_CHECKING:
    from .many import Many

OPERATION = "content"  # not an operation of the contract
READ_SECONDS = 30.0  # a transfer may take hours, but not a silence longer than this
_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)")
_BEYOND = re.compile(r"bytes \*/(\d{1,18})")


class Content:
    """An open transfer.

    `size`: bytes of the whole content, None when the server does not say. `offset`: where these bytes begin,
    which is 0 when the server does not do ranges. `etag`: give it back to open_content() when going on later.
    `md5`: of the whole content, None when the server does not say.
    """

    def __init__(self, response: httpx.Response | None, size: int | None, offset: int, etag: str | None) -> None:
        self.size = size
        self.offset = offset
        self.etag = etag
        self.md5 = _md5(response.headers, response.status_code) if response is not None else None
        self._response = response
        self._promised = None if size is None else size - offset
        self._received = 0
        self._pieces: Iterator[bytes] | None = None
        self._rest = memoryview(b"")

    def __repr__(self) -> str:
        return f"Content(size={self.size!r}, offset={self.offset!r}, etag={self.etag!r})"

    def chunks(self) -> Iterator[bytes]:
        """The bytes, once, as they come. IncompleteContent when fewer come than promised; TimedOut on silence."""
        if self._response is None:
            return
        source = raw_bytes(self._response)
        while True:
            with self._watched():
                chunk = next(source, None)
            if chunk is None:
                break
            self._received += len(chunk)
            yield chunk
        self._check()

    def read_into(self, buffer: memoryview) -> int:
        """The next bytes, without a copy where the transport can; how many there were, 0 at the end. As chunks()."""
        if self._response is None:
            return 0
        direct: Callable[[memoryview], int] | None = self._response.extensions.get("read_into")
        with self._watched():
            count = direct(buffer) if direct else self._copied(buffer)
        self._received += count
        if not count:
            self._check()
        return count

    def _copied(self, buffer: memoryview) -> int:
        if self._pieces is None:
            assert self._response is not None  # noqa: S101 (the caller looked)
            self._pieces = raw_bytes(self._response)
        while not self._rest and (piece := next(self._pieces, None)) is not None:
            self._rest = memoryview(piece)
        count = min(len(self._rest), len(buffer))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    @contextmanager
    def _watched(self) -> Iterator[None]:
        try:
            with translated(OPERATION):
                yield
        except errors.ConnectionLost:
            raise self._incomplete() from None

    def _check(self) -> None:
        if self._promised is not None and self._received != self._promised:
            raise self._incomplete()

    def _incomplete(self) -> errors.IncompleteContent:
        promised = "" if self._promised is None else f" of {self._promised}"
        sentence = f"The transfer ended after {self._received}{promised} bytes."
        return errors.IncompleteContent(sentence, operation=OPERATION, received=self._received, promised=self._promised)


class Contents:
    """What a client does that reads contents; each kind knows how its addresses are asked, and what refusals mean."""

    _content: httpx.BaseTransport
    _retries: bool

    def many(self, at_once: int, most: int) -> "Many[Any] | None":
        """The quick way to many contents of at most `most` bytes; None where there is only open_content()."""
        from .many import Many

        return Many(self._content, self._short, at_once, most) if isinstance(self._content, Pipes) else None

    @contextmanager
    def open_content(
        self,
        url: str,
        *,
        offset: int = 0,
        etag: str | None = None,
        deadline: float | None = None,
        go_on: Callable[[], bool] | None = None,
    ) -> Iterator[Content]:
        """Open a content address for reading from `offset`.

        `etag` (that of the part already there) makes sure that it is still the same content. No total deadline
        unless `deadline` is given, but never a silence of more than 30 s. `go_on`, which has to answer at once,
        is asked again and again; TimedOut soon after it says no. ForeignAddress, ContentExpired, ContentChanged,
        and from Content.chunks() IncompleteContent. Opening alone is asked again, never the bytes.
        """
        if offset < 0:
            raise ValueError("Content begins at offset 0.")
        due = Deadline(deadline, go_on)
        asked = self._asked(url)
        with ExitStack() as kept:

            def begin() -> Content:
                with ExitStack() as attempt:
                    response = attempt.enter_context(opened(OPERATION, self._content, lambda: asked(offset, etag, due)))
                    begun = self._begun(response, offset, etag)
                    kept.push(attempt.pop_all())
                    return begun

            yield with_retries(begin, True, opening(due)) if self._retries else begin()

    def _asked(self, url: str) -> Callable[[int, str | None, Deadline], httpx.Request]:
        """How to ask for what is at `url`; ForeignAddress when that may not be."""
        raise NotImplementedError

    def _short(self, url: str) -> Question | None:
        """The same in the shortest form, for all of a small one; None when that may not be."""
        return written(self._asked(url)(0, None, Deadline(None)))

    def _begun(self, response: httpx.Response, offset: int, etag: str | None) -> Content:
        """The transfer that an answer begins; raises what it means when it begins none."""
        begun = understood(response, offset, etag)
        if begun is None:
            code = response.headers.get("x-ms-error-code", "")  # storage names its errors in a header
            said = ErrorBody(code, "", "", "") if code else None
            raise failure(OPERATION, ApiResponse(response.status_code, response.headers, b""), said)
        return begun


def opening(due: Deadline) -> Deadline:
    """For asking again, not for the transfer; nobody who may be told to stop waits for long."""
    return Deadline(min(due.left(), 3.0 if due.stoppable else 60.0))


def question(
    url: httpx.URL, offset: int, etag: str | None, due: Deadline, target: bytes | None = None
) -> httpx.Request:
    """The request for the bytes from `offset` on, of the same content as before."""
    headers = {"Accept": "*/*", **COMMON_HEADERS}
    if offset:
        headers["Range"] = f"bytes={offset}-"
    if etag:
        headers["If-Match"] = etag
    extensions: dict[str, Any] = {"timeout": due.timeouts(READ_SECONDS)}
    if target is not None:
        extensions["target"] = target  # instead of the path of `url`
    return httpx.Request("GET", url, headers=headers, extensions=extensions)


def short(url: httpx.URL, target: bytes) -> Question:
    """The same for the whole of a small content."""
    refuse_private(url)
    place, rest = _rest(url)
    return Question(place, b"".join((b"GET ", target, rest)))


@lru_cache(maxsize=64)
def _rest(url: httpx.URL) -> tuple[Place, bytes]:
    """What follows the target: thousands of addresses share it."""
    asked = written(question(url, 0, None, Deadline(None), b"/"))
    return asked.place, asked.data.removeprefix(b"GET /")


def understood(response: httpx.Response, offset: int, etag: str | None) -> Content | None:
    """The transfer that an answer begins; None when the answer is a failure of the ordinary kinds."""
    status, headers = response.status_code, response.headers
    found = headers.get("etag")
    if status in (401, 403, 404, 410):  # an expired signature is 403; a log that was deleted is 404
        raise errors.ContentExpired("The address of the content is no longer valid.", operation=OPERATION)
    if status == 416:
        beyond = _BEYOND.fullmatch(headers.get("content-range", ""))
        if beyond and int(beyond[1]) == offset:
            return Content(None, offset, offset, found or etag)  # everything was there already
        raise _changed()
    if status == 412:
        raise _changed()
    if status not in (200, 206):
        return None
    if encoded(response):
        raise unreadable(OPERATION, "it is compressed, though that was not asked for", status)
    if etag and found and found != etag:
        raise _changed()
    length = headers.get("content-length", "")
    promised = int(length) if re.fullmatch(r"\d{1,18}", length) else None
    if status == 200:
        return Content(response, promised, 0, found)
    part = _RANGE.fullmatch(headers.get("content-range", ""))
    if not part or int(part[1]) != offset or int(part[2]) < offset:
        raise unreadable(OPERATION, "it is another part than the one asked for", status)
    size = None if part[3] == "*" else int(part[3])
    if size is not None and int(part[2]) != size - 1:
        raise unreadable(OPERATION, "it is less than what was asked for", status)
    return Content(response, size, offset, found)


def _md5(headers: httpx.Headers, status: int) -> bytes | None:
    """Of the whole content: Content-MD5 is that of what is sent, which may be a part."""
    return as_md5(headers.get("x-ms-blob-content-md5") or (headers.get("content-md5") if status == 200 else None))


def as_md5(said: str | bytes | None) -> bytes | None:
    try:
        digest = base64.b64decode(said or b"", validate=True)
    except ValueError:
        return None
    return digest if len(digest) == 16 else None


def _changed() -> errors.ContentChanged:
    return errors.ContentChanged("The content is no longer the one that was begun.", operation=OPERATION)
