"""The quarters at whose ends models expire ("Custom speech model lifecycle")."""

from __future__ import annotations

from datetime import UTC, datetime


def quarter_end(moment: float, quarters: int = 0) -> float:
    """Midnight (UTC) of the quarter end (15 Jan, Apr, Jul, Oct) on or after a moment, plus so many quarters."""
    day = datetime.fromtimestamp(moment, UTC)
    months = day.year * 12 + day.month - 1
    while (months % 12) % 3 != 0 or datetime(months // 12, months % 12 + 1, 15, tzinfo=UTC).date() < day.date():
        months += 1
    months += 3 * quarters
    return datetime(months // 12, months % 12 + 1, 15, tzinfo=UTC).timestamp()
