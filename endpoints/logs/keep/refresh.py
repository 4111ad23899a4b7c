"""Refresh the content logs of an endpoint: list them, read their transcripts, and archive those that are to be kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models.functions import Now
from django.utils import timezone

from endpoints import azure
from endpoints.logs.fetch import listing
from endpoints.logs.fetch.source import LogSource
from endpoints.logs.job import RECOVERED, Job
from endpoints.logs.keep.retention import delete_gone_entries
from endpoints.models import LogArchive
from endpoints.models.log import FileKind, LogFileQuerySet, Outcome
from endpoints.models.log_archive import Stage

SOON = timedelta(days=2)  # what the service deletes within this time is fetched first, wherever the list has it
SOON_AT_ONCE = 200  # files
BUSY_SECONDS = 5  # until the next check whether another worker has fetched the files


def schedule_lost() -> None:
    """Settings that were changed in the moment in which a refresh ended may have lost their time: refresh at once."""
    forgotten = LogArchive.objects.filter(keep=True, due_at=None, endpoint__gone_at=None)
    forgotten.update(due_at=Now())


def step(archive: LogArchive, service: LogSource) -> float | None:
    """Continue the refresh of `archive`, on which the caller holds the lease, for about WORK_SECONDS.

    Returns in how many seconds it is due again, None for never.
    """
    job = _Job(archive, archive.endpoint, service)
    if archive.endpoint.gone_at is not None:
        job.save(stage=Stage.IDLE, position="")
        return None
    return job.run()


class _Job(Job[LogArchive]):
    longest = 900

    def begin(self) -> float | None:
        self.save(stage=Stage.LISTING, started_at=timezone.now(), position="", unreadable="", **RECOVERED)
        self.fetch(self.waited_for())  # a list can be long
        return 0

    def list_files(self) -> float | None:
        """Record what there is, page by page, and fetch its transcripts: they are small, and people search in them."""
        for files, following in self.listed(self.row.position):
            listing.record(self.endpoint, files)
            if not self.fetch_listed(files, following, self.to_read() | self.waited_for()):
                return 0
        assert self.row.started_at is not None  # noqa: S101 (it begins with a time)
        listing.complete(self.endpoint, self.row.started_at)
        delete_gone_entries(self.endpoint)
        self.save(stage=Stage.READING, position="", listed_at=timezone.now())
        return 0

    def found_unreadable(self, why: str) -> None:
        super().found_unreadable(why)
        self.save(unreadable=why)

    def read(self) -> float | None:
        """Transcripts that could not be read while they were listed."""
        if (due := self.fetch_rest(self.to_read() | self.waited_for())) is not None:
            return due
        self.save(stage=Stage.KEEPING)
        return 0

    def keep(self) -> float | None:
        """Archive: what vanishes first, then page by page with the addresses that a page gives, then the rest."""
        began, kept = timezone.now(), self.row.keep
        if not self.row.position and not self.fetch_vanishing():
            return 0
        if self.row.keep and self.to_keep().exists():
            for files, following in self.listed(self.row.position):
                if not self.fetch_listed(files, following, self.to_keep()):
                    return 0
        if (due := self.fetch_rest(self.to_keep())) is not None:
            return due
        self.save(stage=Stage.IDLE, position="", checked_at=timezone.now(), **RECOVERED)
        if (self.row.keep and not kept) or self.waited_for().filter(requested_at__gte=began).exists():
            return 0  # somebody changed the settings, or waits for a file, since this step began
        return self.interval()

    def fetch_vanishing(self) -> bool:
        """Fetch what the service deletes soon, the oldest first. False when there was no time for all of it."""
        last = None
        while True:
            soon = self.to_keep().vanishing(SOON).unleased().filter(problem="").order_by("created_at", "pk")
            batch = list(soon.values_list("pk", flat=True)[:SOON_AT_ONCE])
            if not batch or batch == last:
                return True
            if last is not None and self.late:
                return False
            last = batch
            self.fetch(self.to_keep().filter(pk__in=batch))

    def fetch_rest(self, missing: LogFileQuerySet) -> float | None:
        """Without addresses: a few that are left, or that somebody waits for. None when nothing more can be fetched."""
        if self.fetch(missing).busy:
            return BUSY_SECONDS
        return 0 if self.late and missing.exists() else None

    def waited_for(self) -> LogFileQuerySet:
        return self.endpoint.log_files.missing().exclude(requested_at=None)

    def to_read(self) -> LogFileQuerySet:
        """Transcripts that nobody has read, and that may be here."""
        return self.young_enough().filter(kind=FileKind.TRANSCRIPTION, entry__outcome=Outcome.UNREAD)

    def to_keep(self) -> LogFileQuerySet:
        """All that is to be archived, and what somebody waits for."""
        return self.waited_for() | self.young_enough() if self.row.keep else self.waited_for()

    def young_enough(self) -> LogFileQuerySet:
        """Missing files whose copies would not be removed at once; what we have sent ourselves is not copied."""
        missing, oldest = self.endpoint.log_files.missing().without_probes(), self.row.oldest_kept
        return missing.filter(entry__at__gte=oldest) if oldest else missing

    def interval(self) -> float | None:
        return self.row.every_hours * 3600.0 if self.row.keep else None

    @property
    def state(self) -> str:
        return self.row.stage

    def save(self, **facts: Any) -> bool:
        """Unlike the other jobs, nobody can end this one."""
        LogArchive.objects.filter(pk=self.row.pk).update(**facts)
        self.row.refresh_from_db()
        return True

    def refused(self, error: azure.SpeechError) -> float | None:
        """Tried again at the next refresh only; soon when our position in the list may be the reason."""
        if self.row.position:
            self.save(position="")
            return self.put_off(str(error), None)
        self.save(stage=Stage.IDLE, error=str(error), failures=self.row.failures + 1)
        return self.interval()

    stages = {Stage.IDLE: begin, Stage.LISTING: list_files, Stage.READING: read, Stage.KEEPING: keep}
