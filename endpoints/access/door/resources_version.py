"""The version of the Resources page and of a draft's page: whether they are out of date, for one small query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from endpoints.access.door.versions import DataVersion, Extra, digest
from endpoints.models.search import uuid_in

RESOURCES, DRAFT = "resources", "draft"  # what their versions begin with

# A list with an entry for each resource. Of the time when a resource answered last only the minute counts, because
# each refresh changes it.
_RESOURCES = """
SELECT {all}({row}(
    minute, id, name, region, url, auth, tenant_id, client_id, api_version, automatic_version, offered_version,
    free_tier, failing_since, failure, unreadable, paused_until, paused_at, paused_by, pause_reason, removing_at,
    removed_entries, switched_at, poll_seconds, steps, tested_at, finished_at, endpoints, models, changes
)) FROM (
    SELECT r.*, substr(CAST(r.mirrored_at AS text), 1, 16) AS minute,
        c.steps, c.updated_at AS tested_at, c.finished_at,
        (SELECT count(*) FROM endpoints_endpoint e
            WHERE e.resource_id = r.id AND (e.gone_at IS NULL OR r.removing_at IS NOT NULL)) AS endpoints,
        (SELECT count(*) FROM endpoints_speechmodel m WHERE m.resource_id = r.id AND m.gone_at IS NULL) AS models,
        (SELECT count(*) FROM endpoints_change n JOIN endpoints_endpoint e ON e.id = n.endpoint_id
            WHERE e.resource_id = r.id AND n.closed_at IS NULL) AS changes
    FROM endpoints_resource r LEFT JOIN endpoints_connectioncheck c ON c.resource_id = r.id AND NOT c.draft
    ORDER BY r.name
) AS shown
"""
_DRAFTS = "SELECT {row}(count(*), max(updated_at)) FROM endpoints_connectioncheck WHERE draft"
_DRAFT = "SELECT {row}(steps, finished_at, updated_at) FROM endpoints_connectioncheck WHERE draft AND id = %s"
_JSON = {
    "postgresql": {"all": "json_agg", "row": "json_build_array"},
    "sqlite": {"all": "json_group_array", "row": "json_array"},
}


@dataclass(frozen=True)
class ResourcesVersion:
    """`version` changes with whatever the page shows: of all resources with their tests, or of one draft."""

    version: str
    session_alive: bool
    mirrored_at: datetime | None

    @classmethod
    def of_all(cls, session_key: str = "") -> ResourcesVersion:
        return cls._of(RESOURCES, session_key, [(_RESOURCES, ()), (_DRAFTS, ())])

    @classmethod
    def of_draft(cls, pk: UUID, session_key: str = "") -> ResourcesVersion:
        draft = pk if connection.features.has_native_uuid_field else pk.hex
        return cls._of(f"{DRAFT}.{pk}", session_key, [(_DRAFT, [draft])])

    @classmethod
    def _of(cls, name: str, session_key: str, facts: list[Extra]) -> ResourcesVersion:
        dialect = _JSON[connection.vendor]
        data = DataVersion.now(session_key, extra=[(sql.format(**dialect), values) for sql, values in facts])
        return cls(f"{name}.{digest(data.frame, data.extra)}", data.session_alive, data.mirrored_at)

    @classmethod
    def successor(cls, version: str, session_key: str) -> ResourcesVersion | None:
        """The version now of what `version` was of; None when it is no version of these pages."""
        prefix, draft, *_rest = [*version.split("."), "", ""]
        if prefix == RESOURCES:
            return cls.of_all(session_key)
        pk = uuid_in(draft)
        return cls.of_draft(pk, session_key) if prefix == DRAFT and pk else None
