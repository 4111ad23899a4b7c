from datetime import date, datetime
from functools import lru_cache

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

register = template.Library()


@register.filter
def recent(at: datetime) -> str:
    """The time of today, the days of the last week, otherwise the date: what stays true until the day ends."""
    at, today = timezone.localtime(at), timezone.localdate()
    return date_format(at, "TIME_FORMAT") if at.date() == today else _recent_day(at.date(), today, get_language())


@lru_cache(maxsize=5000)
def _recent_day(at: date, today: date, _language: str | None) -> str:
    days = (today - at).days
    if days == 1:
        return _("Yesterday")
    if 1 < days < 7:
        return ngettext("%(days)s day ago", "%(days)s days ago", days) % {"days": days}
    return date_format(at, "DATE_FORMAT")


@register.filter
def moment(at: datetime) -> str:
    """The time of today to the second, otherwise the date and the time."""
    at = timezone.localtime(at)
    if at.date() == timezone.localdate():
        return f"{at:%H:%M:%S}"
    return f"{date_format(at, 'DATE_FORMAT')} {date_format(at, 'TIME_FORMAT')}"
