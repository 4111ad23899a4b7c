"""Times in texts, in the reader's time zone and language.

Everything that people read uses these functions, and templates the filters of the same names (templatetags.dates).
Files for machines give times in UTC instead.
"""

from datetime import date, datetime

from django.utils import timezone
from django.utils.formats import date_format


def local(at: date) -> date:
    """A moment as the reader's clock shows it. A day, or a time that was typed, is in no other zone."""
    return timezone.localtime(at) if isinstance(at, datetime) and timezone.is_aware(at) else at


def day(at: date) -> str:
    """Nov 29, 2026"""
    return date_format(local(at), "DATE_FORMAT")


def time_of_day(at: datetime) -> str:
    """14:02"""
    return date_format(local(at), "TIME_FORMAT")


def zoned(at: datetime) -> str:
    """Nov 29, 2026 14:02 CET"""
    return f"{day(at)} {time_of_day(at)} {local(at):%Z}"


def exact(at: datetime) -> str:
    """Nov 29, 2026 14:02:05 CET"""
    return f"{day(at)} {exact_clock(at)}"


def clock_with_seconds(at: datetime) -> str:
    """14:02:05"""
    return f"{local(at):%H:%M:%S}"


def exact_clock(at: datetime) -> str:
    """14:02:05 CET"""
    return f"{clock_with_seconds(at)} {local(at):%Z}"


def weekday(at: date) -> str:
    """Sunday"""
    return date_format(local(at), "l")


def month(at: date) -> str:
    """Nov"""
    return date_format(local(at), "M")


def seconds(at: datetime) -> str:
    """What is added to a clock's minutes: ":05 CET"."""
    return f":{local(at):%S %Z}"


def machine_day(at: date) -> str:
    """The day of a moment: 2026-11-29"""
    return f"{local(at):%Y-%m-%d}"


def machine(at: date) -> str:
    """For the attribute datetime, for fields and for addresses: 2026-11-29T14:02+0100, or 2026-11-29."""
    return f"{local(at):%Y-%m-%dT%H:%M%z}" if isinstance(at, datetime) else machine_day(at)
