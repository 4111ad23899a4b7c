"""How long our copies of content logs stay: what is removed, and removing it."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Now
from django.utils import timezone

from endpoints import audit
from endpoints.logs import downloads, partials
from endpoints.logs.listing import alone
from endpoints.logs.storage import plain, store
from endpoints.models import Download, Endpoint, LogArchive, LogDay, LogEntry, LogFile
from endpoints.models.event import Verb
from endpoints.models.log import LogFileQuerySet, Outcome

log = logging.getLogger(__name__)

AT_ONCE = 500
DELETED_WITHIN = timedelta(minutes=10)  # a batch
UNKNOWN_FOR = timedelta(days=1)  # a file that no row knows may be about to become known
Rows = TypeVar("Rows", bound="QuerySet[Any]")


def going(archive: LogArchive, days_for_unkept: int) -> LogFileQuerySet:
    """The copies that are here for longer than `archive`, saved or not, lets them."""
    files = archive.endpoint.log_files.stored()
    over = Q(entry__at__lt=archive.oldest_kept) if archive.oldest_kept else Q(pk__in=[])
    if not archive.keep:
        over |= Q(stored_at__lt=timezone.now() - timedelta(days=days_for_unkept))
    return files.filter(over)


def summary(files: LogFileQuerySet) -> dict[str, Any]:
    """files, bytes, and when the oldest and the newest of them were recorded."""
    sums = {"files": Count("pk"), "bytes": Sum("size", default=0)}
    return files.aggregate(**sums, oldest=Min("entry__at"), newest=Max("entry__at"))


def enforce(days_for_unkept: int) -> int:
    """Remove the copies whose time is over, and what is known of logs that are nowhere any longer.

    Returns how many files were removed. What a download that is running needs stays until that is done.
    """
    total = 0
    archives = LogArchive.objects.in_bulk()
    for endpoint in Endpoint.objects.filter(Exists(LogEntry.objects.filter(endpoint=OuterRef("pk")))):
        archive = archives.get(endpoint.pk) or LogArchive(endpoint=endpoint)
        archive.endpoint = endpoint
        count = _remove(archive, days_for_unkept)
        _unread(archive)
        prune(endpoint)
        if count:
            audit.record(Verb.LOGS_REMOVED, endpoint=endpoint, files=count)
        total += count
    return total


def prune(endpoint: Endpoint) -> None:
    """Forget entries that neither the service nor we have: their text would be a copy that nobody decided to keep."""
    somewhere = LogFile.objects.filter(Q(gone_at=None) | ~Q(stored_as=""), entry=OuterRef("pk"))
    gone = endpoint.log_entries.filter(~Exists(somewhere))
    while keys := list(_unused(gone, endpoint, "pk").order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
        with transaction.atomic():
            alone(endpoint)
            endpoint.log_entries.filter(~Exists(somewhere), pk__in=keys).delete()


def sweep_storage() -> int:
    """Delete files in our storage that no row knows, left behind by a crash. Returns how many.

    Only of endpoints of ours and under names that we give, because a storage may serve others too.
    """
    count = partials.tidy(UNKNOWN_FOR)
    for name in _listed("")[0]:
        endpoint = Endpoint.objects.filter(pk=name).first() if _is_id(name) else None
        count += sweep_folder(name, timezone.now() - UNKNOWN_FOR) if endpoint else 0
    return count


def sweep_folder(folder: str, before: datetime, meant: Callable[[str], bool] = lambda name: True) -> int:
    """Of one endpoint: files that no row knows, last written before `before`, whose names are `meant`."""
    folders, files = _listed(folder)
    names = {f"{folder}/{name}" for name in files if plain(name) == name and meant(name)}
    known = set(LogFile.objects.filter(stored_as__startswith=f"{folder}/").values_list("stored_as", flat=True))
    known |= set(Download.objects.filter(stored_as__startswith=f"{folder}/").values_list("stored_as", flat=True))
    count = 0
    for name in sorted(names - known):
        if store().get_modified_time(name) < before:
            store().delete(name)
            count += 1
    return count + sum(sweep_folder(f"{folder}/{one}", before, meant) for one in folders)


def _remove(archive: LogArchive, days_for_unkept: int) -> int:
    count = 0
    while True:
        with transaction.atomic():
            alone(archive.endpoint)
            files = _unused(going(archive, days_for_unkept), archive.endpoint, "entry")
            batch = list(files.select_related("entry").order_by("pk")[:AT_ONCE])
            if not batch:
                return count
            rows = LogFile.objects.filter(pk__in=[file.pk for file in batch])
            over = archive.oldest_kept
            # A zip has a time of its own; it holds nothing that is older than our copies may be.
            downloads.forget(rows.filter(entry__at__lt=over) if over else rows.none())
            # Nobody fetches one of them anew, under the same name, before it is deleted.
            rows.update(stored_as="", wanted_at=None, lease=None, leased_until=Now() + DELETED_WITHIN)
            days = Counter(file.entry.day for file in batch)
            LogDay.objects.add(archive.endpoint, {day: {"removed": number} for day, number in days.items()})
        for file in batch:
            discard(file.stored_as)
        rows.update(leased_until=None)
        count += len(batch)


def discard(name: str) -> None:
    """Delete a file that no row knows any longer; what the disk refuses is tried again by sweep_storage."""
    try:
        store().delete(name)
    except OSError as error:
        log.warning("A file that was removed is still in the storage: %s", error.strerror or error)


def _unread(archive: LogArchive) -> None:
    """What a transcript said is a copy of it, and goes with it."""
    if archive.oldest_kept:
        old = archive.endpoint.log_entries.filter(at__lt=archive.oldest_kept).exclude(outcome=Outcome.UNREAD)
        _unused(old, archive.endpoint, "pk").update(text="", confidence=None, outcome=Outcome.UNREAD)


def _unused(rows: Rows, endpoint: Endpoint, entry: str) -> Rows:
    """Without what a running download is to contain; `entry` names the entry's id in these rows."""
    used = Q()
    for download in Download.objects.active().filter(endpoint=endpoint):
        if not download.selection:
            return rows.none()
        used |= Q(**{f"{entry}__in": download.entries.order_by().values("pk")})
    return rows.exclude(used) if used else rows


def _listed(folder: str) -> tuple[list[str], list[str]]:
    try:
        return store().listdir(folder)
    except FileNotFoundError:
        return [], []


def _is_id(name: str) -> bool:
    try:
        return str(UUID(name)) == name
    except ValueError:
        return False
