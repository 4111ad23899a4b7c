"""Fetch files: several at a time, each once whoever requests it, whole or not at all."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from queue import Empty, SimpleQueue
from uuid import uuid4

from django.db import transaction
from django.db.models.functions import Now

from endpoints import azure
from endpoints.logs.fetch import results, transfer
from endpoints.logs.fetch.results import GIVE_UP_AFTER
from endpoints.logs.fetch.small_files import HandedOver, SmallFiles
from endpoints.logs.fetch.source import LogSource
from endpoints.logs.fetch.transfer import Canceled, Facts, Fetching, FileFailed, ReceivedPart
from endpoints.logs.storage.partials import InUse
from endpoints.logs.storage.place import is_local
from endpoints.models import Endpoint, LogFile
from endpoints.models.log import LogFileQuerySet

AT_ONCE = 8
BATCH = 96 * AT_ONCE
MOST_UPLOADS = 4 * AT_ONCE  # so many may wait in memory
MOST_FAILED = 500  # files in one call; the next one goes on
LEASE_SECONDS = 20
COLUMNS = ("endpoint", "remote_id", "kind", "size", "etag", "failures", "entry__day", "entry__duration")
POLL_SECONDS = 0.2  # how long one wait for small files may take
SAVE_SECONDS = 1.0  # how often results are saved, and the caller is asked whether to go on
END_SECONDS = 4.0  # how long transfers that nobody wants any more may take to end


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
    missing: LogFileQuerySet,
    addresses: Mapping[str, str],
    service: LogSource,
    *,
    until: float,
    go_on: Callable[[], bool] = lambda: True,
) -> Fetched:
    """Fetch those of `missing` (files of one endpoint) that no other worker fetches, until time.monotonic() is `until`.

    addresses: content addresses by remote id, from a list that was just read. go_on: called about once a second;
    transfers end soon after it returns False, and leave nothing behind. What has begun before `until` is completed.
    A file is tried once in a call. When it has failed GIVE_UP_AFTER times, `problem` says why, and it is left alone.
    Raises the first SpeechError that concerns more than one file, and OSError when our own storage refuses.
    """
    return _Run(missing.filter(failures__lt=GIVE_UP_AFTER), addresses, service, until).run(go_on)


class _Run:
    def __init__(self, missing: LogFileQuerySet, addresses: Mapping[str, str], service: LogSource, until: float):
        self.missing, self.addresses, self.until = missing, addresses, until
        self.fetching = Fetching(service)
        self.pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="fetch")
        self.small = SmallFiles(self.fetching, AT_ONCE)
        self.stored_here = is_local()
        self.lease = uuid4()
        self.fetched = Fetched()
        self.pending: dict[Future[Facts], LogFile] = {}  # in the pool
        self.more = True  # may be waiting in the database
        self.endpoint: Endpoint | None = None
        self.ended: SimpleQueue[Future[Facts]] = SimpleQueue()
        self.results: list[tuple[LogFile, Facts]] = []
        self.tried: list[int] = []  # rows that stay missing
        self.service_errors: list[tuple[LogFile, azure.SpeechError]] = []
        self.storage_error: OSError | None = None
        self.saved_at = time.monotonic()

    def run(self, go_on: Callable[[], bool]) -> Fetched:
        if not go_on():
            return self.fetched
        try:
            self.begin()
            while self.pending or self.small:
                self.collect(block=True)
                if not self.check(go_on):
                    self.fetching.discard = True
                    break
                if self.over():
                    self.give_back()
                elif self.more and len(self.pending) + len(self.small) <= BATCH // 2:
                    self.begin()
        finally:
            self.end()
        if self.storage_error or self.service_errors:
            raise self.storage_error or self.service_errors[0][1]
        return self.fetched

    def over(self) -> bool:
        """Nothing more is to be begun."""
        failed = self.storage_error or self.service_errors or len(self.tried) >= MOST_FAILED
        return bool(failed) or time.monotonic() > self.until

    def begin(self) -> None:
        """Claim the next files under our lease, and submit them."""
        most = BATCH - len(self.pending) - len(self.small)
        free = self.missing.unleased().exclude(pk__in=self.tried).select_related("entry").order_by("pk")
        with transaction.atomic():
            rows = list(free.only(*COLUMNS).select_for_update(of=("self",), skip_locked=True)[:most])
            until = Now() + timedelta(seconds=LEASE_SECONDS)
            claimed = LogFile.objects.filter(pk__in=[row.pk for row in rows])
            claimed.update(lease=self.lease, leased_until=until)
        self.more = len(rows) == most
        for row in rows:
            self.endpoint = row.endpoint = self.endpoint or row.endpoint
            address = self.addresses.get(row.remote_id)
            if address and self.small.takes(row):
                self.small.waiting.append((row, address))
            else:
                self.fetch(row, address)

    def fetch(self, row: LogFile, address: str | None, part: ReceivedPart | None = None) -> None:
        """By a request of its own, in a thread of the pool."""
        self.submit(row, partial(transfer.fetch, row, address, self.fetching, part))

    def submit(self, row: LogFile, facts: Callable[[], Facts]) -> None:
        future = self.pool.submit(facts)
        self.pending[future] = row
        future.add_done_callback(self.ended.put)

    def collect(self, *, block: bool) -> None:
        """Those that have ended, at once or after waiting a while for one."""
        self.small.held = not self.stored_here and len(self.pending) >= MOST_UPLOADS
        for row, facts in self.small.ended(POLL_SECONDS):
            # An upload can take longer than a lease, which only this thread prolongs.
            (self.settle if self.stored_here else self.submit)(row, facts)
        block = block and bool(self.pending) and not self.small.busy
        with suppress(Empty):
            while True:
                future = self.ended.get(block, SAVE_SECONDS)
                block = False
                if future in self.pending and not future.cancelled():  # codespell:ignore cancelled
                    self.settle(self.pending.pop(future), future.result)

    def settle(self, row: LogFile, facts: Callable[[], Facts]) -> None:
        try:
            self.results.append((row, facts()))
        except FileFailed as failure:
            self.results.append((row, {"failed": str(failure)}))
            self.tried.append(row.pk)
            self.fetched.failed += 1
        except HandedOver as handed:
            if self.fetching.stop.is_set():
                self.release([row.pk])
            else:
                self.fetch(row, handed.address, handed.part)
        except (InUse, Canceled):
            self.tried.append(row.pk)
            self.release([row.pk])
        except azure.SpeechError as error:
            self.service_errors.append((row, error))
        except OSError as error:
            self.storage_error = self.storage_error or error

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
        self.fetched.files += results.save(found, self.lease, etags)

    def give_back(self) -> None:
        """Those that have not begun."""
        futures = [future for future in self.pending if future.cancel()]
        self.release([*(self.pending.pop(future).pk for future in futures), *(row.pk for row in self.small.forget())])

    def release(self, pks: Sequence[int]) -> None:
        if pks:
            LogFile.objects.filter(lease=self.lease, pk__in=pks).update(lease=None, leased_until=None)

    def end(self) -> None:
        """Whatever ended the run: stop the transfers that are left, and keep no lease."""
        self.fetching.stop.set()
        self.pool.shutdown(wait=False, cancel_futures=True)
        self.small.close()
        wait(self.pending, timeout=END_SECONDS)
        self.collect(block=False)
        self.save()
        if self.fetched.files:  # others were fetched, so it is these files and not the service
            results.save([(row, {"failed": str(error)}) for row, error in self.service_errors], self.lease)
        LogFile.objects.filter(lease=self.lease).update(lease=None, leased_until=None)
        self.fetched.busy = self.missing.filter(leased_until__gt=Now()).count()
