"""When a worker may call the service: the pauses between polls, and the turns of those who call one resource."""

import random
from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from endpoints.models import Change, Download, Endpoint, LogArchive, Purge, Resource
from endpoints.models.claim import unleased
from endpoints.models.status import ChangeState

BACK_OFF = (2, 5, 10, 20, 40, 60)  # seconds, when the service does not say
SLOWLY = 300.0  # seconds between polls of what this version does not know
LONG = (Download, LogArchive, Purge)  # work that takes long, and workers of its own
CHANGES_AT_ONCE = 5  # of a resource; docker-compose.yml gives them 8 processes
ALIVE_SECONDS = 12  # a lease of a worker that has not been killed has more left: work.held() prolongs it
BUSY_SECONDS = 1.0  # at least, until it is checked again whether there is room
OUTAGE = 30.0  # seconds of failing from which on the callers of a resource take turns
AWAITED = timedelta(minutes=35)  # a deployment takes up to 30 minutes, and people watch it
LOOKS_A_SECOND = 2  # of all deployments of a resource together; the service takes ten requests a second


def pause(change: Change, asked: float | None = None) -> float:
    """The Retry-After of the service (1 s to 15 min), or longer each time."""
    polls = change.count_poll()
    return min(max(asked, 1), 900) if asked is not None else BACK_OFF[min(polls, len(BACK_OFF)) - 1]


def pause_of_deployment(change: Change, asked: float | None) -> float:
    """Short while a person may be waiting, as far as the rate limit of the resource allows."""
    awaited = Change.objects.filter(pk=change.pk, accepted_at__gt=Now() - AWAITED).exists()
    if asked is not None or not awaited:
        return pause(change, asked)
    change.count_poll()
    deploying = Change.objects.filter(state=ChangeState.DEPLOYING, endpoint__resource=Endpoint.of(change).resource_id)
    return max(BACK_OFF[0], deploying.count() / LOOKS_A_SECOND)


def resource_of(row: Any) -> Resource:
    """The Speech resource that the work on a row concerns."""
    return row if isinstance(row, Resource) else row.endpoint.resource


def before_calling(row: Any, longest: float) -> float:
    """How long the work on `row` has to wait before it may call the service; 0 for not at all.

    As long as the service has told us to; then changes go first. During an outage one caller tries in each pause, and
    the others wait, each for another time, so that they do not all come back at once.
    """
    if not isinstance(row, Resource) and row.endpoint is None:
        return 0  # it was removed: the work only ends
    resource = resource_of(row)
    if told := resource.seconds_of_pause():
        return told if isinstance(row, Change) else told + 1
    if not _has_room(row, resource):
        # For different times: two that began at once would make room for each other again.
        return BUSY_SECONDS * random.uniform(1, 2)  # noqa: S311 (spread, not secrecy)
    pause = pause_of_failing(resource, longest)
    if resource.failing_since and pause >= OUTAGE and not resource.may_be_tried(pause):
        return pause * random.uniform(0.3, 1)  # noqa: S311 (spread, not secrecy)
    return 0


def after_slice(row: Any, due: float | None) -> float | None:
    """When long work is due again that could go on at once: after others of its resource that wait, each for a turn."""
    if due != 0 or not isinstance(row, LONG) or row.endpoint is None:
        return due
    soon = Q(due_at__lte=Now() + timedelta(seconds=3 * BUSY_SECONDS))
    waiting = any(rows.filter(unleased(), soon).exists() for rows in _beside(row, row.endpoint.resource))
    return 3 * BUSY_SECONDS if waiting else due


def _has_room(row: Any, resource: Resource) -> bool:
    """A resource takes few of the workers, so that one that is slow leaves others: one long task, and some changes."""
    if isinstance(row, Resource):
        return True
    alive = Now() + timedelta(seconds=ALIVE_SECONDS)
    at_work = sum(rows.filter(leased_until__gt=alive).count() for rows in _beside(row, resource))
    return at_work < (1 if isinstance(row, LONG) or resource.failing_since else CHANGES_AT_ONCE)


def _beside(row: Any, resource: Resource) -> list[QuerySet[Any]]:
    """The other work of the same kind with the same resource; personal data is deleted whatever else goes on."""
    kinds: tuple[Any, ...] = (Purge,) if isinstance(row, Purge) else LONG if isinstance(row, LONG) else (Change,)
    return [kind.objects.filter(endpoint__resource=resource).exclude(pk=row.pk) for kind in kinds]


def pause_of_failing(resource: Resource, longest: float) -> float:
    """As long as the resource has been failing: after a short failure soon, during a long one rarely."""
    since = resource.failing_since or timezone.now()
    return min(max((timezone.now() - since).total_seconds(), BACK_OFF[0]), longest)
