"""Whose turn it is: how many workers one resource may take, and the order of what takes long.

Few processes of workers do what takes long. Small downloads go before large ones, and people and endpoints alternate:
a row that is not next gives way, and is due again a second or two later. One large row at a time waits no longer than
PATIENCE for small ones.
"""

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Max, Q, QuerySet
from django.db.models.functions import Now

from endpoints.models import Change, Download, LogArchive, Purge, Resource
from endpoints.models.claim import database_now, unleased
from endpoints.models.download import DownloadState
from endpoints.models.log_archive import Stage

LONG = (Download, LogArchive, Purge)  # work that takes long, and workers of its own
CHANGES_AT_ONCE = 5  # of a resource; docker-compose.yml gives them 8 processes
FAILING_AT_ONCE = 2  # calls of all resources together that have been failing for a while
ALIVE_SECONDS = 12  # a lease of a worker that has not been killed has more left: work.held() prolongs it
BUSY_SECONDS = 1.0  # at least, until it is checked again whether there is room
SMALL = 100_000_000  # bytes that are left; about what one task fetches
PATIENCE = timedelta(minutes=1)
MOST = 200  # downloads that are compared: as many as a sweep announces
NEVER = datetime.min.replace(tzinfo=UTC)


def turn(row: Any, resource: Resource) -> float:
    """In how many seconds the work on `row` has to ask again for a turn; 0 when it has one."""
    if has_room(row, resource) and not gives_way(row):
        return 0
    # For different times: two that began at once would make room for each other again.
    return BUSY_SECONDS * random.uniform(1, 2)  # noqa: S311 (spread, not secrecy)


def after_slice(row: Any, due: float | None) -> float | None:
    """When long work is due again that could go on at once: after others of its resource that wait, each for a turn."""
    if due != 0 or not isinstance(row, LONG) or row.endpoint is None:
        return due
    soon = Q(due_at__lte=Now() + timedelta(seconds=3 * BUSY_SECONDS))
    waiting = any(rows.filter(unleased(), soon).exists() for rows in _beside(row, row.endpoint.resource))
    return 3 * BUSY_SECONDS if waiting else due


def has_room(row: Any, resource: Resource) -> bool:
    """A resource takes few of the workers, so that one that is slow leaves others: one long task, and some changes."""
    if isinstance(row, Resource):
        return True
    at_work = sum(rows.filter(_alive()).count() for rows in _beside(row, resource))
    return at_work < (1 if isinstance(row, LONG) or resource.failing_since else CHANGES_AT_ONCE)


def failing_have_room(row: Any) -> bool:
    """Resources that fail share few of the workers, however many they are: each call may last until its deadline."""
    if isinstance(row, LONG):
        return True  # it has workers of its own
    kinds: tuple[tuple[Any, str], ...] = ((Change, "endpoint__resource__failing_since"), (Resource, "failing_since"))
    at_work = (kind.objects.filter(_alive(), **{f"{since}__isnull": False}) for kind, since in kinds)
    return bool(sum(rows.exclude(pk=row.pk).count() for rows in at_work) < FAILING_AT_ONCE)


def gives_way(row: Any) -> bool:
    """Whether a download that could begin now goes before `row`, a download or the copying of content logs."""
    if not isinstance(row, Download | LogArchive) or (_large(row) and _spared(row)):
        return False
    waiting = _waiting(row)
    if isinstance(row, LogArchive):
        return _large(row) and bool(waiting)  # nobody waits for what it copies
    order = _order([row, *waiting]) if waiting else {}
    return any(order[other.pk] < order[row.pk] for other in waiting)


def _large(row: Download | LogArchive) -> bool:
    """Whether it takes several tasks, as far as is known: before its list is read, a download counts as small."""
    if isinstance(row, LogArchive):
        return row.stage == Stage.KEEPING
    return row.bytes_total - row.bytes_done > SMALL


def _spared(row: Download | LogArchive) -> bool:
    """Whether `row`, which is large, gives way to none: it has waited for long, and no other large one is at work."""
    since = row.started_at if isinstance(row, LogArchive) else row.updated_at
    if since is not None and database_now() - since < PATIENCE:
        return False
    downloads = Download.objects.filter(_alive(), bytes_total__gt=F("bytes_done") + SMALL)
    archives = LogArchive.objects.filter(_alive(), stage=Stage.KEEPING)
    return not any(rows.exclude(pk=row.pk).exists() for rows in (downloads, archives))


def _waiting(row: Download | LogArchive) -> list[Download]:
    """The other downloads that are due, and whose resource has room for them."""
    at_work = [kind.objects.filter(_alive(), endpoint__isnull=False).exclude(pk=row.pk) for kind in LONG]
    busy = [resource for rows in at_work for resource in rows.values_list("endpoint__resource", flat=True)]
    due = Download.objects.active().due().exclude(endpoint__resource__in=busy).exclude(pk=row.pk)
    return list(due.order_by("due_at")[:MOST])


def _order(downloads: list[Download]) -> dict[UUID, tuple[bool, int, datetime, datetime]]:
    """By the download's id: large ones, those of people with most at work, and of those served last, come last."""
    at_work = Download.objects.filter(_alive()).exclude(pk=downloads[0].pk).order_by()
    running = dict(at_work.values_list("actor").annotate(Count("pk")))
    people, endpoints = (
        _served(field, {getattr(one, f"{field}_id") for one in downloads}) for field in ("actor", "endpoint")
    )
    return {
        one.pk: (
            _large(one),
            running.get(one.actor_id, 0),
            people.get(one.actor_id, NEVER),
            endpoints.get(one.endpoint_id, NEVER),
        )
        for one in downloads
    }


def _served(field: str, ids: set[Any]) -> dict[Any, datetime]:
    """When a worker last worked on a download of each of them."""
    begun = Download.objects.exclude(state=DownloadState.QUEUED).filter(**{f"{field}__in": ids}).order_by()
    return dict(begun.values_list(field).annotate(Max("updated_at")))


def _alive() -> Q:
    """Rows that a worker works on."""
    return Q(leased_until__gt=Now() + timedelta(seconds=ALIVE_SECONDS))


def _beside(row: Any, resource: Resource) -> list[QuerySet[Any]]:
    """The other work of the same kind with the same resource; personal data is deleted whatever else goes on."""
    kinds: tuple[Any, ...] = (Purge,) if isinstance(row, Purge) else LONG if isinstance(row, LONG) else (Change,)
    return [kind.objects.filter(endpoint__resource=resource).exclude(pk=row.pk) for kind in kinds]
