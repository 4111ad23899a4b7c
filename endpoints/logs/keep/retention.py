"""How long our copies of content logs stay: which have expired, and removing them."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import timedelta
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from endpoints import audit
from endpoints.logs.download.expiry import expire_containing
from endpoints.logs.keys import lock_logs
from endpoints.logs.storage.place import store
from endpoints.models import Download, Endpoint, LogArchive, LogDay, LogEntry, LogFile
from endpoints.models.event import Verb
from endpoints.models.log import LogFileQuerySet, Outcome

AT_ONCE = 500
DELETED_WITHIN = timedelta(minutes=10)  # one batch
Rows = TypeVar("Rows", bound="QuerySet[Any]")


def expired(archive: LogArchive, days_for_unkept: int) -> LogFileQuerySet:
    """The copies that are here for longer than `archive`, saved or not, says."""
    files = archive.endpoint.log_files.stored()
    over = Q(entry__at__lt=archive.oldest_kept) if archive.oldest_kept else Q(pk__in=[])
    if not archive.keep:
        over |= Q(stored_at__lt=timezone.now() - timedelta(days=days_for_unkept))
    return files.filter(over)


def enforce(days_for_unkept: int) -> int:
    """Remove the copies that have expired, and the entries of logs that are nowhere any longer.

    Returns how many files were removed. What a download that is running needs stays until that is done.
    """
    total = 0
    archives = LogArchive.objects.in_bulk()
    for endpoint in Endpoint.objects.filter(Exists(LogEntry.objects.filter(endpoint=OuterRef("pk")))):
        archive = archives.get(endpoint.pk) or LogArchive(endpoint=endpoint)
        archive.endpoint = endpoint
        count = _remove(archive, days_for_unkept)
        _clear_texts(archive)
        delete_gone_entries(endpoint)
        if count:
            audit.record(Verb.LOGS_REMOVED, endpoint=endpoint, files=count)
        total += count
    return total


def delete_gone_entries(endpoint: Endpoint) -> None:
    """Delete entries of which neither the service nor we have a file: their text would be a copy that nobody keeps."""
    somewhere = LogFile.objects.filter(Q(gone_at=None) | ~Q(stored_as=""), entry=OuterRef("pk"))
    gone = endpoint.log_entries.filter(~Exists(somewhere))
    while keys := list(_unused(gone, endpoint, "pk").order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
        with transaction.atomic():
            lock_logs(endpoint)
            endpoint.log_entries.filter(~Exists(somewhere), pk__in=keys).delete()


def _remove(archive: LogArchive, days_for_unkept: int) -> int:
    count = 0
    while True:
        with transaction.atomic():
            lock_logs(archive.endpoint)
            files = _unused(expired(archive, days_for_unkept), archive.endpoint, "entry")
            batch = list(files.select_related("entry").order_by("pk")[:AT_ONCE])
            if not batch:
                return count
            rows = LogFile.objects.filter(pk__in=[file.pk for file in batch])
            over = archive.oldest_kept
            # A zip expires by itself, but may hold nothing that is older than our copies may be.
            expire_containing(rows.filter(entry__at__lt=over) if over else rows.none())
            # The lease keeps others from fetching one of them again, under the same name, before it is deleted.
            rows.update(stored_as="", requested_at=None, lease=None, leased_until=Now() + DELETED_WITHIN)
            days = Counter(file.entry.day for file in batch)
            LogDay.objects.add(archive.endpoint, {day: {"removed": number} for day, number in days.items()})
        for file in batch:
            with suppress(OSError):  # what the storage does not delete now is found by delete_orphans() later
                store().delete(file.stored_as)
        rows.update(leased_until=None)
        count += len(batch)


def _clear_texts(archive: LogArchive) -> None:
    """The text of a transcript is a copy of it, and expires with it."""
    if archive.oldest_kept:
        old = archive.endpoint.log_entries.filter(at__lt=archive.oldest_kept).exclude(outcome=Outcome.UNREAD)
        _unused(old, archive.endpoint, "pk").update(text="", confidence=None, outcome=Outcome.UNREAD)


def _unused(rows: Rows, endpoint: Endpoint, entry: str) -> Rows:
    """Without what a running download is to contain; `entry`: the name of the field with the entry's id."""
    used = Q()
    for download in Download.objects.active().filter(endpoint=endpoint):
        used |= Q(**{f"{entry}__in": download.entries.order_by().values("pk")})
    return rows.exclude(used) if used else rows
