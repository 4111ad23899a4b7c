"""The verdict about an endpoint's last change of the model, and the days on which no speech reached it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from django.utils import timezone

from endpoints.models import Endpoint, LogArchive, Quality, QualityDay
from endpoints.models.quality import QualityVerdict, word_of
from endpoints.watch.quality.comparing import Comparison, compare
from endpoints.watch.quality.periods import Period, periods

WINDOW = timedelta(days=14)  # before a change, and since it
WEEKS = 4  # over which a weekday usually has speech
USUALLY = 3  # of the four weekdays of its name before
LOOKED = timedelta(days=2)  # since the logs were last checked; before that, silence tells nothing


@dataclass(frozen=True)
class PeriodQuality:
    """A change, and what the logs say before and since it."""

    period: Period
    comparison: Comparison


def compared(endpoint: Endpoint, days: Sequence[QualityDay], most: int) -> list[PeriodQuality]:
    """The last `most` changes of the model that the days reach, the newest first."""
    found = periods(endpoint)
    pairs = list(pairwise(found))[-most:]
    return [PeriodQuality(now, _around(days, before, now)) for before, now in reversed(pairs)]


def update(endpoint: Endpoint, now: datetime | None = None) -> Quality:
    """Compute the verdict from the sums and store it."""
    now = now or timezone.now()
    found = periods(endpoint)
    first = min(found[-1].since, now).date() - WINDOW
    known = QualityDay.objects.filter(endpoint=endpoint)
    days = list(known.filter(day__gte=first)) if len(found) > 1 else []
    result = _around(days, found[-2], found[-1]) if len(found) > 1 else None
    entries = known.filter(entries__gt=0).order_by("-day").values_list("day", flat=True)
    last_day = entries.first()
    facts: dict[str, Any] = {
        "verdict": result.verdict if result else QualityVerdict.UNKNOWN,
        "since": found[-1].since if len(found) > 1 else None,
        "before_share": result.share.before if result and result.share else None,
        "since_share": result.share.since if result and result.share else None,
        "entries_since": result.entries_since if result else 0,
        "last_day": last_day,
        "silent_days": _silent_days(endpoint, set(entries.filter(day__gte=_weeks_before(now))), last_day, now),
    }
    before = Quality.objects.filter(endpoint=endpoint).first()
    if word_of(facts["verdict"], facts["silent_days"]) != (before.word if before else ""):
        facts["judged_at"] = now
    return Quality.objects.update_or_create(endpoint=endpoint, defaults=facts)[0]


def _around(days: Sequence[QualityDay], before: Period, now: Period) -> Comparison:
    first, last = (now.since - WINDOW).date(), (now.since + WINDOW).date()
    return compare(
        [day for day in days if day.since == before.since and day.day >= first],
        [day for day in days if day.since == now.since and day.day <= last],
    )


def _weeks_before(now: datetime) -> date:
    return now.date() - timedelta(weeks=2 * WEEKS)


def _silent_days(endpoint: Endpoint, spoken: set[date], last_day: date | None, now: datetime) -> int:
    """Whole days since the last entry on which there usually is speech; 0 while nobody checks for logs."""
    archive = LogArchive.objects.found(endpoint)
    checked = archive.checked_at if archive else None
    if last_day is None or not endpoint.logging_enabled or checked is None or checked < now - LOOKED:
        return 0
    usual = Counter(day.weekday() for day in spoken if day > last_day - timedelta(weeks=WEEKS))
    passed = (checked.date() - last_day).days - 1
    missed = (last_day + timedelta(days=number) for number in range(1, passed + 1))
    return sum(usual[day.weekday()] >= USUALLY for day in missed)
