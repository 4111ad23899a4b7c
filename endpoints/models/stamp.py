"""How new the data is, for one small query: what each page says of it, and whether a page that watches has news."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.dateparse import parse_datetime

_FACTS = """
SELECT
    (SELECT max(updated_at) FROM endpoints_endpoint),
    (SELECT max(updated_at) FROM endpoints_change),
    (SELECT max(failing_since) FROM endpoints_resource),
    (SELECT count(*) FROM endpoints_resource WHERE failing_since IS NOT NULL),
    (SELECT count(*) FROM endpoints_resource WHERE mirrored_at IS NULL),
    (SELECT min(mirrored_at) FROM endpoints_resource),
    (SELECT max(catalogued_at) FROM endpoints_resource),
    (SELECT count(*) FROM endpoints_resource),
    EXISTS (SELECT 1 FROM django_session WHERE session_key = %s AND expire_date > %s)
"""


@dataclass(frozen=True)
class Stamp:
    """Facts about all Speech resources together, and a `version` that changes with whatever pages show."""

    version: str
    failing: int
    unread: int
    mirrored_at: datetime | None
    catalogued_at: str
    resources: int
    session: bool

    @classmethod
    def now(cls, session_key: str = "") -> "Stamp":
        """`session` tells whether the session with this key is alive.

        The version holds the minute: rows in progress say for how many, and a missing worker is noticed by the time.
        """
        now = timezone.now()
        with connection.cursor() as cursor:
            cursor.execute(_FACTS, [session_key, connection.ops.adapt_datetimefield_value(now)])
            endpoint, change, since, failing, unread, mirrored, catalogued, resources, session = cursor.fetchone()
        changing = (endpoint, change, since, failing, unread, resources)
        version = "-".join("".join(c for c in str(fact or 0) if c.isdigit()) for fact in changing)
        return cls(
            version=f"{version}-{now.minute}",
            failing=failing,
            unread=unread,
            mirrored_at=_time(mirrored),
            catalogued_at=str(catalogued),
            resources=resources,
            session=bool(session),
        )


def _time(value: Any) -> datetime | None:
    """SQLite tells a time as text, in UTC."""
    if not isinstance(value, str):
        return value  # type: ignore[no-any-return]
    found = parse_datetime(value)
    return found.replace(tzinfo=found.tzinfo or timezone.get_fixed_timezone(0)) if found else None
