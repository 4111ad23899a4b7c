"""Fetch small files, several at a time without a thread, each checked like any other.

Whatever is not as it should be is handed over to endpoints.logs.fetch.transfer, which continues with the bytes that
came, requests a new address, or says in words what is wrong.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias
from uuid import uuid4

from endpoints.logs.fetch import transfer
from endpoints.logs.fetch.transfer import Facts, Fetching, ReceivedPart, stored, transcript_of
from endpoints.logs.storage import partials
from endpoints.models import LogFile

if TYPE_CHECKING:
    from endpoints.azure.batch import Batch, Small

SMALL = 512 * 1024  # bytes
EXPIRED = (401, 403, 404, 410)  # the status for an address that is no longer valid, or a file that is gone
Request: TypeAlias = tuple[LogFile, str]


class HandedOver(Exception):
    """It is not fetched here: endpoints.logs.fetch.transfer begins with this address and these bytes."""

    def __init__(self, address: str | None, part: ReceivedPart | None = None) -> None:
        self.address, self.part = address, part


class SmallFiles:
    """`waiting`: those that have not begun; while `held`, none of them begins."""

    def __init__(self, fetching: Fetching, at_once: int) -> None:
        self.fetching, self.at_once = fetching, at_once
        self.waiting: deque[Request] = deque()
        self.held = False
        self.batch: Batch[Request] | None = None
        self.prefix = f"{partials.place()}/{uuid4().hex[:8]}-"

    def __len__(self) -> int:
        return len(self.waiting) + self.busy

    @property
    def busy(self) -> int:
        """How many have begun and not ended."""
        return self.batch.busy if self.batch else 0

    def takes(self, row: LogFile) -> bool:
        return 0 < row.size <= SMALL and row.size < transfer.LARGE and not row.failures

    def ended(self, seconds: float) -> Iterator[tuple[LogFile, Callable[[], Facts]]]:
        """Begin more, and wait for at most `seconds`: those that have ended, each with what is to be called at once.

        It returns what is to be saved of the file, as transfer.fetch() does; or it raises HandedOver.
        """
        if not self:
            return
        self.batch = self.batch or self.fetching.service.batch(self.at_once, SMALL)
        yield from self.begin(self.batch)
        for (row, address), small in self.batch.ended(seconds if self.busy else 0):
            yield from self.begin(self.batch)  # before the answer is stored, so that the server is busy meanwhile
            yield row, partial(self.stored, row, address, small)

    def begin(self, batch: Batch[Request]) -> Iterator[tuple[LogFile, Callable[[], Facts]]]:
        while self.waiting and batch.room and not self.held:
            row, address = self.waiting.popleft()
            if not batch.begin((row, address), address):
                yield row, partial(self.refused, address)

    def refused(self, address: str) -> Facts:
        raise HandedOver(address)

    def stored(self, row: LogFile, address: str, small: Small) -> Facts:
        data = small.data
        if small.status in EXPIRED:
            raise HandedOver(None)
        if not small.whole:
            raise HandedOver(address, ReceivedPart(small.etag, data))
        if len(data) != row.size or (small.md5 and hashlib.md5(data, usedforsecurity=False).digest() != small.md5):
            raise HandedOver(address)
        facts: Facts = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        facts |= transcript_of(row, lambda: data, len(data))
        path = f"{self.prefix}{row.pk}.small"
        try:
            partials.write_small(path, data)
            return facts | stored(row, path)
        except BaseException:
            Path(path).unlink(missing_ok=True)
            raise

    def forget(self) -> list[LogFile]:
        """Those that have not begun, and now never do."""
        rows = [row for row, _address in self.waiting]
        self.waiting.clear()
        return rows

    def close(self) -> None:
        self.forget()
        if self.batch:
            list(self.batch.close())
