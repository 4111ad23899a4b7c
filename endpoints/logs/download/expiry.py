"""When zips are deleted: after their time, and when our copies of what they contain are removed."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.http import QueryDict

from endpoints.logs.download.requests import RESTARTED
from endpoints.logs.storage.place import store
from endpoints.models import Download, LogEntry
from endpoints.models.download import DownloadState
from endpoints.models.log import LogEntryQuerySet, LogFileQuerySet

CONSTANT = ("entry", "from", "to")  # filters of a selection that select the same entries for ever
ENDED = (DownloadState.CANCELED, DownloadState.FAILED, DownloadState.EXPIRED)


def expire() -> int:
    """Delete zips whose time is over, and what is left of those that were never ready. Returns how many expired."""
    over = Q(expires_at=None) | Q(expires_at__lte=Now())
    count = _expire(Download.objects.filter(over, state=DownloadState.READY))
    _delete_zips()
    return count


def expire_containing(files: LogFileQuerySet) -> int:
    """Our copies of `files` are about to be removed: so is each zip that may contain one of them. Returns how many.

    Called in the transaction that removes them, before it does. A zip that is being packed is restarted.
    """
    concerned = Download.objects.filter(endpoint__in=files.order_by().values("endpoint"))
    holding = [
        one.pk
        for one in concerned.filter(state__in=(DownloadState.READY, DownloadState.PACKING))
        if files.filter(endpoint=one.endpoint_id, entry__in=_may_contain(one).values("pk")).exists()
    ]
    concerned.filter(pk__in=holding, state=DownloadState.PACKING).update(**RESTARTED, updated_at=Now())
    count = _expire(concerned.filter(pk__in=holding, state=DownloadState.READY))
    transaction.on_commit(_delete_zips)
    return count


def _may_contain(download: Download) -> LogEntryQuerySet:
    """All entries that may have been in it: one that had no partner then may have got it since."""
    selection, constant = QueryDict(download.selection), QueryDict(mutable=True)
    for name in CONSTANT:
        if name in selection:
            constant.setlist(name, selection.getlist(name))
    return LogEntry.objects.filter(endpoint=download.endpoint_id).selected_by(constant).order_by()


def _expire(rows: QuerySet[Download]) -> int:
    return rows.update(state=DownloadState.EXPIRED, updated_at=Now())


def _delete_zips() -> None:
    """Of downloads that have ended; a row keeps the name until its zip is deleted."""
    for pk, name in Download.objects.filter(state__in=ENDED).exclude(stored_as="").values_list("pk", "stored_as"):
        store().delete(name)
        Download.objects.filter(pk=pk, stored_as=name).update(stored_as="")
