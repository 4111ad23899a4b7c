"""The counts of an endpoint's content logs by day, and the gaps between the days, for the page that shows them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, timedelta
from typing import Any

from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from endpoints.access import door
from endpoints.access.permissions import Person
from endpoints.models import Endpoint, LogDay
from endpoints.models.status import ChangeState

COUNTED = ("seen", "archived", "vanished", "removed", "purged", "entries", "orphans", "empty")
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class DaySpan:
    """A day with its numbers, or consecutive days without any.

    state: "" for a day that was listed as a whole, "today", "perhaps" (the day before or after was not listed in time),
    "nothing" (listed, and nothing was recorded), "off" (content logging was), "unknown".
    """

    first: date
    last: date
    state: str
    numbers: LogDay | None = None

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def remarks(self) -> bool:
        names = ("vanished", "removed", "purged", "orphans", "empty")
        return self.numbers is not None and any(getattr(self.numbers, name) for name in names)

    @property
    def words(self) -> str:
        return {
            "": _("Checked"),
            "today": _("In progress"),
            "perhaps": _("Might be incomplete"),
            "nothing": _("Nothing recorded"),
            "off": _("Content logging was off"),
            "unknown": _("Unknown: not checked within 30 days"),
        }[self.state]


def sums(person: Person, endpoint: Endpoint) -> dict[str, int]:
    return door.log_days(person).filter(endpoint=endpoint).aggregate(**{name: Sum(name, default=0) for name in COUNTED})


def day_spans(person: Person, endpoint: Endpoint) -> list[DaySpan]:
    """From the last day with entries back to the first one. A day that was listed as a whole has a row."""
    rows = {row.day: row for row in door.log_days(person).filter(endpoint=endpoint)}
    busy = {day for day, row in rows.items() if any(getattr(row, name) for name in COUNTED)}
    logged = _logged(person, endpoint)
    found: list[DaySpan] = []
    day = max(busy, default=date.min)
    while busy and day >= min(busy):
        if day in busy:
            found.append(DaySpan(day, day, _completeness(day, rows, busy, logged), rows[day]))
        else:
            state = "off" if not logged(day) else "nothing" if day in rows else "unknown"
            if found and found[-1].state == state:
                found[-1] = replace(found[-1], first=day)
            else:
                found.append(DaySpan(day, day, state))
        day -= ONE_DAY
    return found


def _completeness(day: date, rows: dict[date, Any], busy: set[date], logged: Callable[[date], bool]) -> str:
    if day == timezone.now().astimezone(UTC).date():
        return "today"
    beside = [day - ONE_DAY, day + ONE_DAY]
    unknown = [one for one in beside if one not in rows and min(busy) < one < max(busy) and logged(one)]
    return "perhaps" if unknown else ""


def _logged(person: Person, endpoint: Endpoint) -> Callable[[date], bool]:
    """Whether content logging was on, for all or a part of a day, as far as it was changed from here."""
    changes = door.changes(person, door.READ_LOGS).filter(endpoint=endpoint, state=ChangeState.DONE)
    done = changes.filter(desired__has_key="logging_enabled").order_by("closed_at")
    switches = [
        (closed_at.astimezone(UTC).date(), bool(desired["logging_enabled"]), bool(before.get("logging_enabled")))
        for closed_at, desired, before in done.values_list("closed_at", "desired", "before")
        if closed_at
    ]

    def logged(day: date) -> bool:
        on = switches[0][2] if switches else endpoint.logging_enabled
        for at, wanted, before in switches:
            if at == day and (wanted or before or on):
                return True
            if at > day:
                break
            on = wanted
        return on

    return logged
