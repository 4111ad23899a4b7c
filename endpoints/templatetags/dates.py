"""Times in templates: the filters of endpoints.models.times, and two that say more the nearer a time is."""

from collections.abc import Callable
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django import template
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from endpoints.models import times

register = template.Library()


def _filter(write: Callable[[Any], str]) -> None:
    register.filter(write.__name__, lambda at: write(at) if at else "")


for write in (
    *(times.day, times.time_of_day, times.zoned, times.exact, times.seconds, times.weekday, times.month),
    *(times.machine, times.machine_day),
):
    _filter(write)


@register.filter
def recent(at: datetime) -> str:
    """The time of today, the days of the last week, otherwise the date: what stays true until the day ends."""
    day, today = timezone.localtime(at).date(), timezone.localdate()
    return times.time_of_day(at) if day == today else _recent_day(day, today, get_language())


@lru_cache(maxsize=5000)
def _recent_day(at: date, today: date, _language: str | None) -> str:
    days = (today - at).days
    if days == 1:
        return _("Yesterday")
    if 1 < days < 7:
        return ngettext("%(days)s day ago", "%(days)s days ago", days) % {"days": days}
    return times.day(at)


@register.filter
def moment(at: datetime) -> str:
    """The time of today to the second, otherwise the date and the time."""
    if timezone.localtime(at).date() == timezone.localdate():
        return times.clock_with_seconds(at)
    return to_the_minute(at)


@register.filter
def to_the_minute(at: datetime) -> str:
    """The time of today, otherwise the date and the time."""
    today = timezone.localtime(at).date() == timezone.localdate()
    return times.time_of_day(at) if today else f"{times.day(at)} {times.time_of_day(at)}"
