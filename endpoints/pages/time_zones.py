"""Time zones by the names that people and browsers give them."""

from collections.abc import Callable, Iterator
from datetime import UTC
from functools import cache, wraps
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.http.response import HttpResponseBase
from django.utils import timezone

AREAS = {
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
}


@cache
def _known() -> frozenset[str]:
    """Cached, because available_timezones() reads many files."""
    return frozenset(available_timezones())


def named(name: str) -> ZoneInfo | None:
    """The zone of this name; None for any other text."""
    return ZoneInfo(name) if name in _known() else None


@cache
def by_area() -> list[tuple[str, list[tuple[str, str]]]]:
    """Those named after places, as groups for a choice: an area, and in it a name and how to read it."""
    names = sorted(name for name in _known() if _area(name) in AREAS)
    return [(area, list(_choices(places))) for area, places in groupby(names, _area)]


def _area(name: str) -> str:
    return name.partition("/")[0]


def _choices(names: Iterator[str]) -> Iterator[tuple[str, str]]:
    for name in names:
        yield name, name.replace("_", " ")


def in_utc(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Render a page in UTC for every reader, because the service counts and deletes content logs by days of UTC."""

    @wraps(view)
    def page(*args: Any, **more: Any) -> HttpResponseBase:
        with timezone.override(UTC):
            return view(*args, **more)

    return page
