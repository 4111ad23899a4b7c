"""Versions of the data on a page: whether a page that polls is out of date, for one small query.

A poll is answered before the session is read (pages.polls), so a version is of the whole installation and has no
person. It reveals only that something has changed; what has changed is then fetched as the person may see it.

Each version holds what the frame of every page shows, such as banners, and what the page itself shows. Times in words
("19 days left", "Yesterday") change with the quarter of an hour, in which each day of each time zone begins; minutes
are counted only while something is being deployed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from endpoints.access.sessions import SESSION_ALIVE
from endpoints.models.log import LogFile
from endpoints.models.log_archive import Stage
from endpoints.models.search import uuid_in
from endpoints.models.secret import is_locked
from endpoints.models.status import OPEN
from endpoints.models.sweep import missing, overdue

DOWNLOADS, FRAME, LOGS = "downloads", "frame", "logs"  # what their versions begin with
ARCHIVE_FIELDS = ("stage", "due_at", "position", "listed_at", "checked_at", "error", "unreadable", "keep")
QUARTER = 15  # minutes

_FACTS = """
SELECT
    (SELECT max(updated_at) FROM endpoints_endpoint),
    (SELECT max(updated_at) FROM endpoints_change),
    (SELECT max(failing_since) FROM endpoints_resource WHERE failing_since IS NOT NULL AND paused_at IS NULL),
    (SELECT count(*) FROM endpoints_resource WHERE failing_since IS NOT NULL AND paused_at IS NULL),
    (SELECT count(*) FROM endpoints_resource WHERE mirrored_at IS NULL AND paused_at IS NULL),
    (SELECT min(mirrored_at) FROM endpoints_resource WHERE paused_at IS NULL),
    (SELECT max(cataloged_at) FROM endpoints_resource),
    (SELECT count(*) FROM endpoints_resource),
    (SELECT "at" FROM endpoints_sweep WHERE id = 1),
    (SELECT beat_at FROM endpoints_sweep WHERE id = 1),
    {clock},
    (SELECT logs_beat_at FROM endpoints_sweep WHERE id = 1),
    (SELECT max(edited_at) FROM endpoints_resource),
    (SELECT count(*) FROM endpoints_download WHERE state = 'ready' AND notified_at IS NULL),
    (SELECT max(expires_at) FROM endpoints_speechmodel WHERE expires_at <= %s),
    (SELECT count(*) FROM endpoints_change WHERE {open} AND state = 'queued' AND scheduled_for <= %s),
    EXISTS (SELECT 1 FROM endpoints_change WHERE {open} AND state = 'deploying'),
    EXISTS (SELECT 1 FROM endpoints_endpoint WHERE status IN ('NotStarted', 'Running') AND gone_at IS NULL),
    (SELECT count(*) FROM endpoints_resource WHERE NOT (unreadable = '{{}}')),
    (SELECT count(*) FROM endpoints_resource WHERE paused_at IS NOT NULL),
    (SELECT max(paused_at) FROM endpoints_resource WHERE paused_at IS NOT NULL),
    (SELECT count(*) FROM endpoints_download WHERE actor_id = %s AND state = 'ready' AND notified_at IS NULL),
    (SELECT sealed FROM endpoints_keycheck WHERE id = 1),
    (SELECT max(changed_at) FROM endpoints_alert),
    (SELECT max(verdict_at) FROM endpoints_probe),
    (SELECT count(*) FROM endpoints_probe),
    (SELECT max(judged_at) FROM endpoints_quality),
    {session}
"""
_ARCHIVE = "SELECT {field} FROM endpoints_logarchive WHERE endpoint_id = %s"
_UNREAD = """
SELECT CASE (SELECT stage FROM endpoints_logarchive WHERE endpoint_id = %s)
    WHEN %s THEN (SELECT count(*) FROM ({rows}) AS unread) ELSE 0 END
"""
# As the index of open changes has it, so that it is used: history is long, and few changes are open.
_OPEN = f"state IN ({', '.join(repr(str(state)) for state in OPEN)})"

# With fractions of a second, as rows have them: what is due is due in the second in which it was asked for.
_SECONDS = "CURRENT_TIMESTAMP"
_CLOCK = {"sqlite": "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now')"}

Extra = tuple[str, Sequence[Any]]  # a query for one value, and its parameters


@dataclass(frozen=True)
class DataVersion:
    """Facts about all Speech resources together, and a `version` that changes with whatever pages show of endpoints.

    `frame` changes with what every page shows; `extra` has the values that were asked for besides.
    """

    version: str
    frame: str
    failing: int
    unread: int
    mirrored_at: datetime | None
    cataloged_at: str
    resources: int
    swept_at: datetime | None
    worker_missing: bool
    workers_busy: bool
    logs_worker_missing: bool
    unreadable: int
    paused: int
    unseen: int
    locked: bool
    probe_count: int
    judged: bool  # the quality of recognition of any endpoint
    session_alive: bool
    clock: datetime | None
    extra: tuple[Any, ...]

    @classmethod
    def now(cls, session_key: str = "", reader: int | None = None, extra: Sequence[Extra] = ()) -> DataVersion:
        """`unseen`: how many downloads of `reader` are ready without their knowing (DownloadQuerySet.ready_unnotified).

        `clock` is the database's. `locked`: ENCRYPTION_KEYS lacks the key of the stored secrets.
        """
        now = timezone.now()
        moment = connection.ops.adapt_datetimefield_value(now)
        facts = _FACTS.format(open=_OPEN, session=SESSION_ALIVE, clock=_CLOCK.get(connection.vendor, _SECONDS))
        params = [moment, moment, reader, session_key, moment]
        for sql, values in extra:
            facts += f", ({sql})"
            params += values
        with connection.cursor() as cursor:
            cursor.execute(facts, params)
            endpoint, change, since, failing, unread, mirrored, cataloged, resources, *rest = cursor.fetchone()
        swept, beat, clock, logs_beat = map(time_of, rest[:4])
        (
            edited,
            ready,
            expired,
            due,
            deploying,
            running,
            unreadable,
            paused,
            paused_at,
            unseen,
            sealed,
            alerted,
            judged,
            probes,
            qualities,
            session,
            *more,
        ) = rest[4:]
        late, absent = overdue(swept, clock), missing(swept, beat, clock)
        shown = (
            since,
            failing,
            unread,
            resources,
            unreadable,
            late,
            absent,
            edited,
            ready,
            cataloged,
            expired,
            alerted,
        )
        locked = is_locked(sealed)
        frame = digest(shown, paused, paused_at, locked, f"{now:%d%H}", now.minute // QUARTER)
        minute = now.minute if deploying or running else None
        return cls(
            version=digest(frame, endpoint, change, due, minute, judged, probes, qualities),
            frame=frame,
            failing=failing,
            unread=unread,
            mirrored_at=time_of(mirrored),
            cataloged_at=str(cataloged),
            resources=resources,
            swept_at=swept,
            worker_missing=absent,
            workers_busy=late and not absent,
            logs_worker_missing=overdue(logs_beat, clock),
            unreadable=unreadable,
            paused=paused,
            unseen=unseen,
            locked=locked,
            probe_count=probes,
            judged=qualities is not None,
            session_alive=bool(session),
            clock=clock,
            extra=tuple(more),
        )


@dataclass(frozen=True)
class FrameVersion:
    """`version` changes with what every page shows, such as banners."""

    version: str
    session_alive: bool
    mirrored_at: datetime | None

    @staticmethod
    def named(data: DataVersion) -> str:
        return f"{FRAME}.{data.frame}"

    @classmethod
    def successor(cls, version: str, session_key: str) -> FrameVersion | None:
        """The version now; None when `version` is of something else."""
        if not version.startswith(f"{FRAME}."):
            return None
        data = DataVersion.now(session_key)
        return cls(cls.named(data), data.session_alive, data.mirrored_at)


@dataclass(frozen=True)
class DownloadsVersion:
    """`version` changes with each download of an endpoint, or with each of all, and with a missing worker of theirs."""

    version: str
    worker_missing: bool
    session_alive: bool
    mirrored_at: datetime | None

    @classmethod
    def now(cls, endpoint: UUID | None, session_key: str = "") -> DownloadsVersion:
        rows, params = ("FROM endpoints_download", [])
        if endpoint:
            rows, params = f"{rows} WHERE endpoint_id = %s", [_id(endpoint)]
        data = DataVersion.now(
            session_key, extra=[(f"SELECT {of} {rows}", params) for of in ("max(updated_at)", "count(*)")]
        )
        missing = data.extra[1] > 0 and data.logs_worker_missing
        version = f"{DOWNLOADS}.{endpoint or ''}.{digest(data.frame, data.extra, missing)}"
        return cls(version, missing, data.session_alive, data.mirrored_at)

    @classmethod
    def successor(cls, version: str, session_key: str) -> DownloadsVersion | None:
        """The version now of what `version` was of; None when it is no version of downloads."""
        prefix, endpoint, *_rest = [*version.split("."), ""]
        return cls.now(uuid_in(endpoint), session_key) if prefix == DOWNLOADS else None


@dataclass(frozen=True)
class LogsVersion:
    """`version` changes with what the page of an endpoint's logs shows, or with the files of `entry`."""

    version: str
    session_alive: bool
    mirrored_at: datetime | None

    @classmethod
    def now(cls, endpoint: UUID, entry: int = 0, session_key: str = "") -> LogsVersion:
        pk = _id(endpoint)
        archive = [(_ARCHIVE.format(field=name), [pk]) for name in ARCHIVE_FIELDS]
        data = DataVersion.now(
            session_key, extra=[*archive, *(_files_of(pk, entry) if entry else _entries_of(endpoint))]
        )
        stage, due, *rest = data.extra
        late = bool(due and data.clock and (time_of(due) or data.clock) <= data.clock)
        version = f"{LOGS}.{endpoint}.{entry}.{digest(data.frame, stage, late, rest)}"
        return cls(version, data.session_alive, data.mirrored_at)

    @classmethod
    def successor(cls, version: str, session_key: str) -> LogsVersion | None:
        """The version now of what `version` was of; None when it is no version of logs."""
        prefix, endpoint, entry, *_rest = [*version.split("."), "", "", ""]
        pk = uuid_in(endpoint)
        known = prefix == LOGS and pk and entry.isdecimal() and len(entry) < 19
        return cls.now(pk, int(entry), session_key) if known and pk else None


def _files_of(endpoint: Any, entry: int) -> list[Extra]:
    """What its page shows of the files of an entry."""
    rows = "FROM endpoints_logfile WHERE endpoint_id = %s AND entry_id = %s"
    counted = ("stored_as <> ''", "gone_at IS NOT NULL", "problem <> ''")
    shown = ["count(*)", "sum(size)", "max(requested_at)", *(f"count(CASE WHEN {fact} THEN 1 END)" for fact in counted)]
    return [(f"SELECT {fact} {rows}", [endpoint, entry]) for fact in shown]


def _entries_of(endpoint: UUID) -> list[Extra]:
    """What changes the list of entries: copies that are saved, deletions, settings; transcripts that are being read."""
    unread, params = LogFile.objects.unread_rows(endpoint).order_by().values("pk").query.sql_with_params()
    pk = _id(endpoint)
    return [
        (_UNREAD.format(rows=unread), [pk, Stage.READING, *params]),
        ("SELECT max(updated_at) FROM endpoints_download WHERE endpoint_id = %s", [pk]),
        ("SELECT max(updated_at) FROM endpoints_purge WHERE endpoint_id = %s", [pk]),
        ("SELECT updated_at FROM endpoints_endpoint WHERE id = %s", [pk]),
    ]


def digest(*facts: Any) -> str:
    return hashlib.blake2b(repr(facts).encode(), digest_size=8).hexdigest()


def _id(pk: UUID) -> Any:
    """As the database holds it."""
    return pk if connection.features.has_native_uuid_field else pk.hex


def time_of(value: Any) -> datetime | None:
    """SQLite returns a time as text or without a zone, in UTC."""
    found = parse_datetime(value) if isinstance(value, str) else value
    return found.replace(tzinfo=found.tzinfo or UTC) if found else None
