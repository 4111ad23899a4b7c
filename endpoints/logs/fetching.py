"""Bring files home: several at a time, each once whoever asks for it, whole or not at all."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from django.db.models.functions import Now

from endpoints import azure
from endpoints.logs import fetched, partials
from endpoints.logs.fetched import GIVE_UP_AFTER
from endpoints.logs.small import SmallFiles
from endpoints.logs.transfer import Facts, Failed, Line, Stopped
from endpoints.models import Endpoint, LogFile

if TYPE_CHECKING:
    from endpoints.logs.listing import LogSource
    from endpoints.models.log import LogFileQuerySet

AT_ONCE = 8
BATCH = 96 * AT_ONCE
MOST_FAILED = 500  # files in one call; the next goes on
LEASE_SECONDS = 20
# What is read of each file; all that is written down of it is among that.
NEEDED = ("endpoint", "entry", "remote_id", "kind", "size", "etag", "failures")
WRITTEN = ("stored_as", "stored_at", "sha256", "gone_at", "problem")
LOOK_SECONDS = 1.0  # how often results are written down, and whoever asked is asked whether to go on
END_SECONDS = 4.0  # for transfers to end that nobody wants any more


@dataclass
class Outcome:
    """What one call of bring() did. `busy`: files that another worker is fetching at this moment. `failed`: files
    that could not be had for a reason of their own, and are tried again unless that was the last time."""

    files: int = 0
    bytes: int = 0
    busy: int = 0
    failed: int = 0


def bring(
    missing: LogFileQuerySet,
    addresses: Mapping[str, str],
    service: LogSource,
    *,
    until: float,
    go_on: Callable[[], bool] = lambda: True,
) -> Outcome:
    """Fetch those of `missing` (files of one endpoint) that are not being fetched, until time.monotonic() is `until`.

    addresses: content addresses by remote id, from the list that was just read. go_on: asked about once a second;
    transfers end soon after it said no, and leave nothing behind. What has begun before `until` is brought to its end.
    A file is tried once in a call. When it has failed GIVE_UP_AFTER times, `problem` says why, and it is left alone.
    Raises the first SpeechError that concerns more than one file, and OSError when our own disk refuses.
    """
    return _Run(missing.filter(failures__lt=GIVE_UP_AFTER), addresses, service, until).go(go_on)


def claimed(lease: UUID, pks: list[int]) -> LogFileQuerySet:
    """With what fetching needs, and writing down."""
    rows = LogFile.objects.filter(lease=lease, pk__in=pks).select_related("entry").order_by("pk")
    return rows.only(*NEEDED, *WRITTEN, "entry__day", "entry__duration", "entry__endpoint")


class _Run:
    def __init__(self, missing: LogFileQuerySet, addresses: Mapping[str, str], service: LogSource, until: float):
        self.missing, self.addresses, self.until = missing, addresses, until
        self.line = Line(service)
        self.lease = uuid4()
        self.done = Outcome()
        self.going: dict[Future[Facts], LogFile] = {}
        self.more = True  # may be waiting in the database
        self.endpoint: Endpoint | None = None
        self.ended: SimpleQueue[Future[Facts]] = SimpleQueue()
        self.results: list[tuple[LogFile, Facts]] = []
        self.tried: list[int] = []  # rows that stay missing
        self.trouble: list[tuple[LogFile, azure.SpeechError]] = []
        self.refusal: OSError | None = None
        self.looked_at = time.monotonic()

    def go(self, go_on: Callable[[], bool]) -> Outcome:
        if not go_on():
            return self.done
        pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="fetch")
        small = SmallFiles(self.line, pool, AT_ONCE)
        try:
            self.begin(small)
            while self.going:
                self.note(self.some_ended())
                if not self.look(go_on):
                    self.line.unwanted = True
                    break
                if self.over():
                    self.give_back([future for future in self.going if future.cancel()])
                elif self.more and len(self.going) <= BATCH // 2:
                    self.begin(small)
        finally:
            self.end(pool, small)
        if self.refusal or self.trouble:
            raise self.refusal or self.trouble[0][1]
        return self.done

    def over(self) -> bool:
        """Nothing more is to be begun."""
        ill = self.refusal or self.trouble or len(self.tried) >= MOST_FAILED
        return bool(ill) or time.monotonic() > self.until

    def begin(self, small: SmallFiles) -> None:
        """Claim the next files, under a lease of ours, and put them into the queues of the threads."""
        free = self.missing.unleased().exclude(pk__in=self.tried).order_by("pk").values_list("pk", flat=True)
        most = BATCH - len(self.going)
        pks = list(free[:most])
        self.more = len(pks) == most
        until = Now() + timedelta(seconds=LEASE_SECONDS)
        LogFile.objects.missing().unleased().filter(pk__in=pks).update(lease=self.lease, leased_until=until)
        for row in claimed(self.lease, pks):
            self.endpoint = row.endpoint = self.endpoint or row.endpoint
            future = small.submit(row, self.addresses.get(row.remote_id))
            self.going[future] = row
            future.add_done_callback(self.ended.put)

    def some_ended(self) -> Iterator[Future[Facts]]:
        """Those that have ended, at once or after waiting a while for one."""
        with suppress(Empty):
            yield self.ended.get(timeout=LOOK_SECONDS)
            if len(self.going) > 2 * AT_ONCE:  # leave the threads to themselves for a moment
                time.sleep(0.01)
            while True:
                yield self.ended.get_nowait()

    def note(self, ended: Iterable[Future[Facts]]) -> None:
        for future in ended:
            if future.cancelled() or not (row := self.going.pop(future, None)):
                continue
            try:
                self.results.append((row, future.result()))
            except Failed as failure:
                self.results.append((row, {"failed": str(failure)}))
                self.tried.append(row.pk)
                self.done.failed += 1
            except (partials.Busy, Stopped):
                self.tried.append(row.pk)
                LogFile.objects.filter(pk=row.pk, lease=self.lease).update(lease=None, leased_until=None)
            except azure.SpeechError as error:
                self.trouble.append((row, error))
            except OSError as error:
                self.refusal = self.refusal or error

    def look(self, go_on: Callable[[], bool]) -> bool:
        """Write down what has come, and every second keep our leases and ask whether to go on."""
        late = time.monotonic() > self.looked_at + LOOK_SECONDS
        if late or len(self.results) >= BATCH // 2:
            self.write()
        if not late:
            return True
        self.looked_at = time.monotonic()
        until = Now() + timedelta(seconds=LEASE_SECONDS)
        LogFile.objects.filter(lease=self.lease).update(leased_until=until)
        return go_on()

    def write(self) -> None:
        results, self.results = self.results, []
        begun = [self.line.begun.popleft() for _ in range(len(self.line.begun))]
        sizes = fetched.write_down(results, self.lease, begun)
        self.done.files += len(sizes)
        self.done.bytes += sum(sizes)

    def give_back(self, futures: list[Future[Facts]]) -> None:
        """Those that have not begun."""
        pks = [self.going.pop(future).pk for future in futures]
        LogFile.objects.filter(lease=self.lease, pk__in=pks).update(lease=None, leased_until=None)

    def end(self, pool: ThreadPoolExecutor, small: SmallFiles) -> None:
        """Whatever ended the run: transfers that still go on are closed, and no file stays taken."""
        self.line.stop.set()
        pool.shutdown(wait=False, cancel_futures=True)
        small.close(END_SECONDS)
        ended, _late = wait(self.going, timeout=END_SECONDS)
        self.note(ended)
        self.write()
        if self.done.files:  # the service is well, so it is these files that are not
            fetched.write_down([(row, {"failed": str(error)}) for row, error in self.trouble], self.lease)
        LogFile.objects.filter(lease=self.lease).update(lease=None, leased_until=None)
        self.done.busy = self.missing.filter(leased_until__gt=Now()).count()
