"""When a worker may call the service: the pauses between polls, after a failure, and for a turn."""

import random
from datetime import timedelta
from typing import Any

from django.db.models.functions import Now
from django.utils import timezone

from endpoints import azure
from endpoints.changes.turns import failing_have_room, turn
from endpoints.models import Change, Endpoint, Resource
from endpoints.models.status import ChangeState

BACK_OFF = (2, 5, 10, 20, 40, 60)  # seconds, when the service does not say
SLOWLY = 300.0  # seconds between polls of what this version does not know
OUTAGE = 30.0  # seconds of failing from which on the callers of a resource take turns
AWAITED = timedelta(minutes=35)  # a deployment takes up to 30 minutes, and people watch it
PAUSED = 2.0  # seconds until work is due again whose resource a person has paused; no sweep announces it
LOOKS_A_SECOND = 2  # of all deployments of a resource together; the service takes ten requests a second


def pause(change: Change, asked: float | None = None) -> float:
    """The Retry-After of the service (1 s to 15 min), or longer each time."""
    polls = change.count_poll()
    return min(max(asked, 1), 900) if asked is not None else BACK_OFF[min(polls, len(BACK_OFF)) - 1]


class Patient:
    """A change is retried without end: only its stages decide that something is final."""

    def __init__(self, change: Change) -> None:
        self.change = change

    def put_off(self, why: str, retry_after: float | None) -> float:
        Change.objects.move(self.change, ChangeState(self.change.state), error=why)
        return pause(self.change, retry_after)

    def refused(self, error: azure.SpeechError) -> float:
        return self.put_off(str(error), None)


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

    While a person has paused the resource, nothing calls it. Otherwise as long as the service has told us to; then
    changes go first. During an outage one caller tries in each pause, and
    the others wait, each for another time, so that they do not all come back at once.
    """
    if not isinstance(row, Resource) and row.endpoint is None:
        return 0  # it was removed: the work only ends
    resource = resource_of(row)
    if row is resource and resource.removing:
        return 0  # its removal calls nothing
    if resource.paused:
        return PAUSED
    if told := resource.seconds_of_pause():
        return told if isinstance(row, Change) else told + 1
    if wait := turn(row, resource):
        return wait
    pause = pause_of_failing(resource, longest)
    in_outage = resource.failing_since is not None and pause >= OUTAGE
    if in_outage and not (failing_have_room(row) and resource.may_be_tried(pause)):
        return pause * random.uniform(0.3, 1)  # noqa: S311 (spread, not secrecy)
    return 0


def pause_of_failing(resource: Resource, longest: float) -> float:
    """As long as the resource has been failing: after a short failure soon, during a long one rarely."""
    since = resource.failing_since or timezone.now()
    return min(max((timezone.now() - since).total_seconds(), BACK_OFF[0]), longest)
