"""What people decide about the content logs of an endpoint: how they are kept, and when they are refreshed."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models.functions import Now

from endpoints import audit
from endpoints.models import Endpoint, LogArchive
from endpoints.models.event import Verb
from endpoints.models.log_archive import Stage


def request_refresh(endpoint: Endpoint) -> LogArchive:
    """A worker refreshes the logs of `endpoint` as soon as it can."""
    archive = LogArchive.objects.of(endpoint)
    _set(archive, due_at=Now())
    return archive


def change_settings(
    *, actor: User, endpoint: Endpoint, keep: bool, every_hours: int, retention_days: int | None
) -> LogArchive:
    """How the logs of `endpoint` are kept from now on; those that are to be kept are fetched at once."""
    with transaction.atomic():
        archive = LogArchive.objects.of(endpoint)
        chosen: dict[str, Any] = {"keep": keep, "every_hours": every_hours, "retention_days": retention_days}
        facts = dict(chosen)
        if keep:
            facts["due_at"] = Now()
        elif archive.stage == Stage.IDLE:
            facts["due_at"] = None
        _set(archive, **facts)
        audit.record(Verb.LOGS_KEPT, actor=actor, endpoint=endpoint, **chosen)
    return archive


def _set(archive: LogArchive, **facts: Any) -> None:
    LogArchive.objects.filter(pk=archive.pk).update(**facts)
    archive.refresh_from_db()
