"""What a probe costs, in words: recordings are billed by their duration, and two models hear each."""

from datetime import timedelta

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from endpoints.templatetags.durations import duration

HOURS = (1, 6, 12, 24)  # between two checks, as offered
MONTH = timedelta(days=30)


def cost(seconds: float, every_hours: int) -> str:
    """Of a recording of so many seconds, which is checked every so many hours."""
    month = timedelta(seconds=2 * seconds * (MONTH / timedelta(hours=every_hours)))
    words = {"seconds": number_format(seconds, 1), "time": duration(month), "often": often(every_hours)}
    told = _("2 × %(seconds)s s %(often)s, about %(time)s of audio a month.") % words
    billed = f"2 × {words['seconds']} s"
    return told.replace(billed, billed.replace(" ", "\N{NO-BREAK SPACE}"))


def often(every_hours: int) -> str:
    return ngettext("every hour", "every %(count)s hours", every_hours) % {"count": every_hours}


def choices() -> list[tuple[int, str]]:
    return [(hours, each(hours)) for hours in HOURS]


def each(hours: int) -> str:
    return ngettext("Every hour", "Every %(hours)s hours", hours) % {"hours": hours}
