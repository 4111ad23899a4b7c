"""Downloads: what people ask for, and what becomes of it: pause, cancel, try again, throw away in time."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.http import QueryDict
from django.utils import timezone

from endpoints import audit
from endpoints.logs.storage import store
from endpoints.models import Download, Endpoint, LogEntry
from endpoints.models.download import DownloadState
from endpoints.models.event import Verb
from endpoints.models.log import LogFileQuerySet

NEVER_CHANGES = ("entry", "from", "to")  # of a selection: what an entry is asked by that stays as it is
ENDED = (DownloadState.CANCELLED, DownloadState.FAILED, DownloadState.EXPIRED)
# Taken from the worker that holds it: whatever that writes from now on is not written.
LET_GO: dict[str, Any] = {"lease": None, "leased_until": None, "rate": 0}
FROM_THE_START: dict[str, Any] = {
    **LET_GO,
    "state": DownloadState.QUEUED,
    "next_look_at": Now(),
    "position": "",
    "failures": 0,
    "error": "",
}


def ask(*, actor: Any, endpoint: Endpoint, selection: str = "", purpose: str = "") -> Download:
    """Ask for a zip of content logs of `endpoint`; while the same of the same person is in the making, that one."""
    try:
        with transaction.atomic():
            download = Download.objects.create(
                endpoint=endpoint,
                actor=actor,
                actor_name=actor.get_username(),
                selection=selection,
                purpose=purpose,
            )
            audit.record(Verb.LOGS_ASKED, actor=actor, endpoint=endpoint, detail=purpose)
    except IntegrityError:
        download = Download.objects.open().get(endpoint=endpoint, actor=actor, selection=selection)
        resume(download)
    return download


def cancel(download: Download) -> bool:
    now = timezone.now()
    return _change(Download.objects.open(), download, state=DownloadState.CANCELLED, finished_at=now, next_look_at=None)


def pause(download: Download) -> bool:
    return _change(Download.objects.active(), download, state=DownloadState.PAUSED, next_look_at=None)


def resume(download: Download) -> bool:
    """What was brought home before the pause is not fetched again."""
    return _change(Download.objects.filter(state=DownloadState.PAUSED), download, **FROM_THE_START)


def retry(download: Download) -> bool:
    """Make the zip anew: only what is missing is fetched. False also when the same is in the making already."""
    begin = {**FROM_THE_START, "finished_at": None, "expires_at": None, "told_at": None, "stored_as": ""}
    old = download.stored_as
    try:
        with transaction.atomic():
            done = _change(Download.objects.can_be_retried(), download, **begin)
            if done and old:
                store().delete(old)
            return done
    except IntegrityError:
        download.refresh_from_db()
        return False


def told(user: Any) -> None:
    """The person has seen which of their downloads are ready."""
    Download.objects.ready_unnotified(user).update(told_at=Now())


def expire() -> int:
    """Throw away zips whose time is over, and what is left of those that were never ready. Returns how many expired."""
    over = Q(expires_at=None) | Q(expires_at__lte=Now())
    count = _end(Download.objects.filter(over, state=DownloadState.READY))
    _clear()
    return count


def forget(files: LogFileQuerySet) -> int:
    """Our copies of `files` are about to be removed: so is each zip that can contain one of them. Returns how many.

    Called in the transaction that removes them, before it does. A zip that is being packed is begun anew.
    """
    concerned = Download.objects.filter(endpoint__in=files.order_by().values("endpoint"))
    holding = [
        one.pk
        for one in concerned.filter(state__in=(DownloadState.READY, DownloadState.PACKING))
        if files.filter(endpoint=one.endpoint_id, entry__in=_possible(one).values("pk")).exists()
    ]
    concerned.filter(pk__in=holding, state=DownloadState.PACKING).update(**FROM_THE_START, updated_at=Now())
    count = _end(concerned.filter(pk__in=holding, state=DownloadState.READY))
    transaction.on_commit(_clear)
    return count


def _possible(download: Download) -> Any:
    """All entries that can have been in it; an entry that was without its partner then may have found it since."""
    asked, kept = QueryDict(download.selection), QueryDict(mutable=True)
    for name in NEVER_CHANGES:
        kept.setlist(name, asked.getlist(name))
    return LogEntry.objects.filter(endpoint=download.endpoint_id).selected_by(kept).order_by()


def _change(rows: QuerySet[Download], download: Download, **facts: Any) -> bool:
    """Somebody decides about `download`, if it is still among `rows`."""
    done = rows.filter(pk=download.pk).update(**{**LET_GO, **facts}, updated_at=Now())
    download.refresh_from_db()
    return done == 1


def _end(rows: QuerySet[Download]) -> int:
    return rows.update(state=DownloadState.EXPIRED, updated_at=Now())


def _clear() -> None:
    """Delete the zips of downloads that have ended; a row keeps the name until its zip is gone."""
    for pk, name in Download.objects.filter(state__in=ENDED).exclude(stored_as="").values_list("pk", "stored_as"):
        store().delete(name)
        Download.objects.filter(pk=pk, stored_as=name).update(stored_as="")
