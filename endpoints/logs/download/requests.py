"""Downloads as people request them: request, pause, resume, cancel, retry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from endpoints import audit
from endpoints.logs.storage.place import store
from endpoints.models import Download, Endpoint
from endpoints.models.counter import counting
from endpoints.models.download import DownloadState
from endpoints.models.event import Verb

# Taken from the worker that holds it: what that worker saves from now on has no effect.
RELEASED: dict[str, Any] = {"lease": None, "leased_until": None, "rate": 0}
RESTARTED: dict[str, Any] = {
    **RELEASED,
    "state": DownloadState.QUEUED,
    "due_at": Now(),
    "position": "",
    "failures": 0,
    "error": "",
}


class TooMany(Exception):
    """The person has `limit` downloads in progress, or with `kept` so many zips."""

    def __init__(self, limit: int, *, kept: bool) -> None:
        super().__init__(limit)
        self.limit, self.kept = limit, kept


@dataclass(frozen=True)
class Limits:
    """How many downloads of one person may be in progress, and how many zips may be stored."""

    at_once: int = 5
    zips: int = 20


def request_download(
    *, actor: User, endpoint: Endpoint, selection: str = "", purpose: str = "", limits: Limits | None = None
) -> Download:
    """A zip of content logs of `endpoint`; while the person has an open download of the same selection, that one.

    Raises TooMany.
    """
    same = Download.objects.open().filter(endpoint=endpoint, actor=actor, selection=selection)
    try:
        with transaction.atomic():
            if not same.exists():
                _check(actor, limits or Limits())
            download = Download.objects.create(
                endpoint=endpoint,
                actor=actor,
                actor_name=actor.get_username(),
                selection=selection,
                purpose=purpose,
            )
            audit.record(Verb.LOGS_REQUESTED, actor=actor, endpoint=endpoint, detail=purpose)
    except IntegrityError:
        download = Download.objects.open().get(endpoint=endpoint, actor=actor, selection=selection)
        resume(download, actor=actor)
    return download


def _check(actor: User, limits: Limits) -> None:
    """The person's row is locked until the download is stored, so that two requests at once are counted."""
    User.objects.select_for_update().get(pk=actor.pk)
    own = Download.objects.filter(actor=actor)
    if own.open().count() >= limits.at_once:
        raise TooMany(limits.at_once, kept=False)
    if own.filter(state=DownloadState.READY).count() >= limits.zips:
        raise TooMany(limits.zips, kept=True)


def cancel(download: Download, *, actor: User) -> bool:
    """A zip that is ready is removed; a worker deletes the file."""
    if download.ready:
        removed = {"state": DownloadState.EXPIRED, "due_at": None}
        ready = Download.objects.filter(state=DownloadState.READY)
        return _change(ready, download, removed, Verb.DOWNLOAD_REMOVED, actor)
    ended = {"state": DownloadState.CANCELED, "finished_at": timezone.now(), "due_at": None}
    if not _change(Download.objects.open(), download, ended, Verb.DOWNLOAD_CANCELED, actor):
        return False
    counting.add_once_committed("downloads_closed", outcome=DownloadState.CANCELED)
    return True


def pause(download: Download, *, actor: User) -> bool:
    paused = {"state": DownloadState.PAUSED, "due_at": None}
    return _change(Download.objects.active(), download, paused, Verb.DOWNLOAD_PAUSED, actor)


def resume(download: Download, *, actor: User) -> bool:
    """What was fetched before the pause is not fetched again."""
    paused = Download.objects.filter(state=DownloadState.PAUSED)
    return _change(paused, download, RESTARTED, Verb.DOWNLOAD_RESUMED, actor)


def retry(download: Download, *, actor: User) -> bool:
    """Make the zip again: only what is missing is fetched. False also while the same selection is being made."""
    restart = {**RESTARTED, "finished_at": None, "expires_at": None, "notified_at": None, "stored_as": ""}
    old = download.stored_as
    try:
        with transaction.atomic():
            done = _change(Download.objects.can_be_retried(), download, restart, Verb.DOWNLOAD_RETRIED, actor)
            if done and old:
                store().delete(old)
            return done
    except IntegrityError:
        download.refresh_from_db()
        return False


def mark_seen(user: User) -> None:
    """The person has seen which of their downloads are ready."""
    Download.objects.ready_unnotified(user).update(notified_at=Now())


def _change(rows: QuerySet[Download], download: Download, facts: dict[str, Any], verb: Verb, actor: User) -> bool:
    """Change `download`, if it is still among `rows`, and record who did it."""
    with transaction.atomic():
        done = rows.filter(pk=download.pk).update(**{**RELEASED, **facts}, updated_at=Now())
        if done:
            audit.record(verb, actor=actor, endpoint=download.endpoint, download=str(download.pk))
    download.refresh_from_db()
    return done == 1
