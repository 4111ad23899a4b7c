"""Small files from the service into the storage: many in one thread, each checked like any other.

Whatever is not as it should be is left to endpoints.logs.transfer, which goes on with the bytes that came, asks for a
new address, or finds the words for what is wrong.
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

from endpoints.logs import partials, transfer
from endpoints.logs.storage import move
from endpoints.logs.transfer import Begun, Facts, Line, Stopped, name_of
from endpoints.models import LogFile

if TYPE_CHECKING:
    from endpoints.azure.batch import Batch, Small

SMALL = 512 * 1024  # bytes
TICK_SECONDS = 0.2  # how soon we see that nobody wants them any more
NO_LONGER = (401, 403, 404, 410)  # what an address is answered with whose time is over, or whose file is gone


class Wish(NamedTuple):
    row: LogFile
    address: str
    future: Future[Facts]


class SmallFiles:
    """The thread, and its queue. `patiently`: where the others are brought."""

    def __init__(self, line: Line, patiently: ThreadPoolExecutor, at_once: int) -> None:
        self.line, self.patiently, self.at_once = line, patiently, at_once
        self.wishes: SimpleQueue[Wish | None] = SimpleQueue()
        self.thread: Thread | None = None
        self.able = True  # to go the quick way
        self.closed = False
        self.place = f"{partials.place()}/{uuid4().hex[:8]}-"

    def submit(self, row: LogFile, address: str | None) -> Future[Facts]:
        """What is to be written down of the file, as transfer.fetch() finds it."""
        small = address and not row.failures and 0 < row.size <= SMALL and row.size < transfer.LARGE
        if small and self.able and not self.thread:
            self.start()
        if not (small and address and self.able):
            return self.patiently.submit(transfer.fetch, row, address, self.line)
        future: Future[Facts] = Future()
        self.wishes.put(Wish(row, address, future))
        return future

    def start(self) -> None:
        many: Batch[Wish] = self.line.service.batch(self.at_once, SMALL)
        self.thread = Thread(target=self.work, args=[many], name="fetch-small", daemon=True)
        self.thread.start()

    def close(self, seconds: float) -> None:
        """What has not begun is cancelled, and what has not ended is stopped."""
        self.closed = True
        self.wishes.put(None)
        if self.thread:
            self.thread.join(seconds)
        for wish in self.left():
            wish.future.cancel()

    def left(self) -> Iterator[Wish]:
        with suppress(Empty):
            while True:
                if wish := self.wishes.get_nowait():
                    yield wish

    def work(self, many: Batch[Wish]) -> None:
        try:
            while not (self.closed or self.line.stop.is_set()):
                self.begin_more(many, wait=not many.busy)
                for wish, small in many.ended(TICK_SECONDS) if many.busy else ():
                    self.begin_more(many, wait=False)  # so that the other side is at work while we are
                    self.bring(wish, small)
        except BaseException:
            self.able = False
            for wish in self.left():
                _settle(wish.future, _stopped) if wish.future.set_running_or_notify_cancel() else None
            raise
        finally:
            for wish in many.close():
                _settle(wish.future, _stopped)

    def begin_more(self, many: Batch[Wish], *, wait: bool) -> None:
        while many.room:
            try:
                wish = self.wishes.get(block=wait and not many.busy)
            except Empty:
                return
            if wish is None:
                return
            if wish.future.set_running_or_notify_cancel() and not many.begin(wish, wish.address):
                self.leave(wish, wish.address)

    def bring(self, wish: Wish, small: Small) -> None:
        if small.status in NO_LONGER:
            self.leave(wish, None)
        elif not small.whole:
            self.leave(wish, wish.address, Begun(small.etag, bytes(small.data)))
        else:
            _settle(wish.future, lambda: self.kept(wish, small))

    def kept(self, wish: Wish, small: Small) -> Facts | None:
        data, row = small.data, wish.row
        if len(data) != row.size or (small.md5 and hashlib.md5(data, usedforsecurity=False).digest() != small.md5):
            self.leave(wish, wish.address)
            return None
        facts: Facts = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        facts |= transfer.said(row, lambda: bytes(data), len(data))
        with partials.whole(f"{self.place}{row.pk}.small", data) as path:
            facts["stored_as"] = move(name_of(row), path)
        return facts

    def leave(self, wish: Wish, address: str | None, begun: Begun | None = None) -> None:
        """To those with more patience."""

        def copy(found: Future[Facts]) -> None:
            _settle(wish.future, found.result)

        try:
            self.patiently.submit(transfer.fetch, wish.row, address, self.line, begun).add_done_callback(copy)
        except RuntimeError:  # it was shut down just now
            wish.future.set_exception(Stopped())


def _stopped() -> Facts:
    raise Stopped


def _settle(future: Future[Facts], result: Callable[[], Facts | None]) -> None:
    try:
        found = result()
    except CancelledError:  # of those with more patience
        future.set_exception(Stopped())
    except Exception as error:
        future.set_exception(error)
    else:
        if found is not None:
            future.set_result(found)
