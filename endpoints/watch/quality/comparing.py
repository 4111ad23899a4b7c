"""Compares the days before a change with those since it, and says what chance alone explains.

Days are compared with the same days of the week, so that weekends and shifts between days don't count as a change:
differences of each weekday are weighted as Mantel and Haenszel do. Days differ more than single calls do, because calls
of one day resemble each other: the variance is multiplied by how much more the days of one side differ than chance
explains (the dispersion of a quasi-binomial model).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

from endpoints.models import QualityDay
from endpoints.models.quality import MEASURES, QualityVerdict

FEWEST = 50  # entries on a side
SURE = 3.5  # standard errors: on chance alone once in some thousand comparisons, and each change is compared daily
SHOWN = 2.6  # standard errors of the range that is shown: 99 of 100 on chance alone
LEAST = 0.02  # a smaller difference of the share matters to nobody
FEWEST_DAYS = 5  # degrees of freedom below which the dispersion isn't known well
ASSUMED = 1.5


@dataclass(frozen=True)
class Share:
    """Shares of entries without a result, 0 to 1, before and since; `chance`: how far both may differ by chance."""

    before: float
    since: float
    difference: float  # by the same weekdays
    error: float  # its standard error

    @property
    def chance(self) -> float:
        return SHOWN * self.error


@dataclass(frozen=True)
class Mean:
    """A measure before and since, and how far both may differ by chance; None where nothing was measured."""

    measure: str
    before: float | None
    since: float | None
    chance: float | None

    @property
    def beyond_chance(self) -> bool:
        if self.before is None or self.since is None or self.chance is None:
            return False
        return abs(self.since - self.before) > self.chance


@dataclass(frozen=True)
class Comparison:
    entries_before: int
    entries_since: int
    share: Share | None
    means: tuple[Mean, ...]

    @property
    def verdict(self) -> QualityVerdict:
        """By the share without a result alone, because the confidence of two models may not compare."""
        if min(self.entries_before, self.entries_since) < FEWEST or self.share is None:
            return QualityVerdict.TOO_FEW
        beyond = abs(self.share.difference) >= max(LEAST, SURE * self.share.error)
        if not beyond:
            return QualityVerdict.SAME
        return QualityVerdict.WORSE if self.share.difference > 0 else QualityVerdict.BETTER


def compare(before: Sequence[QualityDay], since: Sequence[QualityDay]) -> Comparison:
    return Comparison(
        entries_before=sum(day.entries for day in before),
        entries_since=sum(day.entries for day in since),
        share=_share(before, since),
        means=tuple(_mean(measure, before, since) for measure in MEASURES),
    )


def _share(before: Sequence[QualityDay], since: Sequence[QualityDay]) -> Share | None:
    """None when no weekday has entries on both sides."""
    weights = difference = variance = 0.0
    one, other = _by_weekday(before), _by_weekday(since)
    for weekday in one.keys() & other.keys():
        (n1, x1), (n2, x2) = _sum(one[weekday]), _sum(other[weekday])
        weight, pooled = n1 * n2 / (n1 + n2), (x1 + x2) / (n1 + n2)
        weights += weight
        difference += weight * (x2 / n2 - x1 / n1)
        variance += weight * pooled * (1 - pooled)
    if not weights:
        return None
    error = sqrt(_dispersion(before, since) * variance) / weights
    return Share(_share_of(before), _share_of(since), difference / weights, error)


def _dispersion(*sides: Sequence[QualityDay]) -> float:
    """How much more the days of one side and weekday differ than chance explains; at least 1."""
    pearson, freedom = 0.0, 0
    for side in sides:
        for days in _by_weekday(side).values():
            n, x = _sum(days)
            share = x / n
            if len(days) > 1 and 0 < share < 1:
                expected = share * (1 - share)
                pearson += sum(
                    (day.without_result - day.entries * share) ** 2 / (day.entries * expected) for day in days
                )
                freedom += len(days) - 1
    found = max(1.0, pearson / freedom) if freedom else ASSUMED
    return found if freedom >= FEWEST_DAYS else max(found, ASSUMED)


def _mean(measure: str, before: Sequence[QualityDay], since: Sequence[QualityDay]) -> Mean:
    one, other = _moments(measure, before), _moments(measure, since)
    chance = SHOWN * sqrt(one[1] + other[1]) if one[1] is not None and other[1] is not None else None
    return Mean(measure, one[0], other[0], chance)


def _moments(measure: str, days: Iterable[QualityDay]) -> tuple[float | None, float | None]:
    """The mean, and the variance of that mean; None each where there are too few values."""
    count = total = squares = 0.0
    for day in days:
        count += getattr(day, f"{measure}_count")
        total += getattr(day, f"{measure}_sum")
        squares += getattr(day, f"{measure}_squares")
    if not count:
        return None, None
    mean = total / count
    return mean, max(squares / count - mean * mean, 0.0) / (count - 1) if count >= FEWEST else None


def _by_weekday(days: Iterable[QualityDay]) -> dict[int, list[QualityDay]]:
    found: dict[int, list[QualityDay]] = defaultdict(list)
    for day in days:
        if day.entries:
            found[day.day.weekday()].append(day)
    return found


def _sum(days: Iterable[QualityDay]) -> tuple[int, int]:
    counted = [(day.entries, day.without_result) for day in days]
    return sum(entries for entries, _without in counted), sum(without for _entries, without in counted)


def _share_of(days: Iterable[QualityDay]) -> float:
    entries, without = _sum(days)
    return without / entries if entries else 0.0
