"""How new the data is, for one small query: what each page says of it, and whether a page that watches has news."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from endpoints.models.sweep import overdue

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
    (SELECT "at" FROM endpoints_sweep WHERE id = 1),
    CURRENT_TIMESTAMP,
    (SELECT count(*) FROM endpoints_download WHERE actor_id = %s AND state = 'ready' AND told_at IS NULL),
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
    swept_at: datetime | None
    workerless: bool
    untold: int
    session: bool

    @classmethod
    def now(cls, session_key: str = "", reader: int | None = None) -> "Stamp":
        """`session` tells whether the session with this key is alive; `untold` how many downloads of `reader` are
        ready without their knowing (Download.objects.ready_unnotified).

        The version holds the minute: rows in progress say for how many, and a missing worker is noticed by the time.
        """
        now = timezone.now()
        with connection.cursor() as cursor:
            cursor.execute(_FACTS, [reader, session_key, connection.ops.adapt_datetimefield_value(now)])
            endpoint, change, since, failing, unread, mirrored, catalogued, resources, *rest = cursor.fetchone()
        swept, clock, untold, session = _time(rest[0]), _time(rest[1]), rest[2], rest[3]
        changing = (endpoint, change, since, failing, unread, resources)
        version = "-".join("".join(c for c in str(fact or 0) if c.isdigit()) for fact in changing)
        return cls(
            version=f"{version}-{now:%d%H%M}",
            failing=failing,
            unread=unread,
            mirrored_at=_time(mirrored),
            catalogued_at=str(catalogued),
            resources=resources,
            swept_at=swept,
            workerless=overdue(swept, clock),
            untold=untold,
            session=bool(session),
        )


def _time(value: Any) -> datetime | None:
    """SQLite tells a time as text or without a zone, in UTC."""
    found = parse_datetime(value) if isinstance(value, str) else value
    return found.replace(tzinfo=found.tzinfo or UTC) if found else None
