"""The version of Activity, which shows events and how far the changes are that they are about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from endpoints.access.door.versions import DataVersion, digest, time_of

# What its version begins with, that for whoever manages people, and the newest event of each.
ACTIVITY, WITH_PEOPLE = "activity", "activity-people"
_NEWEST = {
    WITH_PEOPLE: "SELECT max(id) FROM endpoints_event",
    ACTIVITY: "SELECT id FROM endpoints_event WHERE kind <> 'people' ORDER BY id DESC LIMIT 1",
}


_VERIFIED = ('SELECT "until" FROM endpoints_verification WHERE id = 1', ())
_DAMAGED = ("SELECT event_id FROM endpoints_verification WHERE id = 1 AND problem <> ''", ())


@dataclass(frozen=True)
class ActivityVersion:
    """`version` changes with each event and each change. `newest`: the id of the newest event, 0 without any.

    `verified_until`: nothing before it was changed. `damaged`: the first event that was changed, removed or added.
    """

    version: str
    newest: int
    session_alive: bool
    mirrored_at: datetime | None
    verified_until: datetime | None
    damaged: int | None

    @classmethod
    def now(cls, session_key: str = "", *, people: bool) -> Self:
        """`people`: with the events about people and their accounts."""
        kind = WITH_PEOPLE if people else ACTIVITY
        data = DataVersion.now(session_key, extra=[(_NEWEST[kind], ()), _VERIFIED, _DAMAGED])
        newest = data.extra[0] or 0
        verified = time_of(data.extra[1]), data.extra[2]
        return cls(f"{kind}.{digest(data.version, newest)}", newest, data.session_alive, data.mirrored_at, *verified)

    @classmethod
    def successor(cls, version: str, session_key: str) -> Self | None:
        """The version now of what `version` was of; None when it is no version of Activity."""
        kind = version.partition(".")[0]
        return cls.now(session_key, people=kind == WITH_PEOPLE) if kind in _NEWEST else None
