"""Erasing: a person becomes anonymous, events end with their retention. Both leave the chain of seals whole.

What was erased is recorded in the chain itself, before it is erased, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from endpoints.audit import digests, sealing
from endpoints.models import Event, Seal, SealedEvent
from endpoints.models.append_only import erasing
from endpoints.models.seal import SealKind

ANONYMOUS = {"actor_id": 0, "actor_name": "deleted user"}


def anonymize(person: int) -> int:
    """Erase who a person was from the sealed events of what they did; returns how many. `person`: their id."""
    return _in_batches(SealKind.ANONYMIZED, Event.objects.filter(actor_id=person).values_list("pk", flat=True))


def remove_before(at: datetime) -> int:
    """Remove the sealed events that happened before; returns how many."""
    return _in_batches(SealKind.REMOVED, Event.objects.filter(at__lt=at).values_list("pk", flat=True))


def _in_batches(kind: SealKind, events: Iterable[int]) -> int:
    ids = sorted(SealedEvent.objects.filter(event_id__in=events).values_list("pk", flat=True))
    for start in range(0, len(ids), sealing.BATCH):
        batch = ids[start : start + sealing.BATCH]
        with transaction.atomic():
            last = Seal.objects.latest("number")
            sealing.chain(last, kind, batch, last.until)
            _anonymize(batch) if kind == SealKind.ANONYMIZED else _remove(batch)
    return len(ids)


def _anonymize(ids: list[int]) -> None:
    sealed = {one.event_id: one for one in SealedEvent.objects.filter(pk__in=ids)}
    events = list(Event.objects.filter(pk__in=ids).defer("words"))
    for row in Event.objects.filter(pk__in=ids).values(*digests.FIELDS):
        one = sealed[row["id"]]
        one.personal, one.salt = digests.personal(row, bytes(one.salt)), b""
    SealedEvent.objects.bulk_update(sealed.values(), ["personal", "salt"], batch_size=100)
    with erasing("UPDATE"):
        for event in events:
            facts = {name: value for name, value in event.facts.items() if name not in digests.PERSONAL_FACTS}
            Event.objects.filter(pk=event.pk).update(**ANONYMOUS, facts=facts)


def _remove(ids: list[int]) -> None:
    SealedEvent.objects.filter(pk__in=ids).update(salt=b"")
    with erasing("DELETE"):
        Event.objects.filter(pk__in=ids).delete()
