"""Sealing: a worker puts events into the chain in batches, after the transactions that recorded them.

An id may become visible after a higher one, when its transaction commits later. So only events older than MARGIN are
sealed, and one that becomes visible even later goes into a later batch, as long as it is at most LATEST late. An
event that appears later than that stays outside the chain, and verifying names it as added.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from time import monotonic

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from endpoints.audit import digests
from endpoints.models import Event, Seal, SealedEvent
from endpoints.models.seal import SealKind

MARGIN = timedelta(minutes=2)
LATEST = timedelta(hours=1)  # no transaction is open for longer than the longest task
BATCH = 500  # events
SALT = 16  # bytes
ATTEMPTS = 20  # while workers are sealing at the same time


def seal(now: datetime | None = None, seconds: float = 5) -> datetime | None:
    """Seal batch after batch for some seconds. Returns the time until which all is sealed, None if more is left."""
    horizon, deadline = (now or timezone.now()) - MARGIN, monotonic() + seconds
    while monotonic() < deadline:
        try:
            if seal_batch(horizon) < BATCH:
                return horizon
        except IntegrityError:  # another worker is sealing
            return None
    return None


def seal_all() -> None:
    """Seal what has happened until now, also what is younger than MARGIN.

    Raises IntegrityError when workers that seal at the same time prevent it.
    """
    for _attempt in range(ATTEMPTS):
        if seal(timezone.now() + MARGIN):
            return
    raise IntegrityError("Events can't be sealed, because others are sealing them.")


def seal_batch(horizon: datetime) -> int:
    """Seal the oldest events that happened before `horizon`; returns how many."""
    last = Seal.objects.last()
    unsealed = Event.objects.filter(~Exists(SealedEvent.objects.filter(event_id=OuterRef("pk"))), at__lt=horizon)
    if last:
        unsealed = unsealed.filter(at__gte=last.until - LATEST)
    events = list(unsealed.order_by("at", "pk").values(*digests.FIELDS)[:BATCH])
    if not events:
        return 0
    until = max(events[-1]["at"], last.until if last else events[-1]["at"]) if len(events) == BATCH else horizon
    events.sort(key=lambda event: event["id"])
    salts = [secrets.token_bytes(SALT) for _event in events]
    found = [digests.of_event(event, salt) for event, salt in zip(events, salts, strict=True)]
    with transaction.atomic():
        seal = chain(last, SealKind.EVENTS, [event["id"] for event in events], until, digests.root(found))
        rows = zip(events, salts, found, strict=True)
        SealedEvent.objects.bulk_create(
            SealedEvent(event_id=event["id"], seal=seal, salt=salt, digest=digest) for event, salt, digest in rows
        )
    return len(events)


def chain(last: Seal | None, kind: SealKind, ids: Sequence[int], until: datetime, root: str = "") -> Seal:
    """Add a seal behind `last`. Raises IntegrityError when another worker has added one."""
    seal = Seal(
        number=last.number + 1 if last else 1,
        kind=kind,
        at=timezone.now(),
        until=until,
        first_id=ids[0],
        last_id=ids[-1],
        count=len(ids),
        ids=list(ids),
        root=root,
        previous=last.hash if last else "",
    )
    seal.hash = digests.of_seal(seal)
    seal.save(force_insert=True)
    return seal
