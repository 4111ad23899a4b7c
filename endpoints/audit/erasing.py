"""Erasing: a person becomes anonymous, events end with their retention. Both leave the chain of seals whole.

What was erased is recorded in the chain itself, before it is erased, in the same transaction. Only sealed events are
erased, so the callers seal first. On PostgreSQL it takes the owner of the tables (endpoints.audit.rights).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection
from datetime import datetime

from django.db import IntegrityError, transaction

from endpoints.audit import digests, sealing
from endpoints.models import Event, Seal, SealedEvent
from endpoints.models.append_only import erasing
from endpoints.models.event import EventQuerySet, Fact
from endpoints.models.seal import SealKind

ANONYMOUS = {"actor_id": 0, "actor_name": "deleted user"}


def done_by(people: Collection[int]) -> EventQuerySet:
    return Event.objects.filter(actor_id__in=people)


def about(names: Collection[str], people: Collection[int]) -> EventQuerySet:
    """What others did to a person: the events that name them. `people`: their ids, whose own events are left out."""
    return Event.objects.filter(facts__person__in=names).exclude(actor_id__in=[*people, ANONYMOUS["actor_id"]])


def anonymize(people: Collection[int], names: Collection[str] = ()) -> int:
    """Erase who a person was from the sealed events of what they did, and their name from those of others.

    `people`: their ids; `names`: those that they have had. Returns how many events were changed.
    """
    done = _in_batches(SealKind.ANONYMIZED, done_by(people), _anonymize)
    return done + _in_batches(SealKind.UNNAMED, about(names, people), _unname)


def before(at: datetime) -> EventQuerySet:
    return Event.objects.filter(at__lt=at)


def remove_before(at: datetime) -> int:
    """Remove the sealed events that happened before; returns how many."""
    return _in_batches(SealKind.REMOVED, before(at), _remove)


def _in_batches(kind: SealKind, events: EventQuerySet, erase: Callable[[list[int]], None]) -> int:
    found = events.order_by().values("pk")
    ids = sorted(SealedEvent.objects.filter(event_id__in=found).values_list("pk", flat=True))
    for start in range(0, len(ids), sealing.BATCH):
        batch = ids[start : start + sealing.BATCH]
        for attempt in range(1, sealing.ATTEMPTS + 1):
            try:
                _seal_and_erase(kind, batch, erase)
                break
            except IntegrityError:  # a worker has added a seal meanwhile
                if attempt == sealing.ATTEMPTS:
                    raise
    return len(ids)


@transaction.atomic
def _seal_and_erase(kind: SealKind, ids: list[int], erase: Callable[[list[int]], None]) -> None:
    last = Seal.objects.latest("number")
    sealing.chain(last, kind, ids, last.until, _keep(ids) if kind == SealKind.UNNAMED else "")
    erase(ids)


def _anonymize(ids: list[int]) -> None:
    rows = {row["id"]: row for row in Event.objects.filter(pk__in=ids).values(*digests.FIELDS)}
    sealed = list(SealedEvent.objects.filter(pk__in=ids))
    for one in sealed:
        # One that was unnamed before has the digest of what was sealed.
        one.personal, one.salt = one.personal or digests.personal(rows[one.event_id], bytes(one.salt)), b""
    SealedEvent.objects.bulk_update(sealed, ["personal", "salt"], batch_size=100)
    with erasing("UPDATE"):
        for pk, row in rows.items():
            Event.objects.filter(pk=pk).update(**ANONYMOUS, facts=_without(row["facts"], digests.personal_facts(row)))


def _keep(ids: list[int]) -> str:
    """Seal the personal fields that stay in unnamed events with a new salt; returns the hash of their digests."""
    rows = {row["id"]: row for row in Event.objects.filter(pk__in=ids).values(*digests.FIELDS)}
    sealed = list(SealedEvent.objects.filter(pk__in=ids).order_by("pk"))
    for one in sealed:
        row, salt = rows[one.event_id], secrets.token_bytes(sealing.SALT)
        one.personal, one.salt = digests.personal(row, bytes(one.salt)), salt
        one.kept = digests.personal({**row, "facts": _without(row["facts"], digests.OF_OTHERS)}, salt)
    SealedEvent.objects.bulk_update(sealed, ["personal", "salt", "kept"], batch_size=100)
    return digests.root(bytes(one.kept) for one in sealed)


def _unname(ids: list[int]) -> None:
    with erasing("UPDATE"):
        for pk, facts in Event.objects.filter(pk__in=ids).values_list("pk", "facts"):
            Event.objects.filter(pk=pk).update(facts=_without(facts, digests.OF_OTHERS))


def _remove(ids: list[int]) -> None:
    SealedEvent.objects.filter(pk__in=ids).update(salt=b"")
    with erasing("DELETE"):
        Event.objects.filter(pk__in=ids).delete()


def _without(facts: dict[str, Fact], names: Collection[str]) -> dict[str, Fact]:
    return {name: value for name, value in facts.items() if name not in names}
