"""What a worker does for a download: list, fetch, pack, in steps that the successor of a killed worker continues."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from endpoints import audit, azure
from endpoints.logs.download import packing
from endpoints.logs.download.kept import is_listed
from endpoints.logs.fetch import listing
from endpoints.logs.fetch.source import LogSource
from endpoints.logs.job import RECOVERED, Job, addresses_of
from endpoints.logs.storage.partials import InUse
from endpoints.logs.storage.place import store
from endpoints.models import Download, LogArchive
from endpoints.models.download import DownloadState
from endpoints.models.event import Verb

GIVE_UP_AFTER = 20  # failures in a row
FRESH = timedelta(minutes=1)  # a list that is older than the request by this need not be repeated
PAGE = 100  # files whose addresses one list call returns
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
    return job.run()


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
        if not self.save(state=DownloadState.LISTING):
            return None
        known = is_listed(self.endpoint, self.row.selection, self.row.created_at - FRESH)
        if not (known or self.list_all()):
            return None if self.stopped else 0
        # What could not be fetched for somebody else, or the last time, is tried again.
        self.row.files.missing().exclude(problem="").update(problem="", failures=0)
        return 0 if self.save(state=DownloadState.FETCHING, position="", **self.row.files.totals()) else None

    def list_all(self) -> bool:
        """False when the time is over before the whole list is recorded, or when the download was ended."""
        since, _space, token = self.row.position.partition(" ")
        since = since or timezone.now().isoformat()
        self.addresses = None if token else {}
        for files, following in self.listed(token):
            recorded = listing.record(self.endpoint, files)
            if self.addresses is not None and len(self.addresses) < MOST_ADDRESSES:
                self.addresses |= addresses_of(recorded)
            else:
                self.addresses = None
            if not self.save(position=f"{since} {following}", **RECOVERED, **self.totals()):
                return False
            if following and self.late:
                return False
        listing.complete(self.endpoint, datetime.fromisoformat(since))
        archive = LogArchive.objects.of(self.endpoint)
        LogArchive.objects.filter(pk=archive.pk).update(listed_at=timezone.now())
        return True

    def fetch_files(self) -> float | None:
        """Fetch what we do not have yet. What cannot be fetched has its problem on its row, and is left out."""
        wanted = self.row.files.missing().filter(problem="")
        if not self.addresses and wanted.count() * PAGE > self.endpoint.log_files.in_azure().count():
            # One list call gives a page of addresses, which are used at once and not kept.
            for files, following in self.listed(self.row.position):
                if not self.fetch_listed(files, following, wanted):
                    return None if self.stopped else 0
        done = self.fetch(wanted, self.addresses)
        if self.stopped:
            return None
        if wanted.exists():
            return 1 if done.busy or not done.files else 0
        facts = {"rate": 0, **RECOVERED, **self.row.files.totals()}
        return 0 if self.save(state=DownloadState.PACKING, **facts) else None

    def go_on(self) -> bool:
        """Save the progress; False when somebody has paused or canceled the download. It may be called often."""
        if not self.stopped and time.monotonic() >= self.next_check:
            facts = self.totals() if self.row.state == DownloadState.FETCHING else {}
            recovered = RECOVERED if facts.get("files_done", 0) > self.row.files_done else {}
            self.save(**facts, **recovered)
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

    def save(self, **facts: Any) -> bool:
        self.stopped = not super().save(**facts)
        return not self.stopped

    def put_off(self, why: str, retry_after: float | None) -> float | None:
        """Too many failures in a row end it. Only what is fetched from now on ends the row of failures."""
        if retry_after is None:
            if self.row.failures + 1 >= GIVE_UP_AFTER:
                return self.fail(why)
            self.save(**self.row.files.totals())
        return super().put_off(why, retry_after)

    def refused(self, error: azure.SpeechError) -> float | None:
        return self.fail(str(error))

    def fail(self, why: str) -> float | None:
        self.save(state=DownloadState.FAILED, error=why, finished_at=timezone.now(), due_at=None, rate=0)
        return None

    def pack(self) -> float | None:
        download = self.row
        if download.stored_as:  # of a worker that was killed, or from before it was tried again
            store().delete(download.stored_as)
        name = packing.name_for(download)
        # Saved first, so that no file is left behind that no row refers to.
        if not self.save(stored_as=name):
            return None
        try:
            made = packing.pack(download, name, go_on=self.go_on)
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
            **RECOVERED,
            **download.files.totals(),
        }
        with transaction.atomic():
            if self.save(state=DownloadState.READY, **facts):
                audit.record(Verb.LOGS_READY, actor=download.actor, endpoint=self.endpoint, files=made.files)
                transaction.on_commit(lambda: self.tell(download))
        if self.stopped:
            store().delete(made.name)
        return None

    stages = {
        DownloadState.QUEUED: list_files,
        DownloadState.LISTING: list_files,
        DownloadState.FETCHING: fetch_files,
        DownloadState.PACKING: pack,
    }
