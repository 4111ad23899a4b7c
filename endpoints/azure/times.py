"""Times in the service's formats: in JSON, headers and filters. Results are aware and in UTC."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def moment(text: str | None) -> datetime | None:
    """A date-time of the service in UTC, which it is in without an offset; None if it is invalid.

    .NET uses the year 9999 for "never" and the year 1 for "not set". The former is limited to the last day but one, so
    that it exists in all time zones; the latter is None.
    """
    if not text:
        return None
    try:
        parsed = datetime.fromisoformat(text)
        aware = parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    if aware.year == 1:
        return None
    return min(aware, datetime(9999, 12, 30, 23, 59, 59, 999999, tzinfo=UTC))


def retry_after(value: str | None, date: str | None = None) -> float | None:
    """The seconds in a Retry-After header, never negative; None if it is missing or invalid.

    An HTTP-date is relative to the Date header of the same response, if it has one, because clocks differ.
    """
    if value is None:
        return None
    text = value.strip()
    if re.fullmatch(r"[+-]?[0-9]{1,15}(\.[0-9]{1,9})?", text):
        return max(0.0, float(text))
    until = _http_date(text)
    if until is None:
        return None
    return max(0.0, (until - (_http_date(date or "") or datetime.now(UTC))).total_seconds())


_DURATION = re.compile(
    r"P(?:([0-9]{1,9})D)?(?:T(?:([0-9]{1,9})H)?(?:([0-9]{1,9})M)?(?:([0-9]{1,9}(?:[.][0-9]{1,9})?)S)?)?"
)


def milliseconds(duration: str | None) -> int | None:
    """An ISO 8601 duration without months and years, such as PT1M2.5S, in milliseconds; None if it is invalid."""
    found = _DURATION.fullmatch(duration or "")
    if not found or not any(found.groups()):
        return None
    days, hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return round((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000)


def _http_date(text: str) -> datetime | None:
    try:
        parsed = parsedate_to_datetime(text)
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def utc(value: datetime) -> str:
    """A time for a filter, in seconds and without quotes: `createdDateTime gt 2022-02-01T11:00:00Z`."""
    if value.tzinfo is None:
        raise ValueError("A time for a filter needs a time zone.")
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
