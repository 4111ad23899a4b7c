from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

register = template.Library()


@register.filter
def recent(at: datetime) -> str:
    """The time of today, the days of the last week, otherwise the date: what stays true until the day ends."""
    at = timezone.localtime(at)
    days = (timezone.localdate() - at.date()).days
    if days == 0:
        return date_format(at, "TIME_FORMAT")
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
