"""Versions of the data on a page: whether a page that polls is out of date, for one small query.

A poll is answered before the session is read (pages.polls), so a version is of the whole installation and has no
person. It reveals only that something has changed; what has changed is then fetched as the person may see it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models import BooleanField, Case, Count, Exists, ExpressionWrapper, Max, Q, When
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from endpoints.models.download import Download
from endpoints.models.log import LogFile
from endpoints.models.log_archive import LogArchive, Stage
from endpoints.models.search import uuid_in
from endpoints.models.sweep import Sweep, missing, overdue

DOWNLOADS, LOGS = "downloads", "logs"  # what their versions begin with
FILE_FIELDS = ("kind", "size", "stored_as", "gone_at", "problem", "requested_at")
ARCHIVE_FIELDS = ("position", "listed_at", "checked_at", "error", "unreadable", "keep")

_FACTS = """
SELECT
    (SELECT max(updated_at) FROM endpoints_endpoint),
    (SELECT max(updated_at) FROM endpoints_change),
    (SELECT max(failing_since) FROM endpoints_resource),
    (SELECT count(*) FROM endpoints_resource WHERE failing_since IS NOT NULL),
    (SELECT count(*) FROM endpoints_resource WHERE mirrored_at IS NULL),
    (SELECT min(mirrored_at) FROM endpoints_resource),
    (SELECT max(cataloged_at) FROM endpoints_resource),
    (SELECT count(*) FROM endpoints_resource),
    (SELECT "at" FROM endpoints_sweep WHERE id = 1),
    (SELECT beat_at FROM endpoints_sweep WHERE id = 1),
    CURRENT_TIMESTAMP,
    (SELECT count(*) FROM endpoints_resource WHERE unreadable <> '{}'),
    (SELECT count(*) FROM endpoints_download WHERE actor_id = %s AND state = 'ready' AND notified_at IS NULL),
    EXISTS (SELECT 1 FROM django_session WHERE session_key = %s AND expire_date > %s)
"""


@dataclass(frozen=True)
class DataVersion:
    """Facts about all Speech resources together, and a `version` that changes with whatever pages show."""

    version: str
    failing: int
    unread: int
    mirrored_at: datetime | None
    cataloged_at: str
    resources: int
    swept_at: datetime | None
    worker_missing: bool
    workers_busy: bool
    unreadable: int
    unseen: int
    session_alive: bool

    @classmethod
    def now(cls, session_key: str = "", reader: int | None = None) -> DataVersion:
        """`unseen`: how many downloads of `reader` are ready without their knowing (DownloadQuerySet.ready_unnotified).

        The version holds the minute: rows in progress say for how many, and a missing worker is noticed by the time.
        """
        now = timezone.now()
        with connection.cursor() as cursor:
            cursor.execute(_FACTS, [reader, session_key, connection.ops.adapt_datetimefield_value(now)])
            endpoint, change, since, failing, unread, mirrored, cataloged, resources, *rest = cursor.fetchone()
        swept, beat, clock = map(_time, rest[:3])
        unreadable, unseen, session = rest[3:]
        late, absent = overdue(swept, clock), missing(swept, beat, clock)
        changing = (endpoint, change, since, failing, unread, resources, unreadable)
        version = "-".join("".join(c for c in str(fact or 0) if c.isdigit()) for fact in changing)
        return cls(
            version=f"{version}-{now:%d%H%M}",
            failing=failing,
            unread=unread,
            mirrored_at=_time(mirrored),
            cataloged_at=str(cataloged),
            resources=resources,
            swept_at=swept,
            worker_missing=absent,
            workers_busy=late and not absent,
            unreadable=unreadable,
            unseen=unseen,
            session_alive=bool(session),
        )


@dataclass(frozen=True)
class DownloadsVersion:
    """`version` changes with each download of an endpoint, or with each of all, and with a missing worker of theirs."""

    version: str
    worker_missing: bool
    session_alive: bool

    @classmethod
    def now(cls, endpoint: UUID | None, session_key: str = "") -> DownloadsVersion:
        rows = Download.objects.filter(endpoint=endpoint) if endpoint else Download.objects.all()
        worker = Max(Case(When(Exists(Sweep.with_logs_worker()), then=1), default=0))
        facts = rows.aggregate(newest=Max("updated_at"), count=Count("pk"), worker=worker)
        newest = "".join(c for c in str(facts["newest"] or 0) if c.isdigit())
        missing = facts["worker"] == 0  # None without any download
        alive = session_key and Session.objects.filter(session_key=session_key, expire_date__gt=Now()).exists()
        return cls(f"{DOWNLOADS}.{endpoint or ''}.{facts['count']}.{newest}.{missing:d}", missing, bool(alive))

    @classmethod
    def successor(cls, version: str, session_key: str) -> DownloadsVersion | None:
        """The version now of what `version` was of; None when it is no version of downloads."""
        prefix, endpoint, *_rest = [*version.split("."), ""]
        return cls.now(uuid_in(endpoint), session_key) if prefix == DOWNLOADS else None


@dataclass(frozen=True)
class LogsVersion:
    """`version` changes with what the page of an endpoint's logs shows of a refresh, or of the files of `entry`."""

    version: str
    session_alive: bool

    @classmethod
    def now(cls, endpoint: UUID, entry: int = 0, session_key: str = "") -> LogsVersion:
        due = ExpressionWrapper(Q(due_at__lte=Now()), BooleanField())
        alive = Exists(Session.objects.filter(session_key=session_key, expire_date__gt=Now()))
        rows = LogArchive.objects.filter(pk=endpoint).annotate(alive=alive, due=due)
        session, stage, *facts = rows.values_list("alive", "stage", "due", *ARCHIVE_FIELDS).first() or (False, "")
        shown = f"{stage}{facts}{cls._files(endpoint, entry, stage)}"
        digest = hashlib.blake2b(shown.encode(), digest_size=8).hexdigest()
        return cls(f"{LOGS}.{endpoint}.{entry}.{digest}", bool(session))

    @classmethod
    def successor(cls, version: str, session_key: str) -> LogsVersion | None:
        """The version now of what `version` was of; None when it is no version of logs."""
        prefix, endpoint, entry, *_rest = [*version.split("."), "", "", ""]
        pk = uuid_in(endpoint)
        known = prefix == LOGS and pk and entry.isdecimal() and len(entry) < 19
        return cls.now(pk, int(entry), session_key) if known and pk else None

    @staticmethod
    def _files(endpoint: UUID, entry: int, stage: str) -> Any:
        if entry:
            return list(
                LogFile.objects.filter(endpoint=endpoint, entry=entry).order_by("kind").values_list(*FILE_FIELDS)
            )
        return LogFile.objects.unread(endpoint) if stage == Stage.READING else ""


def _time(value: Any) -> datetime | None:
    """SQLite returns a time as text or without a zone, in UTC."""
    found = parse_datetime(value) if isinstance(value, str) else value
    return found.replace(tzinfo=found.tzinfo or UTC) if found else None
