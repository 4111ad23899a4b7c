"""Values of query strings, read leniently."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils.dateparse import parse_date


def parse_day(text: Any) -> date | None:
    """The date in a value of a query string; None when it is invalid."""
    try:
        return parse_date(str(text)) if text else None
    except ValueError:
        return None


def parse_number(text: Any) -> float | None:
    """The number in a value of a query string, with a point or comma; None when it is invalid or out of range."""
    try:
        number = float(str(text).replace(",", ".")) if text else None
    except ValueError:
        return None
    return number if number is not None and 0 <= number < 10_000_000 else None
