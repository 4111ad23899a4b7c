"""How new the content logs of an endpoint are: whether a page that watches a worker at them has news."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.sessions.models import Session
from django.db.models import BooleanField, Exists, ExpressionWrapper, Q
from django.db.models.functions import Now

from endpoints.models.log import LogFile
from endpoints.models.log_archive import LogArchive, Stage
from endpoints.models.search import uuid_in

PREFIX = "logs"
OF_FILE = ("kind", "size", "stored_as", "gone_at", "problem", "wanted_at")
OF_LOOK = ("position", "listed_at", "looked_at", "error", "keep")


@dataclass(frozen=True)
class LogStamp:
    """`version` changes with what the page of an endpoint's logs shows of a look, or that of `entry` of its files."""

    version: str
    session: bool

    @classmethod
    def now(cls, endpoint: UUID, entry: int = 0, session_key: str = "") -> LogStamp:
        due = ExpressionWrapper(Q(next_look_at__lte=Now()), BooleanField())
        alive = Exists(Session.objects.filter(session_key=session_key, expire_date__gt=Now()))
        rows = LogArchive.objects.filter(pk=endpoint).annotate(alive=alive, due=due)
        session, stage, *look = rows.values_list("alive", "stage", "due", *OF_LOOK).first() or (False, "")
        facts = f"{stage}{look}{cls._files(endpoint, entry, stage)}"
        seen = hashlib.blake2b(facts.encode(), digest_size=8).hexdigest()
        return cls(f"{PREFIX}.{endpoint}.{entry}.{seen}", bool(session))

    @classmethod
    def again(cls, version: str, session_key: str) -> LogStamp | None:
        """That of which `version` was one; None when it is none of ours."""
        prefix, endpoint, entry, *_seen = [*version.split("."), "", "", ""]
        pk = uuid_in(endpoint)
        known = prefix == PREFIX and pk and entry.isdecimal() and len(entry) < 19
        return cls.now(pk, int(entry), session_key) if known and pk else None

    @staticmethod
    def _files(endpoint: UUID, entry: int, stage: str) -> Any:
        if entry:
            return list(LogFile.objects.filter(endpoint=endpoint, entry=entry).order_by("kind").values_list(*OF_FILE))
        return LogFile.objects.unread(endpoint) if stage == Stage.READING else ""
