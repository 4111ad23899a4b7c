"""Fetch small files: many in one thread, each checked like any other.

Whatever is not as it should be is handed over to endpoints.logs.fetch.transfer, which continues with the bytes that
came, requests a new address, or says in words what is wrong.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

from endpoints.logs.fetch import transfer
from endpoints.logs.fetch.transfer import Canceled, Facts, Fetching, ReceivedPart, name_of, transcript_of
from endpoints.logs.storage import partials
from endpoints.logs.storage.place import move
from endpoints.models import LogFile

if TYPE_CHECKING:
    from endpoints.azure.batch import Batch, Small

SMALL = 512 * 1024  # bytes
POLL_SECONDS = 0.2  # how soon the thread notices that it is to stop
EXPIRED = (401, 403, 404, 410)  # the status for an address that is no longer valid, or a file that is gone


class Request(NamedTuple):
    row: LogFile
    address: str
    future: Future[Facts]


class HandedOver(Exception):
    """It is not fetched here: endpoints.logs.fetch.transfer begins with this address and these bytes."""

    def __init__(self, address: str | None, part: ReceivedPart | None = None) -> None:
        self.address, self.part = address, part


class SmallFiles:
    """The thread, and its queue."""

    def __init__(self, fetching: Fetching, at_once: int) -> None:
        self.fetching, self.at_once = fetching, at_once
        self.queue: SimpleQueue[Request | None] = SimpleQueue()
        self.thread: Thread | None = None
        self.closed = False
        self.prefix = f"{partials.place()}/{uuid4().hex[:8]}-"

    def takes(self, row: LogFile) -> bool:
        return 0 < row.size <= SMALL and row.size < transfer.LARGE and not row.failures and not self.closed

    def submit(self, row: LogFile, address: str) -> Future[Facts]:
        """What is to be saved of the file, as transfer.fetch() returns it; or HandedOver."""
        if not self.thread:
            batch: Batch[Request] = self.fetching.service.batch(self.at_once, SMALL)
            self.thread = Thread(target=self.work, args=[batch], name="fetch-small", daemon=True)
            self.thread.start()
        future: Future[Facts] = Future()
        self.queue.put(Request(row, address, future))
        return future

    def close(self, seconds: float) -> None:
        """Cancel what has not begun, and stop what has not ended."""
        self.closed = True
        self.queue.put(None)
        if self.thread:
            self.thread.join(seconds)
        for request in self.waiting():
            request.future.cancel()

    def waiting(self) -> Iterator[Request]:
        with suppress(Empty):
            while True:
                if request := self.queue.get_nowait():
                    yield request

    def work(self, batch: Batch[Request]) -> None:
        try:
            while not (self.closed or self.fetching.stop.is_set()):
                self.begin_more(batch, wait=True)
                for request, small in batch.ended(POLL_SECONDS) if batch.busy else ():
                    # Before the answer is stored, so that the server is busy meanwhile.
                    self.begin_more(batch, wait=False)
                    self.finish(request, small)
        finally:
            self.closed = True
            for request in [*batch.close(), *self.waiting()]:
                if request.future.running() or request.future.set_running_or_notify_cancel():
                    request.future.set_exception(Canceled())

    def begin_more(self, batch: Batch[Request], *, wait: bool) -> None:
        while batch.room:
            try:
                request = self.queue.get(block=wait and not batch.busy)
            except Empty:
                return
            if request is None:
                return
            if request.future.set_running_or_notify_cancel() and not batch.begin(request, request.address):
                request.future.set_exception(HandedOver(request.address))

    def finish(self, request: Request, small: Small) -> None:
        try:
            request.future.set_result(self.stored(request, small))
        except Exception as error:
            request.future.set_exception(error)

    def stored(self, request: Request, small: Small) -> Facts:
        """What is to be saved; HandedOver when the file is not what was listed."""
        data, row = small.data, request.row
        if small.status in EXPIRED:
            raise HandedOver(None)
        if not small.whole:
            raise HandedOver(request.address, ReceivedPart(small.etag, bytes(data)))
        if len(data) != row.size or (small.md5 and hashlib.md5(data, usedforsecurity=False).digest() != small.md5):
            raise HandedOver(request.address)
        facts: Facts = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        facts |= transcript_of(row, lambda: bytes(data), len(data))
        with partials.small_file(f"{self.prefix}{row.pk}.small", data) as path:
            facts["stored_as"] = move(name_of(row), path)
        return facts
