"""The version of the page that shows the content logs of all endpoints, for one small query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from endpoints.access.door.versions import DataVersion, digest

OVERVIEW = "overview"  # what its versions begin with

# A refresh moves its position and its lease, a download its row; a purge and the end of a retention record an event.
_SHOWN = (
    "SELECT max(updated_at) FROM endpoints_endpoint",
    "SELECT max(updated_at) FROM endpoints_download",
    "SELECT max(id) FROM endpoints_event",
    "SELECT count(*) FROM endpoints_logarchive",
    "SELECT max(listed_at) FROM endpoints_logarchive",
    "SELECT max(checked_at) FROM endpoints_logarchive",
    "SELECT max(due_at) FROM endpoints_logarchive",
    "SELECT max(leased_until) FROM endpoints_logarchive",
    "SELECT sum(failures + length(position) + length(error) + length(stage)) FROM endpoints_logarchive",
)


@dataclass(frozen=True)
class OverviewVersion:
    """`version` changes with whatever the page shows."""

    version: str
    session_alive: bool
    mirrored_at: datetime | None

    @classmethod
    def now(cls, session_key: str = "") -> OverviewVersion:
        data = DataVersion.now(session_key, extra=[(fact, ()) for fact in _SHOWN])
        return cls(f"{OVERVIEW}.{digest(data.frame, data.extra)}", data.session_alive, data.mirrored_at)

    @classmethod
    def successor(cls, version: str, session_key: str) -> OverviewVersion | None:
        """The version now; None when `version` is of another page."""
        return cls.now(session_key) if version.startswith(f"{OVERVIEW}.") else None
