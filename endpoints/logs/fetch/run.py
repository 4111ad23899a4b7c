"""Fetch files: several at a time, each once whoever requests it, whole or not at all."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.db import transaction
from django.db.models.functions import Now

from endpoints import azure
from endpoints.logs.fetch import results
from endpoints.logs.fetch.results import GIVE_UP_AFTER
from endpoints.logs.fetch.source import LogSource
from endpoints.logs.fetch.transfer import Canceled, Facts, Fetching, FileFailed, Transfer, Wanted
from endpoints.logs.storage.partials import InUse
from endpoints.models import Endpoint, LogFile
from endpoints.models.log import LogFileQuerySet

if TYPE_CHECKING:
    from endpoints.azure.batch import Batch

AT_ONCE = 8  # contents that are received, and functions that run in threads
BEGUN = 4 * AT_ONCE  # files; those that are small wait in memory for their upload
BATCH = 96 * AT_ONCE
MOST_FAILED = 500  # files in one call; the next one goes on
LEASE_SECONDS = 20
COLUMNS = (*Wanted._fields[:-2], "entry__day", "entry__duration")
POLL_SECONDS = 0.2  # how long one wait for contents may take
SAVE_SECONDS = 1.0  # how often results are saved, and the caller is asked whether to go on
END_SECONDS = 4.0  # how long uploads that nobody wants any more may take to end


@dataclass
class Fetched:
    """What one call of fetch_missing() did.

    `busy`: files that another worker is fetching at this moment. `failed`: files that could not be fetched for a reason
    of their own; they are tried again unless that was the last time.
    """

    files: int = 0
    busy: int = 0
    failed: int = 0


def fetch_missing(
    endpoint: Endpoint,
    missing: LogFileQuerySet,
    addresses: Mapping[str, str],
    service: LogSource,
    *,
    until: float,
    go_on: Callable[[], bool] = lambda: True,
) -> Fetched:
    """Fetch those of `missing`, files of `endpoint`, that no other worker fetches, until time.monotonic() is `until`.

    addresses: content addresses by remote id, from a list that was just read. go_on: called about once a second;
    transfers end soon after it returns False, and leave nothing behind. What has begun before `until` is completed.
    A file is tried once in a call. When it has failed GIVE_UP_AFTER times, `problem` says why, and it is left alone.
    Raises the first SpeechError that concerns more than one file, and OSError when our own storage refuses.
    """
    if not go_on():
        return Fetched()
    return _Run(endpoint, missing.filter(failures__lt=GIVE_UP_AFTER), addresses, service, until).run(go_on)


class _Run:
    """All of it happens in the caller's thread, but for the steps of transfers that may take long."""

    def __init__(
        self,
        endpoint: Endpoint,
        missing: LogFileQuerySet,
        addresses: Mapping[str, str],
        service: LogSource,
        until: float,
    ) -> None:
        self.endpoint, self.missing, self.addresses, self.until = endpoint, missing, addresses, until
        self.fetching = Fetching(service, endpoint.remote_id or "")
        self.pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="fetch")
        self.batch: Batch[Transfer] = service.batch(AT_ONCE)
        self.lease = uuid4()
        self.fetched = Fetched()
        self.waiting: deque[Wanted] = deque()  # those that have not begun
        self.begun: set[Transfer] = set()
        self.threads: dict[Future[Any], Transfer] = {}  # what runs in the pool
        self.ended: SimpleQueue[Future[Any]] = SimpleQueue()
        self.more = True  # may be waiting in the database
        self.results: list[tuple[Wanted, Facts]] = []
        self.tried: list[int] = []  # rows that stay missing
        self.service_errors: list[tuple[Wanted, azure.SpeechError]] = []
        self.storage_error: OSError | None = None
        self.saved_at = time.monotonic()

    def run(self, go_on: Callable[[], bool]) -> Fetched:
        try:
            self.claim()
            while self.waiting or self.begun:
                self.begin()
                self.work()
                if not self.check(go_on):
                    self.fetching.discard = True
                    break
                if self.over():
                    self.give_back()
                elif self.more and len(self.waiting) + len(self.begun) <= BATCH // 2:
                    self.claim()
        finally:
            self.end()
        if self.storage_error or self.service_errors:
            raise self.storage_error or self.service_errors[0][1]
        return self.fetched

    def over(self) -> bool:
        """Nothing more is to be begun."""
        failed = self.storage_error or self.service_errors or len(self.tried) >= MOST_FAILED
        return bool(failed) or time.monotonic() > self.until

    def claim(self) -> None:
        """Claim the next files under our lease."""
        most = BATCH - len(self.waiting) - len(self.begun)
        free = self.missing.unleased().exclude(pk__in=self.tried).order_by("pk")
        with transaction.atomic():
            locked = free.select_for_update(of=("self",), skip_locked=True)
            rows = [Wanted(*values) for values in locked.values_list(*COLUMNS)[:most]]
            until = Now() + timedelta(seconds=LEASE_SECONDS)
            claimed = LogFile.objects.filter(pk__in=[row.pk for row in rows])
            claimed.update(lease=self.lease, leased_until=until)
        self.more = len(rows) == most
        self.waiting += rows

    def begin(self) -> None:
        while self.waiting and len(self.begun) < BEGUN:
            row = self.waiting.popleft()
            transfer = Transfer(row, self.addresses.get(row.remote_id), self.fetching)
            self.begun.add(transfer)
            self.advance(transfer)

    def work(self) -> None:
        """Receive for a while, and take those further whose last step has ended."""
        for transfer, error in self.batch.work(POLL_SECONDS) if self.batch.busy else ():
            self.advance(transfer, error=error)
        self.collect(block=bool(self.threads) and not self.batch.busy)

    def collect(self, *, block: bool) -> None:
        """The results of threads that have ended, at once or after waiting a while for one."""
        with suppress(Empty):
            while True:
                future = self.ended.get(block, SAVE_SECONDS)
                block = False
                if transfer := self.threads.pop(future, None):
                    error = Canceled() if future.cancelled() else future.exception()  # codespell:ignore cancelled
                    self.advance(transfer, None if error else future.result(), error)

    def advance(self, transfer: Transfer, result: Any = None, error: BaseException | None = None) -> None:
        """Begin the next step of `transfer`, whose last one had this result or error."""
        try:
            step = transfer.steps.throw(error) if error else transfer.steps.send(result)
        except StopIteration as end:
            self.begun.remove(transfer)
            self.results.append((transfer.row, end.value))
        except Exception as raised:
            self.begun.remove(transfer)
            self.fail(transfer.row, raised)
        else:
            if self.fetching.stop.is_set():
                self.advance(transfer, error=Canceled())
            elif step is None:
                self.batch.begin(transfer, transfer.address or "", transfer.part.offset, transfer.part.etag or None)
            else:
                future = self.pool.submit(step)
                self.threads[future] = transfer
                future.add_done_callback(self.ended.put)

    def fail(self, row: Wanted, error: Exception) -> None:
        if isinstance(error, FileFailed):
            self.results.append((row, {"failed": str(error)}))
            self.tried.append(row.pk)
            self.fetched.failed += 1
        elif isinstance(error, InUse | Canceled):
            self.tried.append(row.pk)
            self.release([row.pk])
        elif isinstance(error, azure.SpeechError):
            self.service_errors.append((row, error))
        elif isinstance(error, OSError):
            self.storage_error = self.storage_error or error
        else:
            raise error

    def check(self, go_on: Callable[[], bool]) -> bool:
        """Save what has come; every second prolong our leases, and ask whether to go on."""
        late = time.monotonic() > self.saved_at + SAVE_SECONDS
        if late or len(self.results) >= BATCH // 2:
            self.save()
        if not late:
            return True
        self.saved_at = time.monotonic()
        until = Now() + timedelta(seconds=LEASE_SECONDS)
        LogFile.objects.filter(lease=self.lease).update(leased_until=until)
        return go_on()

    def save(self) -> None:
        found, self.results = self.results, []
        etags = [self.fetching.etags.popleft() for _ in range(len(self.fetching.etags))]
        self.fetched.files += results.save(self.endpoint, found, self.lease, etags)

    def give_back(self) -> None:
        """Those of which no byte has come."""
        self.release([row.pk for row in self.waiting])
        self.waiting.clear()
        for transfer in self.batch.forget():
            self.advance(transfer, error=Canceled())
        for future, transfer in self.threads.items():
            if not transfer.part.offset:
                future.cancel()

    def release(self, pks: Sequence[int]) -> None:
        if pks:
            LogFile.objects.filter(lease=self.lease, pk__in=pks).update(lease=None, leased_until=None)

    def end(self) -> None:
        """Whatever ended the run: stop the transfers that are left, and keep no lease."""
        self.fetching.stop.set()
        self.pool.shutdown(wait=False, cancel_futures=True)
        self.batch.close()
        wait(self.threads, timeout=END_SECONDS)
        self.collect(block=False)
        self.pool.shutdown(wait=not self.threads)
        for transfer in list(self.begun):
            self.advance(transfer, error=Canceled())
        self.save()
        if self.fetched.files:  # others were fetched, so it is these files and not the service
            failed = [(row, {"failed": str(error)}) for row, error in self.service_errors]
            results.save(self.endpoint, failed, self.lease)
        LogFile.objects.filter(lease=self.lease).update(lease=None, leased_until=None)
        self.fetched.busy = self.missing.filter(leased_until__gt=Now()).count()
