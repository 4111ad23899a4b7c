"""Days and numbers in values of a query string, which anybody can write."""

from datetime import date
from typing import Any

from django.utils.dateparse import parse_date


def parse_day(text: Any) -> date | None:
    """None when it is invalid."""
    try:
        return parse_date(str(text)) if text else None
    except ValueError:
        return None


def parse_number(text: Any) -> float | None:
    """With a point or comma; None when it is invalid or out of range."""
    try:
        number = float(str(text).replace(",", ".")) if text else None
    except ValueError:
        return None
    return number if number is not None and 0 <= number < 10_000_000 else None
