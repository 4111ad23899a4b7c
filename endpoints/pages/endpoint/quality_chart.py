"""The chart of recognition quality: the share without a result by day, and the changes of the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from endpoints.models import QualityDay
from endpoints.models.numbers import grouped, rounded
from endpoints.watch.quality.comparing import Share
from endpoints.watch.quality.periods import Period

SHOWN_DAYS = 42
LEFT, RIGHT, TOP, BOTTOM = 36, 396, 18, 104  # of what is drawn in 400 x 108 units: beside the scale, below the signs
LEAST_TOP = 0.1  # of the scale, so that a few calls without a result don't look like many


@dataclass(frozen=True)
class Mark:
    """A change in the chart; `back`: to the model before, which has another sign."""

    x: float
    period: Period
    label: str

    @property
    def back(self) -> bool:
        return self.period.back


@dataclass(frozen=True)
class Week:
    first: date
    entries: str
    share: str
    changes: list[str]


@dataclass(frozen=True)
class Chart:
    """Lines are broken where days have no entries. `band`: x, y, width and height of what chance explains."""

    lines: list[str]
    marks: list[Mark]
    band: tuple[float, float, float, float] | None
    highest: str
    first: date
    last: date
    words: str
    weeks: list[Week]


def name_of(period: Period) -> str:
    if period.back:
        return _("Went back to %(model)s") % {"model": period.model}
    return _("Changed to %(model)s") % {"model": period.model}


def percent(share: float, places: int = 1) -> str:
    return _("%(number)s%%") % {"number": rounded(share * 100, places)}


def chart(days: Sequence[QualityDay], periods: Sequence[Period], share: Share | None, today: date) -> Chart:
    """`days`: of the last SHOWN_DAYS; `periods`: of the changes in them, the newest first; `share`: since that one."""
    first = today - timedelta(days=SHOWN_DAYS)
    counts: dict[date, tuple[int, int]] = {}
    for day in days:
        entries, without = counts.get(day.day, (0, 0))
        counts[day.day] = (entries + day.entries, without + day.without_result)
    edge = share.before + share.chance if share else 0.0
    top = max([LEAST_TOP, edge, *(without / entries for entries, without in counts.values() if entries)])

    def x(day: date) -> float:
        return round(LEFT + (day - first).days * (RIGHT - LEFT) / SHOWN_DAYS, 1)

    def y(value: float) -> float:
        return round(BOTTOM - min(max(value, 0.0), top) / top * (BOTTOM - TOP), 1)

    lines: list[list[str]] = [[]]
    for number in range(SHOWN_DAYS + 1):
        at = first + timedelta(days=number)
        entries, without = counts.get(at, (0, 0))
        if entries:
            lines[-1].append(f"{x(at)},{y(without / entries)}")
        elif lines[-1]:
            lines.append([])
    band = None
    if share and periods:
        begin, high, low = x(periods[0].since.date()), y(edge), y(share.before - share.chance)
        band = (begin, high, round(RIGHT - begin, 1), round(max(low - high, 1.0), 1))
    return Chart(
        # A day alone between days without entries is a point: a line from it to itself.
        lines=[" ".join(line if len(line) > 1 else line * 2) for line in lines if line],
        marks=[Mark(x(period.since.date()), period, name_of(period)) for period in periods],
        band=band,
        highest=percent(top, 0),
        first=first,
        last=today,
        words=_words(counts),
        weeks=_weeks(counts, periods, first),
    )


def _words(counts: dict[date, tuple[int, int]]) -> str:
    total, without = sum(one for one, _x in counts.values()), sum(one for _x, one in counts.values())
    return _("Share of log entries without a result, by day: %(percent)s of %(entries)s in six weeks") % {
        "percent": percent(without / total if total else 0.0),
        "entries": ngettext("%(count)s entry", "%(count)s entries", total) % {"count": grouped(total)},
    }


def _weeks(counts: dict[date, tuple[int, int]], periods: Sequence[Period], first: date) -> list[Week]:
    """The same as a table, the newest week first."""
    found = []
    for number in range(SHOWN_DAYS // 7):
        begin = first + timedelta(days=7 * number + 1)
        week = [begin + timedelta(days=day) for day in range(7)]
        entries = sum(counts.get(day, (0, 0))[0] for day in week)
        without = sum(counts.get(day, (0, 0))[1] for day in week)
        changes = [name_of(one) for one in periods if one.since.date() in week]
        found.append(Week(begin, grouped(entries), percent(without / entries) if entries else "–", changes))
    return found[::-1]
