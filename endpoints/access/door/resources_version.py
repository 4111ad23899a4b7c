"""The version of the Resources page and of a draft's page: whether they are out of date, for one small query."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models import Exists
from django.db.models.functions import Now
from django.utils import timezone

from endpoints.access.door.versions import digest
from endpoints.models import ConnectionCheck
from endpoints.models.search import uuid_in

RESOURCES, DRAFT = "resources", "draft"  # what their versions begin with

# One row for each resource; one without a resource when there is none, so that the session is always read.
_FACTS = """
SELECT
    EXISTS (SELECT 1 FROM django_session WHERE session_key = %s AND expire_date > %s),
    r.mirrored_at, r.id, r.name, r.region, r.url, r.auth, r.tenant_id, r.client_id, r.api_version, r.automatic_version,
    r.offered_version, r.free_tier, r.failing_since, r.failure, r.unreadable, r.paused_until, r.paused_at, r.paused_by,
    r.pause_reason, r.removing_at, r.removed_entries, c.steps, c.updated_at, c.finished_at,
    (SELECT count(*) FROM endpoints_endpoint e
        WHERE e.resource_id = r.id AND (e.gone_at IS NULL OR r.removing_at IS NOT NULL)),
    (SELECT count(*) FROM endpoints_speechmodel m WHERE m.resource_id = r.id AND m.gone_at IS NULL),
    (SELECT count(*) FROM endpoints_change n JOIN endpoints_endpoint e ON e.id = n.endpoint_id
        WHERE e.resource_id = r.id AND n.closed_at IS NULL),
    (SELECT count(*) FROM endpoints_connectioncheck WHERE draft),
    (SELECT max(updated_at) FROM endpoints_connectioncheck WHERE draft)
FROM (SELECT 1 AS one) AS once
LEFT JOIN endpoints_resource r ON 1 = 1
LEFT JOIN endpoints_connectioncheck c ON c.resource_id = r.id AND NOT c.draft
ORDER BY r.name
"""
_MINUTE = len("2026-01-31 12:00")


@dataclass(frozen=True)
class ResourcesVersion:
    """`version` changes with whatever the page shows: of all resources with their tests, or of one draft.

    Of the time when a resource answered last only the minute counts, because each refresh changes it.
    """

    version: str
    session_alive: bool
    mirrored_at: None = None  # the page says of each resource when it was

    @classmethod
    def of_all(cls, session_key: str = "") -> ResourcesVersion:
        now = connection.ops.adapt_datetimefield_value(timezone.now())
        with connection.cursor() as cursor:
            cursor.execute(_FACTS, [session_key, now])
            rows = cursor.fetchall()
        facts = [(str(mirrored)[:_MINUTE], *map(str, shown)) for _alive, mirrored, *shown in rows]
        return cls(f"{RESOURCES}.{digest(facts)}", bool(rows[0][0]))

    @classmethod
    def of_draft(cls, pk: UUID, session_key: str = "") -> ResourcesVersion:
        alive = Exists(Session.objects.filter(session_key=session_key, expire_date__gt=Now()))
        rows = ConnectionCheck.objects.drafts().filter(pk=pk).annotate(alive=alive)
        session, *facts = rows.values_list("alive", "steps", "finished_at", "updated_at").first() or (False,)
        return cls(f"{DRAFT}.{pk}.{digest(facts)}", bool(session))

    @classmethod
    def successor(cls, version: str, session_key: str) -> ResourcesVersion | None:
        """The version now of what `version` was of; None when it is no version of these pages."""
        prefix, draft, *_rest = [*version.split("."), "", ""]
        if prefix == RESOURCES:
            return cls.of_all(session_key)
        pk = uuid_in(draft)
        return cls.of_draft(pk, session_key) if prefix == DRAFT and pk else None
