"""Record which files the service has, page by page: files as it names them, and the entries that they make."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Count, Min, Q
from django.utils import timezone

from endpoints.logs.fetch import own_entries
from endpoints.logs.keys import day_of, key_of, lock_logs, time_of_key
from endpoints.models import Endpoint, LogDay, LogEntry, LogFile, Purge, statements
from endpoints.models.log import PARTIAL, RETENTION, FileKind

if TYPE_CHECKING:
    from endpoints.azure.entities import LogFile as Listed

FROM_FILES = ("has_audio", "has_transcript", "empty", "duration")  # what an entry is told by its files


def record(endpoint: Endpoint, files: Iterable[Listed]) -> list[Listed]:
    """Record pages of the service's list; returns what is recorded now. What was purged is not recorded again."""
    now = timezone.now()
    with transaction.atomic():
        lock_logs(endpoint)
        purges = Purge.objects.suppressing(endpoint)
        listed: dict[str, Listed] = {}
        pairs: dict[str, dict[str, Listed]] = defaultdict(dict)
        for file in files:
            key = key_of(file.id)
            if not any(purge.covers(key, day_of(file.id, file.created), file.created) for purge in purges):
                listed[file.id] = pairs[key][file.id] = file
        if not listed:
            return []
        entries = _record_entries(endpoint, {key: list(pair.values()) for key, pair in pairs.items()}, now)
        there = endpoint.log_files.filter(remote_id__in=listed)
        known = set(there.values_list("remote_id", flat=True))
        if known:
            there.update(seen_at=now, gone_at=None)
        new = [(key, file) for key, pair in pairs.items() for file in pair.values() if file.id not in known]
        rows = [
            {
                "endpoint_id": endpoint.pk,
                "entry_id": entries[key][0],
                "remote_id": file.id,
                "name": file.name,
                "kind": file.kind,
                "size": file.size or 0,
                "created_at": file.created,
                "seen_at": now,
            }
            for key, file in new
        ]
        statements.insert(LogFile, rows)
        own = own_entries.among({entries[key][0] for key, _file in new})
        days = Counter(entries[key][1] for key, _file in new if entries[key][0] not in own)
        LogDay.objects.add(endpoint, {day: {"seen": count} for day, count in days.items()})
    return list(listed.values())


def complete(endpoint: Endpoint, since: datetime) -> None:
    """After a whole list that began at `since`: what it did not have, the service no longer has."""
    with transaction.atomic():
        lock_logs(endpoint)
        # A file that a worker is fetching at this moment is left to that worker, which will see that it is gone.
        away = endpoint.log_files.in_azure().unleased().filter(seen_at__lt=since)
        unsaved = away.without_probes().filter(stored_as="", stored_at=None)
        lost = unsaved.values_list("entry__day").annotate(count=Count("pk"))
        LogDay.objects.add(endpoint, {day: {"vanished": count} for day, count in lost.order_by()})
        away.update(gone_at=timezone.now())
        _count_entries(endpoint)
        _record_listed_days(endpoint, since)


def _count_entries(endpoint: Endpoint) -> None:
    """The numbers of entries of each day; they stay as they were when entries were deleted since."""
    counts = (
        endpoint.log_entries.without_probes()
        .order_by()
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


def _record_entries(
    endpoint: Endpoint, pairs: Mapping[str, list[Listed]], now: datetime
) -> dict[str, tuple[int, date]]:
    """Id and day of the entry of each key, with which halves of it there are."""
    rows = endpoint.log_entries.filter(key__in=pairs).order_by()
    known = {key: (pk, *told) for key, pk, *told in rows.values_list("key", "pk", *FROM_FILES)}
    new, changed = [], []
    for key, pair in pairs.items():
        pk, *before = known.get(key, (None, False, False, False, None))
        told = _told(pair, *before)
        if pk is None:
            at = min((file.created for file in pair if file.created), default=None) or time_of_key(key) or now
            day = day_of(pair[0].id, pair[0].created)
            new.append({"endpoint_id": endpoint.pk, "key": key, "at": at, "day": day, **told})
        elif [*told.values()] != before:
            changed.append((pk, told))
    statements.insert(LogEntry, new)
    statements.update(LogEntry, changed)
    there = {key: (pk, day) for key, pk, day in rows.values_list("key", "pk", "day")}
    own_entries.mark(
        endpoint, {there[one["key"]][0]: own_entries.Listed(one["key"], one["at"], one["duration"]) for one in new}
    )
    return there


def _told(pair: list[Listed], audio: bool, transcript: bool, empty: bool, duration: timedelta | None) -> dict[str, Any]:
    """What an entry is told by these files, with what it knew before."""
    kinds = {file.kind for file in pair}
    lengths = (timedelta(milliseconds=file.milliseconds) for file in pair if file.milliseconds)
    return {
        "has_audio": audio or FileKind.AUDIO in kinds,
        "has_transcript": transcript or FileKind.TRANSCRIPTION in kinds,
        "empty": empty or any(file.size == 0 for file in pair),
        "duration": duration or next(lengths, None),
    }
