"""What a person may know of events that they see."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q
from django.db.models.fields.json import KT

from endpoints.access.door import within
from endpoints.access.grants import Person, scope
from endpoints.access.roles import READ_LOGS, VIEW
from endpoints.audit import digests
from endpoints.models import Endpoint, Event, SealedEvent
from endpoints.models.event import EventQuerySet


def as_seen(person: Person, events: Iterable[Event]) -> list[Event]:
    """Without what was searched for in content logs, unless the person may read them: it may be a caller's name.

    Also without the endpoint that an address led to before, unless the person sees one of that name.
    """
    found = list(events)
    _hide_origins(person, found)
    searched = [event for event in found if "search" in event.facts]
    held = scope(person, READ_LOGS)
    if searched and not held.everywhere:
        pks = {event.endpoint_id for event in searched if event.endpoint_id}
        readable = set(Endpoint.objects.filter(within.endpoints(held), pk__in=pks).values_list("pk", flat=True))
        for event in searched:
            if event.endpoint_id not in readable:
                del event.facts["search"]
    return found


def _hide_origins(person: Person, events: list[Event]) -> None:
    held = scope(person, VIEW)
    moved = [event for event in events if event.verb.startswith("address-") and "old" in event.facts]
    if not moved or held.everywhere:
        return
    names = {event.facts["old"] for event in moved}
    seen = Endpoint.objects.filter(within.endpoints(held), display_name__in=names)
    for name in names - set(seen.order_by().values_list("display_name", flat=True)):
        for event in moved:
            if event.facts.get("old") == name:
                del event.facts["old"]


def without_hidden(person: Person, found: EventQuerySet) -> EventQuerySet:
    """Without events with an origin that the person doesn't see: a search by its name would tell that there is one."""
    held = scope(person, VIEW)
    if held.everywhere:
        return found
    seen = Endpoint.objects.filter(within.endpoints(held)).order_by().values("display_name")
    rows = found.alias(origin=KT("facts__old"))
    return rows.exclude(Q(verb__startswith="address-", origin__isnull=False) & ~Q(origin__in=seen))


def proofs(person: Person, events: Iterable[Event]) -> dict[int, dict[str, Any]]:
    """What the hashes of these events, as the person sees them, are computed from; without those not sealed yet.

    There is none of an event with a hidden fact that is no personal one: the hash is of what it says.
    """
    if not scope(person, VIEW):
        return {}
    shown = {event.pk: event.facts for event in events}
    sealed = SealedEvent.objects.in_bulk(shown)
    rows = Event.objects.filter(pk__in=sealed).values(*digests.FIELDS)
    return {
        row["id"]: digests.proof(row, sealed[row["id"]], whole=shown[row["id"]].keys() == row["facts"].keys())
        for row in rows
        if row["facts"].keys() - shown[row["id"]].keys() <= digests.personal_facts(row)
    }


def seals(person: Person, events: list[int]) -> dict[int, tuple[int, str]]:
    """The number of the seal and the hash of each of these events, which the person sees, if it is sealed already."""
    rows = SealedEvent.objects.filter(pk__in=events) if scope(person, VIEW) else SealedEvent.objects.none()
    return {pk: (seal, bytes(digest).hex()) for pk, seal, digest in rows.values_list("pk", "seal_id", "digest")}
