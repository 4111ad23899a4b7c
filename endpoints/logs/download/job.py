"""What a worker does for a download: list, fetch, pack, in steps that the successor of a killed worker continues."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import transaction
from django.http import QueryDict
from django.utils import timezone

from endpoints import audit, azure
from endpoints.logs.download import packing
from endpoints.logs.fetch import listing
from endpoints.logs.fetch.source import LogSource
from endpoints.logs.job import Job, addresses_of
from endpoints.logs.storage.partials import InUse
from endpoints.logs.storage.place import store
from endpoints.models import Download, LogArchive
from endpoints.models.download import DownloadState
from endpoints.models.event import Verb

if TYPE_CHECKING:
    from endpoints.azure.entities import LogFile, LogPage

T = TypeVar("T")

GIVE_UP_AFTER = 20  # failures in a row
FRESH = timedelta(minutes=1)  # a listing of this age need not be repeated
PAGE = 100  # files whose addresses one list call returns
PAGES = 8  # that are recorded and fetched together
MOST_ADDRESSES = 10_000  # some megabytes
STATE_SECONDS = 0.5  # how often the state is read: somebody may have paused or canceled the download
SMOOTHING = 0.3  # weight of the newest of the measured rates


def step(
    download: Download, service: LogSource, *, days: int, tell: Callable[[Download], None] = lambda _it: None
) -> float | None:
    """Continue `download`, on which the caller holds the lease, for about WORK_SECONDS.

    A zip that is ready is kept for `days`, and `tell` is called with it after the commit. Returns in how many seconds
    the download is due again, None for never.
    """
    job = _Job(download, download.endpoint, service)
    job.days, job.tell = days, tell
    stages = {
        DownloadState.QUEUED: job.list_files,
        DownloadState.LISTING: job.list_files,
        DownloadState.FETCHING: job.fetch_files,
        DownloadState.PACKING: job.pack,
    }
    stage = stages.get(DownloadState(download.state))
    return job.step(stage) if stage else None


class _Job(Job[Download]):
    longest = 60
    days: int
    tell: Callable[[Download], None]
    stopped = False
    addresses: dict[str, str] | None = None  # by the file's id, of a whole list that was just read
    next_check = next_count = 0.0
    counted: tuple[float, int] | None = None  # when bytes were counted last, and how many

    def list_files(self) -> float | None:
        """Record which files the service has, page by page, unless that was done just now."""
        download = self.row
        if not self.move(DownloadState.LISTING):
            return None
        if not self.known():
            since, _space, token = download.position.partition(" ")
            since = since or timezone.now().isoformat()
            self.addresses = None if token else {}
            for files, following in _ahead(_several(self.pages(token))):
                self.remember(listing.record(self.endpoint, files))
                facts = {"position": f"{since} {following or ''}", "failures": 0, "error": ""}
                if not self.move(DownloadState.LISTING, **facts, **self.totals()):
                    return None
                if following and self.late:
                    return 0
            listing.complete(self.endpoint, datetime.fromisoformat(since))
            archive = LogArchive.objects.of(self.endpoint)
            LogArchive.objects.filter(pk=archive.pk).update(listed_at=timezone.now())
        # What could not be fetched for somebody else, or the last time, is tried again.
        download.files.missing().exclude(problem="").update(problem="", failures=0)
        if not self.move(DownloadState.FETCHING, position="", **download.files.totals()):
            return None
        return self.onward(self.fetch_files)

    def onward(self, stage: Callable[[], float | None]) -> float | None:
        """The next stage, at once or in a task of its own."""
        return 0 if self.late else stage()

    def remember(self, files: Iterable[LogFile]) -> None:
        """The addresses of a list stay valid for a while: a short list need not be read twice."""
        if self.addresses is not None:
            self.addresses |= addresses_of(files)
        if self.addresses and len(self.addresses) > MOST_ADDRESSES:
            self.addresses = None

    def known(self) -> bool:
        """What is requested is in our rows: it was selected there, or the list is hardly older than the request."""
        if QueryDict(self.row.selection).getlist("entry"):
            return True
        archive = LogArchive.objects.filter(pk=self.endpoint.pk).first()
        return bool(archive and archive.listed_at and archive.listed_at > self.row.created_at - FRESH)

    def fetch_files(self) -> float | None:
        """Fetch what we do not have yet. What cannot be fetched has its problem on its row, and is left out."""
        wanted = self.row.files.missing().filter(problem="")
        if not self.addresses and wanted.count() * PAGE > self.endpoint.log_files.in_azure().count():
            # One list call gives a page of addresses, which are used at once and not kept.
            for files, token in _ahead(_several(self.pages(self.row.position))):
                self.fetch(wanted.filter(remote_id__in=[file.id for file in files]), addresses_of(files))
                if self.stopped:
                    return None
                if self.late:
                    return 0
                if not self.move(DownloadState.FETCHING, position=token or ""):
                    return None
        done = self.fetch(wanted, self.addresses)
        if self.stopped:
            return None
        if wanted.exists():
            return 1 if done.busy or not done.files else 0
        if not self.move(DownloadState.PACKING, rate=0, failures=0, error="", **self.row.files.totals()):
            return None
        return self.onward(self.pack)

    def go_on(self) -> bool:
        return self.check(DownloadState.FETCHING)

    def check(self, state: DownloadState) -> bool:
        """Save the progress; False when somebody has paused or canceled the download. It may be called often."""
        if not self.stopped and time.monotonic() >= self.next_check:
            facts: dict[str, Any] = self.totals() if state == DownloadState.FETCHING else {}
            if facts.get("files_done", 0) > self.row.files_done:
                facts |= {"failures": 0, "error": ""}
            self.move(state, **facts)
            self.next_check = time.monotonic() + STATE_SECONDS
        return not self.stopped

    def totals(self) -> dict[str, float]:
        """What there is and what we have of it, and at which rate that grows; nothing when it was counted just now."""
        now = time.monotonic()
        if now < self.next_count:
            return {}
        totals: dict[str, float] = {**self.row.files.totals()}
        held, spent = int(totals["bytes_done"]), time.monotonic() - now
        self.next_count = now + max(1.0, 10 * spent)  # many rows take long to count
        if self.counted and now > self.counted[0]:
            measured = max(held - self.counted[1], 0) / (now - self.counted[0])
            before = self.row.rate or measured
            totals["rate"] = before + SMOOTHING * (measured - before)
        self.counted = (now, held)
        return totals

    def move(self, state: DownloadState, **facts: Any) -> bool:
        self.stopped = not self.save(state=state, **facts)
        return not self.stopped

    def put_off(self, why: str, retry_after: float | None) -> float | None:
        """Too many failures in a row end it."""
        if retry_after is None:
            if self.row.failures + 1 >= GIVE_UP_AFTER:
                return self.fail(why)
            self.save(**self.row.files.totals())
        return super().put_off(why, retry_after)

    def refused(self, error: azure.SpeechError) -> float | None:
        return self.fail(str(error))

    def fail(self, why: str) -> float | None:
        self.move(DownloadState.FAILED, error=why, finished_at=timezone.now(), due_at=None, rate=0)
        return None

    def pack(self) -> float | None:
        download = self.row
        if download.stored_as:  # of a worker that was killed, or from before it was tried again
            store().delete(download.stored_as)
        name = packing.name_for(download)
        # Saved first, so that no file is left behind that no row refers to.
        if not self.move(DownloadState.PACKING, stored_as=name):
            return None
        try:
            made = packing.pack(download, name, go_on=lambda: self.check(DownloadState.PACKING))
        except packing.Interrupted:
            return None
        except InUse:
            return 1
        now = timezone.now()
        facts: dict[str, Any] = {
            "stored_as": made.name,
            "size": made.size,
            "sha256": made.sha256,
            "files_missing": made.missing,
            "finished_at": now,
            "expires_at": now + timedelta(days=self.days),
            "notified_at": None,
            "due_at": None,
            "failures": 0,
            "error": "",
            **download.files.totals(),
        }
        with transaction.atomic():
            if self.move(DownloadState.READY, **facts):
                audit.record(Verb.LOGS_READY, actor=download.actor, endpoint=self.endpoint, files=made.files)
                transaction.on_commit(lambda: self.tell(download))
        if self.stopped:
            store().delete(made.name)
        return None


def _several(pages: Iterator[LogPage]) -> Iterator[tuple[list[LogFile], str | None]]:
    """The files of some pages together, and the token of the next one: after each batch, all transfers end."""
    while some := list(islice(pages, PAGES)):
        yield [file for page in some for file in page.files], some[-1].next_token


def _ahead(items: Iterator[T]) -> Iterator[T]:
    """The same; the next one is fetched while the caller works on the one before."""
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as pool:
        coming = pool.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = pool.submit(next, items, None)
            yield item
