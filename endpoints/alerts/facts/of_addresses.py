"""Facts about addresses: programs are sent to an endpoint that can't answer; one moved to its standby by itself."""

from collections.abc import Iterator

from endpoints.addresses.standing_in import proposal, trouble_of
from endpoints.alerts.facts import Fact, Seen
from endpoints.models import Address, Endpoint, Event
from endpoints.models.alert import AlertRule
from endpoints.models.verbs import Verb


def in_trouble(seen: Seen) -> Iterator[Fact]:
    """One fact for each address and endpoint; it names the standby if the address can be moved there."""
    for address in Address.objects.in_trouble(seen.now).for_page():
        trouble = trouble_of(address, seen.now)
        if trouble is None:
            continue
        standby = proposal(address, seen.now)
        facts = {"address": address.name, "endpoint": address.endpoint.display_name if address.endpoint else ""}
        facts["kind"] = f"address-{trouble.value}"
        facts |= {"standby": standby.display_name} if standby else {}
        key = f"address:{address.pk}:{trouble.value}:{address.endpoint_id or ''}"
        about = _seen_by(address)
        pk, resource = (about.pk, about.resource_id) if about else (None, None)
        yield Fact(AlertRule.ADDRESS, key, facts, endpoint=pk, resource=resource)


def stood_in(seen: Seen) -> Iterator[Fact]:
    """Of the events since the last look."""
    events = list(
        Event.objects.filter(at__gte=seen.since, verb=Verb.ADDRESS_STOOD_IN).order_by("at", "pk").defer("words")
    )
    present = set(Endpoint.objects.filter(pk__in=[one.endpoint_id for one in events]).values_list("pk", flat=True))
    for event in events:
        if event.endpoint_id in present:
            facts = {name: str(event.facts.get(name, "")) for name in ("address", "old")}
            facts["endpoint"] = event.endpoint_name
            key = f"address-moved:{event.pk}"
            yield Fact(AlertRule.STOOD_IN, key, facts, endpoint=event.endpoint_id, resource=event.resource_id)


def _seen_by(address: Address) -> Endpoint | None:
    """Whoever sees this endpoint sees the alert: an address is seen by those who see one of its endpoints."""
    return address.endpoint or address.second or address.standby
