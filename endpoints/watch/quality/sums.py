"""Adds the entries of content logs to the sums of their days, each once, as their transcripts are read."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime

from django.db import transaction
from django.db.models import F

from endpoints.models import Endpoint, LogEntry, QualityDay
from endpoints.models.log import UNSUMMED, Outcome
from endpoints.models.quality import SUMS
from endpoints.watch.quality.periods import period_of, periods

AT_ONCE = 2000
Sums = dict[str, float]


def add(endpoint: Endpoint) -> int:
    """Add the entries that have been read and aren't in the sums yet; returns how many there were."""
    total, found = 0, periods(endpoint)
    while True:
        with transaction.atomic():
            fresh = endpoint.log_entries.filter(UNSUMMED).order_by("pk")
            rows = fresh.select_for_update().values_list("pk", "day", "at", "outcome", "text", "confidence", "duration")
            batch = list(rows[:AT_ONCE])
            # SQLite has no row locks: what another worker has summed meanwhile isn't added again.
            keys = [row[0] for row in batch]
            mine = LogEntry.objects.filter(pk__in=keys, summed=False)
            if not batch or mine.update(summed=True) != len(keys):
                transaction.set_rollback(True)
                return total
            days: dict[tuple[date, datetime], Sums] = defaultdict(lambda: dict.fromkeys(SUMS, 0))
            for _pk, day, at, outcome, text, confidence, duration in batch:
                seconds = duration.total_seconds() if duration is not None else None
                _count(days[day, period_of(found, at).since], outcome, text, confidence, seconds)
            _store(endpoint, days)
        total += len(batch)
        if len(batch) < AT_ONCE:
            return total


def _count(sums: Sums, outcome: str, text: str, confidence: float | None, seconds: float | None) -> None:
    sums["entries"] += 1
    if outcome != Outcome.RECOGNIZED:
        sums["without_result"] += 1
    pace = len(text.split()) * 60 / seconds if text and seconds else None
    for name, value in (("confidence", confidence), ("pace", pace), ("seconds", seconds)):
        if value is not None:
            sums[f"{name}_count"] += 1
            sums[f"{name}_sum"] += value
            sums[f"{name}_squares"] += value * value


def _store(endpoint: Endpoint, days: dict[tuple[date, datetime], Sums]) -> None:
    rows = [QualityDay(endpoint=endpoint, day=day, since=since) for day, since in days]
    QualityDay.objects.bulk_create(rows, ignore_conflicts=True)
    for (day, since), sums in sorted(days.items()):
        added = {name: F(name) + number for name, number in sums.items() if number}
        QualityDay.objects.filter(endpoint=endpoint, day=day, since=since).update(**added)
