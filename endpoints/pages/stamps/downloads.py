"""How new the downloads on a page are: whether a page that watches them has news."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib.sessions.models import Session
from django.db.models import Count, Max
from django.db.models.functions import Now

from endpoints.models.download import Download
from endpoints.models.search import uuid_in

PREFIX = "downloads"


@dataclass(frozen=True)
class DownloadStamp:
    """`version` changes with each download of an endpoint, or with each of all."""

    version: str
    session: bool

    @classmethod
    def now(cls, endpoint: UUID | None, session_key: str = "") -> DownloadStamp:
        rows = Download.objects.filter(endpoint=endpoint) if endpoint else Download.objects.all()
        facts = rows.aggregate(newest=Max("updated_at"), count=Count("pk"))
        newest = "".join(c for c in str(facts["newest"] or 0) if c.isdigit())
        alive = session_key and Session.objects.filter(session_key=session_key, expire_date__gt=Now()).exists()
        return cls(f"{PREFIX}.{endpoint or ''}.{facts['count']}.{newest}", bool(alive))

    @classmethod
    def again(cls, version: str, session_key: str) -> DownloadStamp | None:
        """That of which `version` was one; None when it is none of ours."""
        prefix, endpoint, *_seen = [*version.split("."), ""]
        return cls.now(uuid_in(endpoint), session_key) if prefix == PREFIX else None
