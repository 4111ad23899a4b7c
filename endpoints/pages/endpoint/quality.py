"""Recognition quality on an endpoint's page: what content logs say before and since the changes of its model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from endpoints.access import door
from endpoints.models import Endpoint, QualityDay
from endpoints.models.numbers import grouped, rounded
from endpoints.models.quality import QualityVerdict
from endpoints.pages.http import HttpRequest
from endpoints.watch.quality.comparing import Comparison
from endpoints.watch.quality.periods import Period
from endpoints.watch.quality.verdicts import WINDOW, compared

SHOWN_DAYS = 42
CHANGES = 5
WIDTH, HEIGHT, ROOM = 320, 64, 4  # of the chart, in its own units; ROOM above and below


@dataclass(frozen=True)
class Mark:
    """A change in the chart."""

    x: float
    label: str


@dataclass(frozen=True)
class Chart:
    """Lines are broken where days have no entries. `band`: x, y, width and height of what chance explains."""

    lines: list[str]
    marks: list[Mark]
    band: tuple[float, float, float, float] | None
    first: date
    last: date
    words: str


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
        "quality_verdict": QualityVerdict(quality.verdict).label if changes else "",
        "quality_chart": _chart(shown, [one.period for one in changes], latest.comparison if latest else None, today),
        "quality_changes": [(_of(one.period), one.period, _rows(one.comparison)) for one in changes],
    }


def _of(period: Period) -> str:
    if period.back:
        return _("Went back to %(model)s") % {"model": period.model}
    return _("Changed to %(model)s") % {"model": period.model}


def _chart(days: Sequence[QualityDay], periods: Sequence[Period], result: Comparison | None, today: date) -> Chart:
    first = today - timedelta(days=SHOWN_DAYS)
    shares: dict[date, tuple[int, int]] = {}
    for day in days:
        entries, without = shares.get(day.day, (0, 0))
        shares[day.day] = (entries + day.entries, without + day.without_result)
    share = result.share if result else None
    edge = share.before + share.chance if share else 0.0
    top = max([0.1, edge, *(without / entries for entries, without in shares.values() if entries)])

    def x(day: date) -> float:
        return round((day - first).days * WIDTH / SHOWN_DAYS, 1)

    def y(value: float) -> float:
        return round(HEIGHT - ROOM - min(max(value, 0.0), top) / top * (HEIGHT - 2 * ROOM), 1)

    lines: list[list[str]] = [[]]
    for number in range(SHOWN_DAYS + 1):
        at = first + timedelta(days=number)
        entries, without = shares.get(at, (0, 0))
        if entries:
            lines[-1].append(f"{x(at)},{y(without / entries)}")
        elif lines[-1]:
            lines.append([])
    band = None
    if share:
        begin, high, low = x(periods[0].since.date()), y(edge), y(share.before - share.chance)
        band = (begin, high, round(WIDTH - begin, 1), round(max(low - high, 1.0), 1))
    marks = [Mark(x(period.since.date()), _of(period)) for period in periods]
    total, without = sum(one for one, _x in shares.values()), sum(one for _x, one in shares.values())
    words = _("Share of log entries without a result, by day: %(percent)s of %(entries)s in six weeks") % {
        "percent": _percent(without / total if total else 0.0),
        "entries": ngettext("%(count)s entry", "%(count)s entries", total) % {"count": grouped(total)},
    }
    # A day alone between days without entries is a point: a line from it to itself.
    points = [" ".join(line if len(line) > 1 else line * 2) for line in lines if line]
    return Chart(points, marks, band, first, today, words)


def _rows(result: Comparison) -> list[Row]:
    rows = [Row(_("Log entries"), grouped(result.entries_before), grouped(result.entries_since))]
    if share := result.share:
        beyond = result.verdict in (QualityVerdict.WORSE, QualityVerdict.BETTER)
        chance = _points(share.chance)
        rows.append(Row(_("Without a result"), _percent(share.before), _percent(share.since), beyond, chance))
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


def _percent(share: float) -> str:
    return _("%(number)s%%") % {"number": rounded(share * 100, 1)}


def _points(share: float) -> str:
    return f"±{rounded(share * 100, 1)}"
