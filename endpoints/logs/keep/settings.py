"""What people decide about the content logs of an endpoint: how they are kept, and when they are refreshed."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

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
        facts: dict[str, Any] = {"keep": keep, "every_hours": every_hours, "retention_days": retention_days}
        if keep:
            facts["due_at"] = Now()
        elif archive.stage == Stage.IDLE:
            facts["due_at"] = None
        _set(archive, **facts)
        audit.record(Verb.LOGS_KEPT, actor=actor, endpoint=endpoint, what=_in_words(archive))
    return archive


def _set(archive: LogArchive, **facts: Any) -> None:
    LogArchive.objects.filter(pk=archive.pk).update(**facts)
    archive.refresh_from_db()


def _in_words(archive: LogArchive) -> str:
    days, hours = archive.retention_days, archive.every_hours
    kept = (
        ngettext("saved automatically, checked every hour", "saved automatically, checked every %(hours)s hours", hours)
        % {"hours": hours}
        if archive.keep
        else _("not saved automatically")
    )
    if not days:
        stay = _("copies are kept forever")
    else:
        stay = ngettext("copies are kept for %(days)s day", "copies are kept for %(days)s days", days) % {"days": days}
    return f"{kept}; {stay}"
