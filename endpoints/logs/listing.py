"""Write down which files the service has, page by page: files as it names them, and the entries that they make."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Count, Min, Q
from django.utils import timezone

from endpoints import azure
from endpoints.logs import statements
from endpoints.models import Endpoint, LogDay, LogEntry, LogFile, Purge
from endpoints.models.log import PARTIAL, RETENTION, FileKind

if TYPE_CHECKING:
    from endpoints.azure.entities import LogFile as Listed

    LogSource = azure.SpeechClient | azure.LogContainer

Entry = dict[str, Any]  # of a row

SAS_SECONDS = 900
OF_HALVES = ("has_audio", "has_transcript", "empty", "duration")
_ENDINGS = re.compile(r"[._](?:wav|(?:v2[._])?json)$")


def key_of(remote_id: str) -> str:
    """What the ids of the two files of one entry have in common: 2026-03-02_101503__<guid>."""
    return _ENDINGS.sub("", remote_id)


def day_of(file: Listed) -> date:
    """The day under which the service deletes it."""
    return day_in(key_of(file.id)) or (file.created or timezone.now()).astimezone(UTC).date()


def alone(endpoint: Endpoint) -> None:
    """Until this transaction ends, nobody else writes files of `endpoint` down or takes them away."""
    list(Endpoint.objects.select_for_update(no_key=True).filter(pk=endpoint.pk).values_list("pk"))


def write_down(endpoint: Endpoint, files: Iterable[Listed]) -> list[Listed]:
    """Pages of the service's list; returns what is written down now. What was purged is not written down again."""
    now = timezone.now()
    with transaction.atomic():
        alone(endpoint)
        purges = Purge.objects.suppressing(endpoint)
        listed = {
            file.id: file
            for file in files
            if not any(purge.covers(key_of(file.id), day_of(file), file.created) for purge in purges)
        }
        if not listed:
            return []
        entries = _entries(endpoint, listed.values(), now)
        known = set(endpoint.log_files.filter(remote_id__in=listed).values_list("remote_id", flat=True))
        rows = (
            {
                "endpoint_id": endpoint.pk,
                "entry_id": entries[key_of(file.id)][0],
                "remote_id": file.id,
                "name": file.name,
                "kind": file.kind,
                "size": file.size or 0,
                "created_at": file.created,
                "seen_at": now,
            }
            for file in listed.values()
        )
        statements.put(LogFile, rows, unique=["endpoint", "remote_id"], renewed=["seen_at", "gone_at"])
        new = Counter(entries[key_of(name)][1] for name in listed if name not in known)
        LogDay.objects.add(endpoint, {day: {"seen": count} for day, count in new.items()})
    return list(listed.values())


def listed_all(endpoint: Endpoint, since: datetime) -> None:
    """After a whole list that began at `since`: what it did not have, the service no longer has."""
    with transaction.atomic():
        alone(endpoint)
        # What a worker is fetching at this moment, that worker finds out by itself.
        away = endpoint.log_files.in_azure().unleased().filter(seen_at__lt=since)
        lost = away.filter(stored_as="", stored_at=None).values_list("entry__day").annotate(count=Count("pk"))
        LogDay.objects.add(endpoint, {day: {"vanished": count} for day, count in lost.order_by()})
        away.update(gone_at=timezone.now())
        recount(endpoint)
        _looked_through(endpoint, since)


def recount(endpoint: Endpoint) -> None:
    """The numbers of entries in the ledger of each day; they stay as they were when entries have gone since."""
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
    rows = [
        LogDay(endpoint=endpoint, **numbers) for numbers in counts if numbers["entries"] >= known.get(numbers["day"], 0)
    ]
    LogDay.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["endpoint", "day"],
        update_fields=["entries", "orphans", "empty"],
        batch_size=500,
    )


def _looked_through(endpoint: Endpoint, at: datetime) -> None:
    """Days of which the list was whole have a line in the ledger, with or without files: see endpoints.logs.ledger."""
    first: date | None = endpoint.log_days.filter(seen__gt=0).aggregate(first=Min("day"))["first"]
    last = at.astimezone(UTC).date() - timedelta(days=1)  # today is not over
    if first and endpoint.resource.log_container is None:
        first = max(first, last - RETENTION + timedelta(days=2))
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)] if first else []
    LogDay.objects.bulk_create((LogDay(endpoint=endpoint, day=day) for day in days), ignore_conflicts=True)


def _entries(endpoint: Endpoint, files: Iterable[Listed], now: datetime) -> dict[str, tuple[int, date]]:
    """The entries that these files belong to, by key, with which halves there are: their numbers and days."""
    halves: dict[str, list[Listed]] = defaultdict(list)
    for file in files:
        halves[key_of(file.id)].append(file)
    there = endpoint.log_entries.filter(key__in=halves).order_by()
    known = {row["key"]: row for row in there.values("key", "at", "day", *OF_HALVES)}
    statements.put(
        LogEntry,
        [_entry(endpoint, key, pair, known.get(key), now) for key, pair in halves.items()],
        unique=["endpoint", "key"],
        renewed=OF_HALVES,
    )
    return {key: (pk, day) for key, pk, day in there.values_list("key", "pk", "day")}


def _entry(endpoint: Endpoint, key: str, pair: list[Listed], known: dict[str, Any] | None, now: datetime) -> Entry:
    entry = known or {
        "key": key,
        "at": min((file.created for file in pair if file.created), default=None) or _said(key) or now,
        "day": day_of(pair[0]),
    }
    kinds = {file.kind for file in pair}
    lengths = (timedelta(milliseconds=file.milliseconds) for file in pair if file.milliseconds)
    return {
        **entry,
        "endpoint_id": endpoint.pk,
        "has_audio": entry.get("has_audio", False) or FileKind.AUDIO in kinds,
        "has_transcript": entry.get("has_transcript", False) or FileKind.TRANSCRIPTION in kinds,
        "empty": entry.get("empty", False) or any(file.size == 0 for file in pair),
        "duration": entry.get("duration") or next(lengths, None),
    }


def day_in(key: str) -> date | None:
    """The day with which ids and our own names of files begin."""
    try:
        return date.fromisoformat(key[:10])
    except ValueError:
        return None


def _said(key: str) -> datetime | None:
    """When it was, by its id."""
    try:
        return datetime.strptime(key[:17], "%Y-%m-%d_%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
