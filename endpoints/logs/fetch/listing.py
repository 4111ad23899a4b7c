"""Record which files the service has, page by page: files as it names them, and the entries that they make."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Count, Min, Q
from django.utils import timezone

from endpoints.logs.keys import day_of, key_of, lock_logs, time_of_key
from endpoints.models import Endpoint, LogDay, LogEntry, LogFile, Purge
from endpoints.models.log import PARTIAL, RETENTION, FileKind

if TYPE_CHECKING:
    from endpoints.azure.entities import LogFile as Listed

FROM_FILES = ["has_audio", "has_transcript", "empty", "duration"]  # what an entry is told by its files


def record(endpoint: Endpoint, files: Iterable[Listed]) -> list[Listed]:
    """Record pages of the service's list; returns what is recorded now. What was purged is not recorded again."""
    now = timezone.now()
    with transaction.atomic():
        lock_logs(endpoint)
        purges = Purge.objects.suppressing(endpoint)
        listed = {
            file.id: file
            for file in files
            if not any(purge.covers(key_of(file.id), day_of(file.id, file.created), file.created) for purge in purges)
        }
        if not listed:
            return []
        entries = _record_entries(endpoint, listed.values(), now)
        there = endpoint.log_files.filter(remote_id__in=listed)
        known = set(there.values_list("remote_id", flat=True))
        there.update(seen_at=now, gone_at=None)
        new = [
            LogFile(
                endpoint=endpoint,
                entry=entries[key_of(file.id)],
                remote_id=file.id,
                name=file.name,
                kind=file.kind,
                size=file.size or 0,
                created_at=file.created,
                seen_at=now,
            )
            for file in listed.values()
            if file.id not in known
        ]
        LogFile.objects.bulk_create(new)
        days = Counter(row.entry.day for row in new)
        LogDay.objects.add(endpoint, {day: {"seen": count} for day, count in days.items()})
    return list(listed.values())


def complete(endpoint: Endpoint, since: datetime) -> None:
    """After a whole list that began at `since`: what it did not have, the service no longer has."""
    with transaction.atomic():
        lock_logs(endpoint)
        # A file that a worker is fetching at this moment is left to that worker, which will see that it is gone.
        away = endpoint.log_files.in_azure().unleased().filter(seen_at__lt=since)
        lost = away.filter(stored_as="", stored_at=None).values_list("entry__day").annotate(count=Count("pk"))
        LogDay.objects.add(endpoint, {day: {"vanished": count} for day, count in lost.order_by()})
        away.update(gone_at=timezone.now())
        _count_entries(endpoint)
        _record_listed_days(endpoint, since)


def _count_entries(endpoint: Endpoint) -> None:
    """The numbers of entries of each day; they stay as they were when entries were deleted since."""
    counts = (
        endpoint.log_entries.order_by()
        .values("day")
        .annotate(
            entries=Count("pk"),
            orphans=Count("pk", filter=PARTIAL & ~Q(empty=True)),
            empty=Count("pk", filter=Q(empty=True)),
        )
    )
    known = dict(endpoint.log_days.order_by().values_list("day", "entries"))
    LogDay.objects.bulk_create(
        [LogDay(endpoint=endpoint, **one) for one in counts if one["entries"] >= known.get(one["day"], 0)],
        update_conflicts=True,
        unique_fields=["endpoint", "day"],
        update_fields=["entries", "orphans", "empty"],
    )


def _record_listed_days(endpoint: Endpoint, at: datetime) -> None:
    """Each day of which the list was whole has a row, with or without files: see endpoints.pages.content_logs.days."""
    first: date | None = endpoint.log_days.filter(seen__gt=0).aggregate(first=Min("day"))["first"]
    last = at.astimezone(UTC).date() - timedelta(days=1)  # today is not over
    if first and endpoint.resource.log_container is None:
        first = max(first, last - RETENTION + timedelta(days=2))
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)] if first else []
    LogDay.objects.bulk_create((LogDay(endpoint=endpoint, day=day) for day in days), ignore_conflicts=True)


def _record_entries(endpoint: Endpoint, files: Iterable[Listed], now: datetime) -> dict[str, LogEntry]:
    """The entries of these files by key, with which halves of them there are."""
    pairs: dict[str, list[Listed]] = defaultdict(list)
    for file in files:
        pairs[key_of(file.id)].append(file)
    known = {one.key: one for one in endpoint.log_entries.filter(key__in=pairs).defer("words").order_by()}
    entries = {key: known.get(key) or _new_entry(endpoint, key, pair, now) for key, pair in pairs.items()}
    changed = [entry for key, entry in entries.items() if _add_files(entry, pairs[key]) and key in known]
    LogEntry.objects.bulk_create([entry for key, entry in entries.items() if key not in known])
    LogEntry.objects.bulk_create(changed, update_conflicts=True, unique_fields=["id"], update_fields=FROM_FILES)
    return entries


def _new_entry(endpoint: Endpoint, key: str, pair: list[Listed], now: datetime) -> LogEntry:
    at = min((file.created for file in pair if file.created), default=None) or time_of_key(key) or now
    return LogEntry(endpoint=endpoint, key=key, at=at, day=day_of(pair[0].id, pair[0].created))


def _add_files(entry: LogEntry, pair: list[Listed]) -> bool:
    """Record in an entry what these files tell of it; False when that was known."""
    before = [getattr(entry, name) for name in FROM_FILES]
    kinds = {file.kind for file in pair}
    entry.has_audio |= FileKind.AUDIO in kinds
    entry.has_transcript |= FileKind.TRANSCRIPTION in kinds
    entry.empty |= any(file.size == 0 for file in pair)
    lengths = (timedelta(milliseconds=file.milliseconds) for file in pair if file.milliseconds)
    entry.duration = entry.duration or next(lengths, None)
    return before != [getattr(entry, name) for name in FROM_FILES]
