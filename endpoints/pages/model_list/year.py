"""The chart of the coming year: in which week how many models expire, as coordinates of its SVG.

Nothing here reads the database or the clock. Lengths are units of the view box.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

WEEKS = 53  # twelve months and the days up to the end of the last week
MOST = 6  # marks above each other; more models in a week are drawn as one bar
LEFT, WEEK, MARK = 96, 17, 24  # the width of what has expired; of a week; the height of a mark
TOP, LINE = 16, 176  # above the highest; where the marks stand
LABELS = 44  # below the line
WIDTH, HEIGHT = LEFT + WEEKS * WEEK, LINE + LABELS


@dataclass(frozen=True)
class ExpirationWeek:
    """How many models expire in a week, or have expired (without a first day)."""

    first: date | None
    total: int
    deployed: int

    @property
    def last(self) -> date | None:
        return self.first + timedelta(days=6) if self.first else None

    @property
    def has_marks(self) -> bool:
        """Few enough to draw a mark for each model."""
        return self.total <= MOST


@dataclass(frozen=True)
class Mark:
    """One model of a week."""

    x: int
    y: int
    model: object
    deployed: bool


@dataclass(frozen=True)
class Bar:
    """All models of a week: deployed ones below, the others above them."""

    x: int
    y: int
    width: int
    height: int
    deployed_y: int
    deployed_height: int
    week: ExpirationWeek

    @property
    def middle(self) -> int:
        return self.x + self.width // 2

    @property
    def number_y(self) -> int:
        return self.y - 4


@dataclass(frozen=True)
class Month:
    x: int
    first: date
    names_year: bool


@dataclass(frozen=True)
class YearChart:
    marks: list[Mark] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    months: list[Month] = field(default_factory=list)
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    line: int = LINE
    labels_y: int = LINE + 18
    years_y: int = LINE + 36
    expired_x: int = LEFT // 2

    @property
    def top(self) -> int:
        """Where the view box begins: the empty space above the highest mark is left out."""
        highest = min([mark.y for mark in self.marks] + [bar.y for bar in self.bars], default=LINE - MARK)
        return max(0, highest - TOP)

    @property
    def shown_height(self) -> int:
        return self.height - self.top


def expiration_weeks(
    days: Iterable[tuple[date, int, int]], today: date, *, expired: tuple[int, int] = (0, 0)
) -> list[ExpirationWeek]:
    """Weeks from today on in which something expires, after what has expired; days are (day, models, deployed)."""
    weeks: dict[int, list[int]] = {}
    for day, total, deployed in days:
        week = (day - today).days // 7
        if 0 <= week < WEEKS:
            sums = weeks.setdefault(week, [0, 0])
            sums[0] += total
            sums[1] += deployed
    over = [ExpirationWeek(None, *expired)] if expired[0] else []
    return over + [ExpirationWeek(today + timedelta(weeks=week), *sums) for week, sums in sorted(weeks.items())]


def year_chart(
    weeks: Sequence[ExpirationWeek], models: dict[date | None, list[tuple[object, bool]]], today: date
) -> YearChart:
    """`models`: those of the weeks that have marks, by the first day of the week, each with whether it is deployed."""
    drawn = YearChart(months=_months(today))
    largest = max((week.total for week in weeks if not week.has_marks), default=0)
    for week in weeks:
        x = LEFT + (week.first - today).days // 7 * WEEK if week.first else (LEFT - WEEK) // 2
        if week.has_marks:
            # What is deployed stands below, next to the line.
            ordered = sorted(models.get(week.first, []), key=lambda pair: not pair[1])
            drawn.marks.extend(
                Mark(x, LINE - MARK * (number + 1), model, deployed) for number, (model, deployed) in enumerate(ordered)
            )
        else:
            drawn.bars.append(_bar(x, week, largest))
    return drawn


def _bar(x: int, week: ExpirationWeek, largest: int) -> Bar:
    """At least as high as a mark; the largest week takes all the height."""
    height = max(MARK, round((LINE - TOP) * week.total / largest))
    served = round(height * week.deployed / week.total)
    if week.deployed:
        served = max(served, 2)
    return Bar(x, LINE - height, WEEK, height, LINE - served, served, week)


def _months(today: date) -> list[Month]:
    """The first of each month up to the end; the year is named once, and again where it changes."""
    found: list[Month] = []
    month = today.replace(day=1)
    while True:
        month = (month + timedelta(days=32)).replace(day=1)
        x = LEFT + round((month - today).days * WEEK / 7)
        if x > WIDTH - 2 * WEEK:  # no room for its name
            return found
        found.append(Month(x, month, not found or month.month == 1))
