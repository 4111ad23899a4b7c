"""Recordings and transcripts: bytes behind a content address, read without credentials.

The address is the credential. Its origin (blob storage) is not that of the API, so our credentials are never sent
there, and no error or repr shows the address.
"""

from __future__ import annotations

import re
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from typing import Any

import httpx

from . import errors
from .batch import Batch
from .content_headers import md5_of, plain
from .curl import OPERATION, Connection, Connections, Source
from .deadline import Deadline
from .error_body import ErrorBody
from .sending import ApiResponse, failure, unreadable, with_retries

READ_SECONDS = 30.0  # a transfer may take hours, but not a silence longer than this
SLICE_SECONDS = 0.5  # how often a reader that waits is asked whether it still wants the content
CHUNK_BYTES = 256 * 1024
_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)")
_BEYOND = re.compile(r"bytes \*/(\d{1,18})")


class Transfer:
    """A running request, and the bytes of its answer."""

    def __init__(self, connection: Connection, source: Source, offset: int, etag: str | None, due: Deadline) -> None:
        self.exchange, self._loop, self._due = connection.exchange, connection.loop, due
        self._early = BytesIO()  # what comes together with the header
        self.exchange.write_to(self._early.write)
        self.exchange.begin(source, offset, etag)
        self._loop.add(self.exchange)
        while not (self.exchange.header_done or self.exchange.done):
            self._work(wait=True)
        if not self.exchange.header_done and self.exchange.error:
            raise self.exchange.error

    def read_into(self, buffer: BytesIO, enough: int) -> int:
        """Append the next bytes: at least one, or 0 at the end. Raises what ended it too early.

        After the first it waits for no more, and goes on with what is there until there is `enough`.
        """
        begin, count, before = buffer.tell(), 0, -1
        self.exchange.heard = time.monotonic()  # what the caller did meanwhile is no silence of the server
        if self._early.tell():
            count = buffer.write(self._early.getvalue())
            self._early = BytesIO()
        self.exchange.write_to(buffer.write)
        while not self.exchange.done and (not count or before < count < enough):
            before = count
            self._work(wait=not count)
            count = buffer.tell() - begin
            if count > before:
                self.exchange.heard = time.monotonic()
        self.exchange.write_to(self._early.write)
        if not count and self.exchange.error:
            raise self.exchange.error
        return count

    def beginning(self, most: int) -> bytes:
        """The first bytes of a body, at most `most`; fewer when the transfer fails."""
        buffer = BytesIO()
        with suppress(errors.SpeechError):
            while buffer.tell() < most and self.read_into(buffer, most):
                pass
        return buffer.getvalue()[:most]

    def _work(self, *, wait: bool) -> None:
        left = self._due.left()
        silent = self.exchange.heard + READ_SECONDS - time.monotonic() if self.exchange.connected else left
        if min(left, silent) <= 0:
            raise errors.TimedOut("The service didn't respond in time.", operation=OPERATION)
        self._loop.work(min(left, silent, SLICE_SECONDS) if wait else 0)


class Content:
    """An open transfer.

    `size`: bytes of the whole content, None when the server does not say. `offset`: where these bytes begin,
    which is 0 when the server does not do ranges. `etag`: give it back to open_content() when going on later.
    `md5`: of the whole content, None when the server does not say.
    """

    def __init__(self, transfer: Transfer | None, size: int | None, offset: int, etag: str | None) -> None:
        self.size = size
        self.offset = offset
        self.etag = etag
        self.md5 = md5_of(transfer.exchange.headers, transfer.exchange.status) if transfer is not None else None
        self._transfer = transfer
        self._promised = None if size is None else size - offset
        self._received = 0

    def __repr__(self) -> str:
        return f"Content(size={self.size!r}, offset={self.offset!r}, etag={self.etag!r})"

    def chunks(self) -> Iterator[bytes]:
        """The bytes, once, as they come. IncompleteContent when fewer come than promised; TimedOut on silence."""
        while self.read_into(buffer := BytesIO(), CHUNK_BYTES):
            yield buffer.getvalue()

    def read_into(self, buffer: BytesIO, enough: int) -> int:
        """Append the next bytes, hardly more than `enough`; how many there were, 0 at the end. As chunks()."""
        if self._transfer is None:
            return 0
        try:
            count = self._transfer.read_into(buffer, enough)
        except errors.ConnectionLost:
            raise self._incomplete() from None
        self._received += count
        if not count and self._promised is not None and self._received != self._promised:
            raise self._incomplete()
        return count

    def _incomplete(self) -> errors.IncompleteContent:
        promised = "" if self._promised is None else f" of {self._promised}"
        sentence = f"The download stopped after {self._received}{promised} bytes."
        return errors.IncompleteContent(sentence, operation=OPERATION, received=self._received, promised=self._promised)


class Contents(ABC):
    """What a client does that reads contents; each kind knows where its addresses may lead, and what refusals mean."""

    _connections: Connections
    _retries: bool

    def batch(self, at_once: int, most: int) -> Batch[Any]:
        """For many contents of at most `most` bytes each."""
        return Batch(self._connections.network, self._source, at_once, most)

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
        connection = self._connections.take()

        def begin() -> Content:
            connection.loop.remove(connection.exchange)  # of an attempt before
            return self._begun(Transfer(connection, self._source(url), offset, etag, due), offset, etag)

        try:
            yield with_retries(begin, True, opening(due)) if self._retries else begin()
        finally:
            self._connections.give_back(connection)

    @abstractmethod
    def _source(self, url: str) -> Source:
        """The request for the content at `url`; ForeignAddress when that address is not allowed."""

    def _begun(self, transfer: Transfer, offset: int, etag: str | None) -> Content:
        """The content of an answer; raises the error that the answer stands for."""
        begun = understood(transfer, offset, etag)
        if begun is None:
            answer = answer_of(transfer)
            code = answer.headers.get("x-ms-error-code", "")  # storage names its errors in a header
            said = ErrorBody(code, "", "", "") if code else None
            raise failure(OPERATION, answer, said)
        return begun


def opening(due: Deadline) -> Deadline:
    """The time for retries of opening, not for the transfer; short when the caller can be told to stop."""
    return Deadline(min(due.left(), 3.0 if due.stoppable else 60.0))


def answer_of(transfer: Transfer, body: bytes = b"") -> ApiResponse:
    return ApiResponse(transfer.exchange.status, httpx.Headers(transfer.exchange.headers), body)


def understood(transfer: Transfer, offset: int, etag: str | None) -> Content | None:
    """The content of an answer; None when the answer is an error that all requests can have."""
    status, headers = transfer.exchange.status, transfer.exchange.headers
    found = headers.get("etag")
    if status in (401, 403, 404, 410):  # an expired signature is 403; a log that was deleted is 404
        raise errors.ContentExpired("The file's address is no longer valid.", operation=OPERATION)
    if status == 416:
        beyond = _BEYOND.fullmatch(headers.get("content-range", ""))
        if beyond and int(beyond[1]) == offset:
            return Content(None, offset, offset, found or etag)  # everything was there already
        raise _changed()
    if status == 412:
        raise _changed()
    if status not in (200, 206):
        return None
    if not plain(headers):
        raise unreadable(OPERATION, "it's compressed, which wasn't requested", status)
    if etag and found and found != etag:
        raise _changed()
    length = headers.get("content-length", "")
    promised = int(length) if re.fullmatch(r"\d{1,18}", length) else None
    if status == 200:
        return Content(transfer, promised, 0, found)
    part = _RANGE.fullmatch(headers.get("content-range", ""))
    if not part or int(part[1]) != offset or int(part[2]) < offset:
        raise unreadable(OPERATION, "it's a different part than requested", status)
    size = None if part[3] == "*" else int(part[3])
    if size is not None and int(part[2]) != size - 1:
        raise unreadable(OPERATION, "it's shorter than requested", status)
    return Content(transfer, size, offset, found)


def _changed() -> errors.ContentChanged:
    return errors.ContentChanged("The file changed during the download.", operation=OPERATION)
