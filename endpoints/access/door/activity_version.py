"""The version of Activity, which shows events and how far the changes are that they are about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from endpoints.access.door.versions import DataVersion, digest

ACTIVITY = "activity"  # what its version begins with
NEWEST = ("SELECT max(id) FROM endpoints_event", ())


@dataclass(frozen=True)
class ActivityVersion:
    """`version` changes with each event and each change. `newest`: the id of the newest event, 0 without any."""

    version: str
    newest: int
    session_alive: bool
    mirrored_at: datetime | None

    @classmethod
    def now(cls, session_key: str = "") -> Self:
        data = DataVersion.now(session_key, extra=[NEWEST])
        newest = data.extra[0] or 0
        version = f"{ACTIVITY}.{digest(data.version, newest)}"
        return cls(version, newest, data.session_alive, data.mirrored_at)

    @classmethod
    def successor(cls, version: str, session_key: str) -> Self | None:
        """The version now of what `version` was of; None when it is no version of Activity."""
        return cls.now(session_key) if version.startswith(f"{ACTIVITY}.") else None
