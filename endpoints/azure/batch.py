"""Fetch contents of any size in one thread, several at a time."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

import httpx

from . import errors
from .content import Content, understood
from .curl import OPERATION, Exchange, Loop, Source, lost
from .network import Network
from .retries import ATTEMPTS, backoff
from .sending import ApiResponse

OPEN_SECONDS, READ_SECONDS = 10.0, 30.0  # the longest silence before the answer, and in the middle of it
ENOUGH = 512 * 1024  # bytes
COMPLAINT_BYTES = 64 * 1024  # of the body of an error
LONGEST_PAUSE = 3.0  # seconds before another attempt; a caller with other work does not wait longer


class Receiver(Protocol):
    """Who wants a content. What these methods raise ends the transfer, and is its error."""

    def begun(self, content: Content) -> None:
        """It has been found; its bytes follow."""

    def received(self, data: bytes) -> None:
        """The next bytes."""


R = TypeVar("R", bound=Receiver)


class Batch(Generic[R]):
    """At most `at_once` transfers; those that are requested beyond wait for their turn.

    `source` makes the request for an address, `refused` an error of an answer. `retries`: requests are sent again until
    the first byte of a content has come, never after it. `enough`: bytes that are passed on together; hardly more are.
    """

    def __init__(
        self,
        network: Network,
        source: Callable[[str], Source],
        refused: Callable[[ApiResponse], errors.SpeechError],
        at_once: int,
        *,
        retries: bool = True,
        enough: int | None = None,
    ) -> None:
        self._source, self._refused, self._retries = source, refused, retries
        self._enough = ENOUGH if enough is None else enough
        self._loop = Loop()
        self._free = [Exchange(network) for _ in range(at_once)]
        self._waiting: deque[_Transfer[R]] = deque()
        self._pausing: list[_Transfer[R]] = []
        self._active: list[_Transfer[R]] = []
        self._left_at = time.monotonic()

    @property
    def busy(self) -> int:
        """How many have not ended."""
        return len(self._waiting) + len(self._pausing) + len(self._active)

    def begin(self, receiver: R, url: str, offset: int = 0, etag: str | None = None) -> None:
        """Request the content at `url` from `offset`; with the `etag` of the part before it only the same content."""
        if offset < 0:
            raise ValueError("Content begins at offset 0.")
        self._waiting.append(_Transfer(receiver, url, offset, etag))
        self._fill()

    def work(self, seconds: float) -> list[tuple[R, Exception | None]]:
        """Wait for at most `seconds`, and pass on what comes. Returns those that have ended, with their errors.

        That is ForeignAddress, ContentExpired, ContentChanged, IncompleteContent, TimedOut or another SpeechError, or
        what the receiver has raised.
        """
        now = time.monotonic()
        for transfer in self._active:
            transfer.heard += now - self._left_at  # what the caller did meanwhile is no silence of the server
        for transfer in [one for one in self._pausing if one.due <= now]:
            self._pausing.remove(transfer)
            self._waiting.appendleft(transfer)
        self._fill()
        if any(one.error for one in self._active):
            seconds = 0
        self._loop.work(min([seconds, *(one.due - now for one in self._pausing)]))
        self._left_at = time.monotonic()
        ended: list[tuple[R, Exception | None]] = []
        for transfer in self._active[:]:
            try:
                if not transfer.advance(self._refused, self._enough, self._left_at):
                    continue
                error = None
            except Exception as raised:
                error = raised
            self._stop(transfer)
            if not (error and transfer.content is None and self._put_off(transfer, error)):
                ended.append((transfer.receiver, error))
        self._fill()  # before the caller stores what has come, so that the server is busy meanwhile
        return ended

    def forget(self) -> list[R]:
        """Cancel those that have not begun, and return them."""
        found, self._waiting = [one.receiver for one in self._waiting], deque()
        return found

    def close(self) -> None:
        """Cancel all."""
        for transfer in self._active[:]:
            self._stop(transfer)
        self._loop.close()
        for exchange in self._free:
            exchange.handle.close()

    def _fill(self) -> None:
        while self._free and self._waiting:
            transfer = self._waiting.popleft()
            transfer.exchange = exchange = self._free.pop()
            transfer.heard, transfer.error = time.monotonic(), None
            self._active.append(transfer)
            try:
                exchange.begin(self._source(transfer.url), transfer.offset, transfer.etag)
            except errors.SpeechError as error:
                transfer.error = error
            else:
                self._loop.add(exchange)

    def _stop(self, transfer: _Transfer[R]) -> None:
        self._loop.remove(transfer.exchange)
        self._active.remove(transfer)
        self._free.append(transfer.exchange)

    def _put_off(self, transfer: _Transfer[R], error: Exception) -> bool:
        transfer.retries += 1
        pause = backoff(error, transfer.retries - 1) if self._retries and transfer.retries < ATTEMPTS else None
        if pause is None or pause > LONGEST_PAUSE:
            return False
        transfer.due = time.monotonic() + pause
        self._pausing.append(transfer)
        return True


class _Transfer(Generic[R]):
    """One content. `content`: what the header said, None before it. `error`: why it could not be requested."""

    exchange: Exchange
    content: Content | None = None
    error: errors.SpeechError | None = None
    due = heard = 0.0  # by time.monotonic()
    retries = seen = received = 0

    def __init__(self, receiver: R, url: str, offset: int, etag: str | None) -> None:
        self.receiver, self.url, self.offset, self.etag = receiver, url, offset, etag

    def advance(self, refused: Callable[[ApiResponse], errors.SpeechError], enough: int, now: float) -> bool:
        """Pass on what has come; whether that was all. Raises what ended it too early."""
        if self.error:
            raise self.error
        exchange = self.exchange
        count, lines = exchange.buffer.tell(), len(exchange.lines)
        if count + lines != self.seen:
            self.seen, self.heard = count + lines, now
        if self.content is None and (count or exchange.done) and not self._open(refused, count):
            return False
        if self.content is not None:
            if self.content.offset == self.content.size and self.offset:
                return True  # everything was there already; what follows is no part of it
            if count and (count >= enough or exchange.done):
                self.received += count
                self.receiver.received(exchange.taken())
            if exchange.done:
                self._complete()
                return True
        if now > self.heard + (READ_SECONDS if lines else OPEN_SECONDS) and exchange.connected:
            raise errors.TimedOut("The service didn't respond in time.", operation=OPERATION)
        return False

    def _open(self, refused: Callable[[ApiResponse], errors.SpeechError], count: int) -> bool:
        """Read the header; False while the body of an error is coming."""
        exchange = self.exchange
        header = exchange.header()
        if header is None:
            raise exchange.error or lost()
        self.content = understood(*header, self.offset, self.etag)
        if self.content is None:
            if not exchange.done and count < COMPLAINT_BYTES:
                return False
            status, headers = header
            raise refused(ApiResponse(status, httpx.Headers(headers), exchange.buffer.getvalue()[:COMPLAINT_BYTES]))
        self.receiver.begun(self.content)
        return True

    def _complete(self) -> None:
        assert self.content is not None  # noqa: S101 (it was opened)
        error, size = self.exchange.error, self.content.size
        if error and not isinstance(error, errors.ConnectionLost):
            raise error
        promised = None if size is None else size - self.content.offset
        if error or promised not in (None, self.received):
            of = "" if promised is None else f" of {promised}"
            sentence = f"The download stopped after {self.received}{of} bytes."
            raise errors.IncompleteContent(sentence, operation=OPERATION, received=self.received, promised=promised)
