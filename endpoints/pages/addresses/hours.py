"""How often an address was asked: in each of the last 24 hours, and since it is known at all."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max, Sum
from django.utils import timezone

from endpoints.access import door
from endpoints.access.permissions import Person
from endpoints.models import Address
from endpoints.models.address import HOURS_KEPT

HOURS, WIDTH, GAP, HEIGHT = 24, 14, 4, 80


@dataclass(frozen=True)
class Hour:
    """A bar: `x`, `y` and `height` of all requests, `second_height` of those that went to the second endpoint."""

    hour: datetime
    requests: int
    to_second: int
    unanswered: int
    x: int = 0
    y: int = 0
    height: int = 0
    second_y: int = 0
    second_height: int = 0

    @property
    def percent(self) -> int:
        """Of the answered requests, how many were sent to the second endpoint."""
        answered = self.requests - self.unanswered
        return round(100 * self.to_second / answered) if answered > 0 else 0


@dataclass(frozen=True)
class Day:
    hours: list[Hour]
    total: int
    to_second: int
    unanswered: int

    width = HOURS * (WIDTH + GAP)
    height = HEIGHT
    bar = WIDTH

    @property
    def percent(self) -> int:
        return Hour(timezone.now(), self.total, self.to_second, self.unanswered).percent


@dataclass(frozen=True)
class Use:
    """`last`: the beginning of the latest hour in which a program asked, None if there is none in the last `days`."""

    requests: int
    last: datetime | None

    days = HOURS_KEPT


def use_of(person: Person, address: Address) -> Use:
    """What to know before it is deleted."""
    hours = door.address_hours(person).filter(address=address)
    found = hours.aggregate(requests=Sum("requests", default=0), last=Max("hour"))
    return Use(found["requests"], found["last"])


def last_day(person: Person, address: Address) -> Day:
    """Also the hours without requests; the newest is the present one."""
    newest = timezone.now().replace(minute=0, second=0, microsecond=0)
    first = newest - timedelta(hours=HOURS - 1)
    stored = {one.hour: one for one in door.address_hours(person).filter(address=address, hour__gte=first)}
    most = max((one.requests for one in stored.values()), default=0) or 1
    hours = []
    for n in range(HOURS):
        at = first + timedelta(hours=n)
        row = stored.get(at)
        asked, second, none = (row.requests, row.to_second, row.unanswered) if row else (0, 0, 0)
        height, second_height = -(-asked * HEIGHT // most), -(-second * HEIGHT // most)
        places = (n * (WIDTH + GAP), HEIGHT - height, height, HEIGHT - second_height, second_height)
        hours.append(Hour(at, asked, second, none, *places))
    return Day(hours, *(sum(getattr(one, of) for one in hours) for of in ("requests", "to_second", "unanswered")))
