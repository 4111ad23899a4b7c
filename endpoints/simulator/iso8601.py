"""ISO 8601: times as YYYY-MM-DDThh:mm:ssZ, durations as PnYnMnDTnHnMnS."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from functools import lru_cache

DURATION = re.compile(
    r"^P(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?$"
)
SECONDS = {
    "years": 365 * 86_400,
    "months": 30 * 86_400,
    "weeks": 7 * 86_400,
    "days": 86_400,
    "hours": 3_600,
    "minutes": 60,
    "seconds": 1,
}


def iso(moment: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))


def parse_moment(text: str) -> float:
    """Seconds since 1970; raises ValueError. A time without an offset is in UTC."""
    parsed = datetime.fromisoformat(text)
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()


@lru_cache(maxsize=1024)
def parse_duration(duration: str) -> float:
    """The seconds of an ISO 8601 duration (a year has 365 days, a month 30); raises ValueError."""
    if duration == "0":
        return 0.0
    match = DURATION.match(duration)
    parts = {name: value for name, value in match.groupdict().items() if value} if match else {}
    if not parts or duration.endswith("T"):
        raise ValueError(f"{duration!r} is no ISO 8601 duration")
    return sum(float(value) * SECONDS[name] for name, value in parts.items())


def iso_duration(seconds: float) -> str:
    """A duration in minutes and seconds, as used for audio: PT1M3.25S."""
    minutes, rest = divmod(round(seconds, 3), 60)
    text = f"{rest:.3f}".rstrip("0").rstrip(".")
    return f"PT{int(minutes)}M{text}S" if minutes else f"PT{text}S"
