"""Content logs of an endpoint before and since a change of its model, as workers would have read them."""

import random
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from django.utils import timezone

from endpoints.models import Change, LogEntry
from endpoints.models.log import Outcome
from endpoints.models.status import ChangeKind, ChangeState
from endpoints.watch.quality import watching

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


def log(endpoint, at, *, outcome=Outcome.RECOGNIZED, text="good morning to you", confidence=0.9, seconds=4):
    return LogEntry.objects.create(
        endpoint=endpoint,
        key=str(uuid4()),
        at=at,
        day=at.date(),
        outcome=outcome,
        text=text if outcome == Outcome.RECOGNIZED else "",
        confidence=confidence if outcome == Outcome.RECOGNIZED else None,
        duration=timedelta(seconds=seconds),
    )


def changed(endpoint, at, model, old):
    """A change of the model that was completed at that time."""
    names = {"endpoint_name": endpoint.display_name, "model_name": model.display_name}
    return Change.objects.create(
        endpoint=endpoint,
        kind=ChangeKind.CHANGE_MODEL,
        state=ChangeState.DONE,
        model=model,
        from_model=old,
        closed_at=at,
        due_at=None,
        **names,
    )


def seeded(endpoint, at, share):
    """Forty entries a day over the fortnight that begins then, of which this share has no result."""
    chance = random.Random(7)
    for number in range(14 * 40):
        when = at + timedelta(days=number % 14, minutes=number)
        log(endpoint, when, outcome=Outcome.NOTHING if chance.random() < share else Outcome.RECOGNIZED)


def worse_since_a_change(endpoint, other):
    """A fortnight ago another model came, and five times as many calls have no result since; a worker has seen it."""
    first, start = endpoint.model, timezone.now() - timedelta(days=28)
    changed(endpoint, start + timedelta(days=14), other, first)
    seeded(endpoint, start, 0.05)
    seeded(endpoint, start + timedelta(days=14, hours=1), 0.25)
    endpoint.model = other
    endpoint.model_name = other.display_name
    endpoint.save(update_fields=["model", "model_name"])
    watching.take(endpoint)
    return first
