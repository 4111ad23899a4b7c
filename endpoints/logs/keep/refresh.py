"""Refresh the content logs of an endpoint: list them, read their transcripts, and archive those that are to be kept."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from endpoints import azure
from endpoints.logs.fetch import listing
from endpoints.logs.fetch.run import fetch_missing
from endpoints.logs.fetch.source import SAS_SECONDS, LogSource
from endpoints.logs.keep.retention import delete_gone_entries
from endpoints.logs.storage.place import StorageRefused
from endpoints.models import LogArchive
from endpoints.models.log import FileKind, LogFileQuerySet, Outcome
from endpoints.models.log_archive import Stage

if TYPE_CHECKING:
    from endpoints.azure.entities import LogPage

WORK_SECONDS = 25  # in one task; the next one continues
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
    if archive.endpoint.gone_at is not None:
        _set(archive, stage=Stage.IDLE, position="")
        return None
    stages = {Stage.IDLE: _begin, Stage.LISTING: _list, Stage.READING: _read, Stage.KEEPING: _keep}
    try:
        return stages[Stage(archive.stage)](archive, service)
    except azure.TooManyRequests as error:
        return min(max(error.retry_after or 5, 1), 900)
    except (azure.Refused, azure.NotSupported, azure.VersionRetired) as error:
        return _refused(archive, error)
    except azure.SpeechError as error:
        return _retry_later(archive, str(error))
    except OSError as error:
        return _retry_later(archive, str(StorageRefused(error)))


def _begin(archive: LogArchive, service: LogSource) -> float | None:
    _set(archive, stage=Stage.LISTING, started_at=timezone.now(), position="", error="", failures=0)
    _fetch(_waited_for(archive), service)  # a list can be long
    return _list(archive, service)


def _list(archive: LogArchive, service: LogSource) -> float | None:
    """Record what there is, page by page, and fetch its transcripts: they are small, and people search in them."""
    until = time.monotonic() + WORK_SECONDS
    for page in _pages(archive, service):
        listing.record(archive.endpoint, page.files)
        if not _fetch_page(archive, service, page, _to_read(archive) | _waited_for(archive), until):
            return 0
    assert archive.started_at is not None  # noqa: S101 (it begins with a time)
    listing.complete(archive.endpoint, archive.started_at)
    delete_gone_entries(archive.endpoint)
    _set(archive, stage=Stage.READING, position="", listed_at=timezone.now())
    return _read(archive, service)


def _read(archive: LogArchive, service: LogSource) -> float | None:
    """Transcripts that could not be read while they were listed."""
    if (due := _fetch(_to_read(archive) | _waited_for(archive), service)) is not None:
        return due
    _set(archive, stage=Stage.KEEPING)
    return _keep(archive, service)


def _keep(archive: LogArchive, service: LogSource) -> float | None:
    """Archive: what vanishes first, then page by page with the addresses that a page gives, then the rest."""
    began, until, kept = timezone.now(), time.monotonic() + WORK_SECONDS, archive.keep
    if not archive.position and not _fetch_vanishing(archive, service, until):
        return 0
    if archive.keep and _to_keep(archive).exists():
        for page in _pages(archive, service):
            if not _fetch_page(archive, service, page, _to_keep(archive), until):
                return 0
    if (due := _fetch(_to_keep(archive), service)) is not None:
        return due
    _set(archive, stage=Stage.IDLE, position="", checked_at=timezone.now(), error="", failures=0)
    if (archive.keep and not kept) or _waited_for(archive).filter(requested_at__gte=began).exists():
        return 0  # somebody changed the settings, or waits for a file, since this step began
    return _interval(archive)


def _fetch_vanishing(archive: LogArchive, service: LogSource, until: float) -> bool:
    """Fetch what the service deletes soon, the oldest first. False when there was no time for all of it."""
    last = None
    while True:
        soon = _to_keep(archive).vanishing(SOON).unleased().filter(problem="").order_by("created_at", "pk")
        batch = list(soon.values_list("pk", flat=True)[:SOON_AT_ONCE])
        if not batch or batch == last:
            return True
        if last is not None and time.monotonic() > until:
            return False
        last = batch
        fetch_missing(_to_keep(archive).filter(pk__in=batch), {}, service, until=until)


def _fetch_page(archive: LogArchive, service: LogSource, page: LogPage, wanted: LogFileQuerySet, until: float) -> bool:
    """Fetch those of this page that are `wanted`, by the addresses that it gives. False when the time is over.

    What another worker is fetching is left to it, and what could not be fetched to the next refresh.
    """
    addresses = {file.id: file.content_url for file in page.files if file.content_url}
    missing = wanted.filter(remote_id__in=[file.id for file in page.files])
    fetch_missing(missing, addresses, service, until=until)
    late = time.monotonic() > until
    if late and missing.unleased().exists():
        return False
    _set(archive, position=page.next_token or "")
    return not (late and page.next_token)


def _fetch(missing: LogFileQuerySet, service: LogSource) -> float | None:
    """Without addresses: a few that are left, or that somebody waits for. None when nothing more can be fetched."""
    until = time.monotonic() + WORK_SECONDS
    done = fetch_missing(missing, {}, service, until=until)
    if done.busy:
        return BUSY_SECONDS
    return 0 if time.monotonic() > until and missing.exists() else None


def _pages(archive: LogArchive, service: LogSource) -> Iterator[LogPage]:
    """The service's list, from our position in it."""
    remote_id, token = archive.endpoint.remote_id or "", archive.position or None
    return service.list_log_pages(remote_id, skip_token=token, sas_seconds=SAS_SECONDS)


def _waited_for(archive: LogArchive) -> LogFileQuerySet:
    return archive.endpoint.log_files.missing().exclude(requested_at=None)


def _to_read(archive: LogArchive) -> LogFileQuerySet:
    """Transcripts that nobody has read, and that may be here."""
    unread = Q(kind=FileKind.TRANSCRIPTION, entry__outcome=Outcome.UNREAD)
    return _young_enough(archive, archive.endpoint.log_files.missing().filter(unread))


def _to_keep(archive: LogArchive) -> LogFileQuerySet:
    """All that is to be archived, and what somebody waits for."""
    if not archive.keep:
        return _waited_for(archive)
    return _waited_for(archive) | _young_enough(archive, archive.endpoint.log_files.missing())


def _young_enough(archive: LogArchive, files: LogFileQuerySet) -> LogFileQuerySet:
    """Without those whose copies would be removed at once."""
    return files.filter(entry__at__gte=archive.oldest_kept) if archive.oldest_kept else files


def _interval(archive: LogArchive) -> float | None:
    return timedelta(hours=archive.every_hours).total_seconds() if archive.keep else None


def _set(archive: LogArchive, **facts: Any) -> None:
    LogArchive.objects.filter(pk=archive.pk).update(**facts)
    archive.refresh_from_db()


def _retry_later(archive: LogArchive, why: str) -> float:
    failures = archive.failures + 1
    _set(archive, error=why, failures=failures)
    return float(min(2 ** min(failures, 10), 900))


def _refused(archive: LogArchive, error: azure.SpeechError) -> float | None:
    """Asked again at the next refresh only; at once when the key or our position in the list may be the reason."""
    if archive.position or isinstance(error, azure.Unauthorized):
        _set(archive, position="")
        return _retry_later(archive, str(error))
    _set(archive, stage=Stage.IDLE, error=str(error), failures=archive.failures + 1)
    return _interval(archive)
