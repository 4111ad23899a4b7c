"""Delete our own content logs for good: copies, texts, entries, and the zips that contain them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import UTC, datetime

from django.db import connection, transaction
from django.db.models import Count, Sum
from django.utils import timezone

from endpoints.logs.download.expiry import expire, expire_containing
from endpoints.logs.keys import day_of_key, lock_logs
from endpoints.logs.purge.recordings import delete_recordings
from endpoints.logs.storage import orphans, partials
from endpoints.logs.storage.place import plain, store
from endpoints.models import Download, Endpoint, LogDay, LogEntry, LogFile, Purge
from endpoints.models.claim import unleased
from endpoints.models.log import LogEntryQuerySet
from endpoints.models.search import LOG_TEXT

AT_ONCE = 200  # entries


def count(purge: Purge, spared: Collection[str] = ()) -> dict[str, int]:
    """archive_files, archive_bytes, entries: what we have of it."""
    entries = _meant(purge, spared)
    files = LogFile.objects.filter(entry__in=entries.order_by().values("pk")).stored()
    sums = files.aggregate(archive_files=Count("pk"), archive_bytes=Sum("size", default=0))
    return {**sums, "entries": entries.count()}


def delete(purge: Purge, endpoint: Endpoint, spared: Collection[str] = ()) -> bool:
    """Delete what we have of it, but not the files in `spared`. False while a worker is fetching one of them.

    A file is deleted before its row, so that the successor of a killed worker finds the rest by the rows.
    """
    entries = _meant(purge, spared)
    files = LogFile.objects.filter(entry__in=entries.order_by().values("pk"))
    files.missing().update(gone_at=timezone.now())  # so that nobody begins to fetch them
    if files.exclude(unleased()).exists():
        return False
    _overwrite()
    delete_recordings(purge, endpoint)
    while batch := list(entries.order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
        rows = LogFile.objects.filter(entry__in=batch)
        for pk, name in rows.values_list("pk", "stored_as"):
            (partials.place() / f"{pk}.part").unlink(missing_ok=True)
            if name:
                store().delete(name)
        with transaction.atomic():
            lock_logs(endpoint)
            expire_containing(rows)
            days = Counter(rows.values_list("entry__day", flat=True))
            LogDay.objects.add(endpoint, {day: {"purged": number} for day, number in days.items()})
            LogEntry.objects.filter(pk__in=batch).delete()
    return True


def delete_traces(purge: Purge) -> None:
    """At the end: delete what a killed worker left in the storage, and what the database keeps of deleted rows.

    SQLite overwrites deleted rows; its index of words is rebuilt and its log truncated. PostgreSQL frees the space with
    its next vacuum. Backups of the database and of the storage are not touched.
    """
    expire()  # also deletes the zips that were forgotten
    for pk in Download.objects.filter(unleased(), endpoint=purge.endpoint_id).values_list("pk", flat=True):
        (partials.place() / f"{pk}.zip").unlink(missing_ok=True)
    orphans.delete_orphans_in(str(purge.endpoint_id), _written_before(purge), lambda name: _named_so(purge, name))
    LOG_TEXT.erase_deleted()
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _meant(purge: Purge, spared: Collection[str]) -> LogEntryQuerySet:
    if not spared:
        return purge.entries
    staying = LogFile.objects.filter(endpoint=purge.endpoint_id, remote_id__in=list(spared))
    return purge.entries.exclude(pk__in=staying.values("entry"))


def _overwrite() -> None:
    """SQLite: overwrite with zeros what this connection deletes from now on."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete = ON")


def _named_so(purge: Purge, name: str) -> bool:
    """Whether a file in the storage, "<row>-<id in Azure>", belongs to a log that is to be deleted."""
    name = name.partition("-")[2]
    if purge.until is None:
        return any(name.startswith(plain(key)) for key in purge.keys)
    day = day_of_key(name)
    return day is not None and day <= purge.until


def _written_before(purge: Purge) -> datetime:
    """What was recorded later on the last day stays, and may just be received."""
    asked = purge.accepted_at
    return asked if asked and purge.until and purge.until >= asked.astimezone(UTC).date() else timezone.now()
