"""Recognition quality on an endpoint's page: what content logs say before and since the changes of its model."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone
from django.utils.translation import gettext as _

from endpoints.access import door
from endpoints.changes import submit
from endpoints.models import Endpoint, Quality
from endpoints.models.numbers import grouped, rounded
from endpoints.models.quality import TELLING, QualityVerdict
from endpoints.pages.endpoint.quality_chart import SHOWN_DAYS, chart, name_of, percent
from endpoints.pages.http import HttpRequest
from endpoints.watch.quality.comparing import Comparison
from endpoints.watch.quality.verdicts import WINDOW, PeriodQuality, compared

CHANGES = 5


@dataclass(frozen=True)
class Row:
    label: str
    before: str
    after: str
    beyond_chance: bool = False
    chance: str = ""


def context(request: HttpRequest, endpoint: Endpoint, now: datetime | None = None) -> dict[str, Any]:
    """Empty for an endpoint whose logs have told nothing yet."""
    quality = door.quality(request.user, endpoint)
    if quality is None:
        return {}
    today = (now or timezone.now()).date()
    first = today - timedelta(days=SHOWN_DAYS)
    days = list(door.quality_days(request.user).filter(endpoint=endpoint).between(first - WINDOW, today))
    changes = [one for one in compared(endpoint, days, CHANGES) if one.period.since.date() >= first]
    shown = [day for day in days if day.day >= first]
    latest = changes[0] if changes else None
    return {
        "quality": quality,
        "quality_verdict": _verdict(quality, latest),
        "quality_chart": chart(
            shown, [one.period for one in changes], latest.comparison.share if latest else None, today
        ),
        "quality_changes": [(name_of(one.period), one.period, _rows(one.comparison)) for one in changes],
        **_way_back(endpoint, quality, latest),
    }


def _verdict(quality: Quality, latest: PeriodQuality | None) -> QualityVerdict:
    """As lists and alerts say it; about a change that no worker has judged yet, what the sums say."""
    if latest and latest.period.since != quality.since:
        return latest.comparison.verdict
    told = QualityVerdict(quality.verdict)
    return told if latest or told in TELLING else QualityVerdict.UNKNOWN


def _way_back(endpoint: Endpoint, quality: Quality, latest: PeriodQuality | None) -> dict[str, Any]:
    """The model before the change that made it worse.

    Empty if Go back would lead elsewhere: after a change outside, or while somebody is going back already.
    """
    if not latest or _verdict(quality, latest) != QualityVerdict.WORSE:
        return {}
    previous = submit.previous_model(endpoint)
    if previous is None or previous.display_name != latest.period.before:
        return {}
    return {"previous_model": previous, "go_back_key": uuid4()}


def _rows(result: Comparison) -> list[Row]:
    rows = [Row(_("Log entries"), grouped(result.entries_before), grouped(result.entries_since))]
    if share := result.share:
        beyond = result.verdict in (QualityVerdict.WORSE, QualityVerdict.BETTER)
        chance = f"±{rounded(share.chance * 100, 1)}"
        rows.append(Row(_("Without a result"), percent(share.before), percent(share.since), beyond, chance))
    how = {
        "confidence": (_("Mean confidence"), 2),
        "pace": (_("Words a minute"), 0),
        "seconds": (_("Mean duration (s)"), 1),
    }
    for mean in result.means:
        label, places = how[mean.measure]
        before, since, chance = (_number(value, places) for value in (mean.before, mean.since, mean.chance))
        rows.append(Row(label, before, since, mean.beyond_chance, f"±{chance}" if mean.chance is not None else ""))
    return rows


def _number(value: float | None, places: int) -> str:
    return "–" if value is None else rounded(value, places)
