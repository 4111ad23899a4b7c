"""Fetch small files: many in one thread, each checked like any other.

Whatever is not as it should be is left to endpoints.logs.fetch.transfer, which continues with the bytes that came,
requests a new address, or says in words what is wrong.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
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


class SmallFiles:
    """The thread, and its queue. `pool`: where the other files are fetched, one in a thread."""

    def __init__(self, fetching: Fetching, pool: ThreadPoolExecutor, at_once: int) -> None:
        self.fetching, self.pool, self.at_once = fetching, pool, at_once
        self.queue: SimpleQueue[Request | None] = SimpleQueue()
        self.thread: Thread | None = None
        self.closed = False
        self.prefix = f"{partials.place()}/{uuid4().hex[:8]}-"

    def submit(self, row: LogFile, address: str | None) -> Future[Facts]:
        """What is to be saved of the file, as transfer.fetch() returns it. Files that are not small go to the pool."""
        small = 0 < row.size <= SMALL and row.size < transfer.LARGE
        if not (address and small) or row.failures or self.closed:
            return self.pool.submit(transfer.fetch, row, address, self.fetching)
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
                self.hand_over(request, request.address)

    def finish(self, request: Request, small: Small) -> None:
        if small.status in EXPIRED:
            self.hand_over(request, None)
        elif not small.whole:
            self.hand_over(request, request.address, ReceivedPart(small.etag, bytes(small.data)))
        else:
            _settle(request.future, lambda: self.stored(request, small))

    def stored(self, request: Request, small: Small) -> Facts | None:
        """What is to be saved; None when the file is not what was listed, and handed over."""
        data, row = small.data, request.row
        if len(data) != row.size or (small.md5 and hashlib.md5(data, usedforsecurity=False).digest() != small.md5):
            self.hand_over(request, request.address)
            return None
        facts: Facts = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        facts |= transcript_of(row, lambda: bytes(data), len(data))
        with partials.small_file(f"{self.prefix}{row.pk}.small", data) as path:
            facts["stored_as"] = move(name_of(row), path)
        return facts

    def hand_over(self, request: Request, address: str | None, part: ReceivedPart | None = None) -> None:
        """To the pool."""
        try:
            done = self.pool.submit(transfer.fetch, request.row, address, self.fetching, part)
        except RuntimeError:  # it was shut down just now
            request.future.set_exception(Canceled())
        else:
            done.add_done_callback(lambda found: _settle(request.future, found.result))


def _settle(future: Future[Facts], result: Callable[[], Facts | None]) -> None:
    try:
        found = result()
    except CancelledError:  # in the pool, before it began
        future.set_exception(Canceled())
    except Exception as error:
        future.set_exception(error)
    else:
        if found is not None:
            future.set_result(found)
