"""How far a web hook can be relied on: while its calls arrive, its resource is polled less often.

A worker has the service send a ping each hour, so that a web hook proves itself also where nothing happens. The pause
between two polls then doubles with each, up to LONGEST_POLL. A poll that finds a deployment which no call has announced
ends that at once, until an event arrives: pings may arrive while events are lost.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from endpoints.models import Change, Endpoint, Resource
from endpoints.models.hook import WORKING, proven
from endpoints.models.status import SETTLED

if TYPE_CHECKING:
    from endpoints import azure
    from endpoints.mirror.local_rows import LocalRows

LONGEST_POLL = 600.0  # seconds
GRACE = timedelta(minutes=1)  # the call about what has just happened may still be under way
CHECK_EVERY = timedelta(hours=1)  # the registration of a web hook that has proven itself
PING_EVERY = timedelta(minutes=10)  # one that has not


def is_proven(resource: Resource) -> bool:
    return Resource.objects.filter(proven(), pk=resource.pk).exists()


def next_poll(resource: Resource, usual: float) -> float:
    """In how many seconds the resource is polled again; records it. `usual`: without a web hook that has proven itself.

    While something is open or in progress it is polled as usual, too.
    """
    seconds = usual
    if is_proven(resource) and not _unsettled(resource):
        seconds = max(usual, min(LONGEST_POLL, 2 * max(usual, resource.poll_seconds)))
    if seconds != resource.poll_seconds:
        resource.poll_seconds = int(seconds)
        Resource.objects.filter(pk=resource.pk).update(poll_seconds=resource.poll_seconds)
    return seconds


def must_check(resource: Resource) -> bool:
    """Whether the registration has to be compared with the service's: with each poll, or each hour once proven."""
    rested = Q(hook_checked_at__gt=Now() - CHECK_EVERY)
    return not Resource.objects.filter(proven() & rested, pk=resource.pk).exists()


def have_ping_sent(resource: Resource, service: azure.SpeechClient) -> None:
    """Have the service call, so that the web hook can prove itself. Raises SpeechError."""
    every = CHECK_EVERY if is_proven(resource) else PING_EVERY
    rested = Q(hook_checked_at=None) | Q(hook_checked_at__lte=Now() - every)
    waits = Resource.objects.filter(rested, pk=resource.pk, hook_status=WORKING, hook_missed_at=None)
    if resource.hook_id and waits.update(hook_checked_at=Now()):
        service.ping_web_hook(resource.hook_id)


class Announced:
    """Compares what a poll finds with what calls of the web hook have announced since the last one."""

    def __init__(self, resource: Resource, local: LocalRows) -> None:
        self._resource = resource
        self._relied = resource.mirrored_at is not None and is_proven(resource)
        self._before = (
            {key: (row.status, row.model_id) for key, row in local.endpoints.items() if row.gone_at is None}
            if self._relied
            else {}
        )
        self._found: list[Endpoint] = []

    def compare(self, remote: azure.Endpoint, row: Endpoint | None, began: datetime) -> None:
        """An endpoint as it was listed, and its row by now; None when the row is newer."""
        if not self._relied or row is None or self._before.get(remote.id) == (row.status, row.model_id):
            return
        if remote.last_action is None or abs(began - remote.last_action) > GRACE:
            self._found.append(row)

    def gone(self, rows: list[Endpoint]) -> None:
        if self._relied:
            self._found += rows

    def record(self) -> None:
        """Record that calls are missing, if something was found that none has announced."""
        if not self._found:
            return
        ids = [row.pk for row in self._found]
        since = (self._resource.mirrored_at or timezone.now()) - GRACE
        known = Q(hinted_at__gte=since) | Q(changes__in=Change.objects.open()) | Q(changes__closed_at__gte=since)
        announced = set(Endpoint.objects.filter(known, pk__in=ids).values_list("pk", flat=True))
        # A call about an endpoint that had no row yet is known by its time alone.
        resource = Resource.objects.filter(pk=self._resource.pk)
        called = resource.filter(hook_heard_at__gte=since).exists()
        new = {row.pk for row in self._found if (row.remote_id or "").lower() not in self._before}
        if any(pk not in announced and not (called and pk in new) for pk in ids):
            resource.update(hook_missed_at=Now())


def _unsettled(resource: Resource) -> bool:
    """Whether a change is open, or something is being deployed."""
    if Change.objects.open().filter(endpoint__resource=resource).exists():
        return True
    return resource.endpoints.present().exclude(remote_id=None).exclude(status__in=SETTLED).exists()
