"""Fetch many small contents in one thread, over a few connections at a time.

An answer counts as whole only if it is a 200 with a length, uncompressed, and complete. The caller fetches all others
by open_content(), and can continue with the bytes that came.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from msgspec import Struct

from .content_headers import md5_of, plain
from .curl import Exchange, Loop, Source
from .errors import SpeechError
from .network import Network

T = TypeVar("T")

SILENT_SECONDS = 10.0


class Small(Struct):
    """An answer. `whole`: a 200 with as many bytes as it promised.

    `status`: 0 when there was no answer, or one without its length or too large. `etag` and `md5` as in Content; only
    with a status of 200.
    """

    status: int
    whole: bool
    data: bytes
    etag: str
    md5: bytes | None


class Batch(Generic[T]):
    """At most `at_once` transfers of at most `most` bytes each; `T` identifies a transfer for the caller."""

    def __init__(self, network: Network, source: Callable[[str], Source], at_once: int, most: int) -> None:
        self._source = source
        self._loop = Loop()
        self._free = [_Transfer[T](network, most) for _ in range(at_once)]
        self._busy: dict[Exchange, _Transfer[T]] = {}

    @property
    def room(self) -> bool:
        return bool(self._free)

    @property
    def busy(self) -> int:
        """How many have begun and not ended."""
        return len(self._busy)

    def begin(self, token: T, url: str) -> bool:
        """Request the content at `url`; False when the address is not allowed, which open_content() explains."""
        transfer = self._free[-1]
        try:
            transfer.begin(token, self._source(url))
        except SpeechError:
            return False
        self._busy[transfer.exchange] = self._free.pop()
        self._loop.add(transfer.exchange)
        return True

    def ended(self, seconds: float) -> Iterator[tuple[T, Small]]:
        """Those that have ended, after waiting for at most `seconds`."""
        done = [self._busy[exchange] for exchange in self._loop.work(seconds)]
        late = time.monotonic() - SILENT_SECONDS
        silent = [one for one in self._busy.values() if not one.exchange.done and one.exchange.heard < late]
        for transfer in [*done, *silent]:
            yield self._over(transfer)

    def close(self) -> Iterator[T]:
        """Cancel what has not ended, and return the token of each."""
        for transfer in list(self._busy.values()):
            yield self._over(transfer)[0]
        self._loop.close()
        for transfer in self._free:
            transfer.exchange.handle.close()

    def _over(self, transfer: _Transfer[T]) -> tuple[T, Small]:
        self._loop.remove(transfer.exchange)
        del self._busy[transfer.exchange]
        self._free.append(transfer)
        return transfer.token, transfer.result()


class _Transfer(Generic[T]):
    """A handle and a buffer that are used for one answer after the other."""

    def __init__(self, network: Network, most: int) -> None:
        self.buffer = memoryview(bytearray(most))
        self.exchange = Exchange(network)
        self.exchange.write_to(self._receive)
        self.exchange.accept = self._accept

    def begin(self, token: T, source: Source) -> None:
        self.token, self.count, self.length = token, 0, -1
        self.exchange.begin(source)

    def result(self) -> Small:
        exchange = self.exchange
        status = exchange.status if exchange.header_done and self.length >= 0 else 0
        good = status == 200 and plain(exchange.headers)
        return Small(
            status,
            good and exchange.done and not exchange.error and self.count == self.length,
            bytes(self.buffer[: self.count]),
            exchange.headers.get("etag", "") if good else "",
            md5_of(exchange.headers, status) if good else None,
        )

    def _accept(self, exchange: Exchange) -> bool:
        """Only an answer that gives its length, and fits into the buffer."""
        length = exchange.headers.get("content-length", "")
        if "transfer-encoding" not in exchange.headers and length.isdecimal() and int(length) <= len(self.buffer):
            self.length = int(length)
        return self.length >= 0

    def _receive(self, data: memoryview) -> int | None:
        self.exchange.heard = time.monotonic()
        end = self.count + len(data)
        if end > len(self.buffer):
            return -1
        self.buffer[self.count : end] = data
        self.count = end
        return None
