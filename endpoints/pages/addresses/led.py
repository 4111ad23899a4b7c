"""Where addresses lead, as a person sees it: an endpoint that their grants don't cover has no name for them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from endpoints.access import door
from endpoints.access.permissions import Person
from endpoints.addresses.standing_in import SAME_RESOURCE, shares_resource
from endpoints.models import Address, AddressChange, Endpoint


@dataclass(frozen=True)
class Led:
    """An endpoint that an address leads to; `endpoint` is None when the person doesn't see it."""

    endpoint: Endpoint | None
    hidden: bool = False

    @property
    def name(self) -> str:
        if self.endpoint:
            return self.endpoint.display_name
        return _("An endpoint that you can't see") if self.hidden else _("No endpoint")


@dataclass(frozen=True)
class Row:
    address: Address
    endpoint: Led
    second: Led
    standby: Led

    @property
    def same_resource(self) -> str:
        """A warning of a standby that fails together with the endpoint, for whoever sees both."""
        seen = self.endpoint.endpoint and self.standby.endpoint
        return _(SAME_RESOURCE) if seen and shares_resource(self.address) else ""


@dataclass(frozen=True)
class Line:
    """A change in the history, with the names that the person may read."""

    change: AddressChange
    to: str
    origin: str
    to_url: str


def rows_of(person: Person, addresses: list[Address]) -> list[Row]:
    seen = seen_of(person, (pk for one in addresses for pk in (one.endpoint_id, one.second_id, one.standby_id)))

    def led(endpoint: Endpoint | None) -> Led:
        return Led(endpoint if endpoint and endpoint.pk in seen else None, hidden=endpoint is not None)

    return [Row(one, led(one.endpoint), led(one.second), led(one.standby)) for one in addresses]


def lines_of(person: Person, changes: list[AddressChange]) -> list[Line]:
    """Whoever sees everything reads also the names of endpoints that are gone."""
    everywhere = door.scope(person).everywhere
    seen = seen_of(person, (pk for one in changes for pk in (one.endpoint_id, one.from_endpoint_id)))

    def name(pk: UUID | None, kept: str) -> str:
        return kept if everywhere or pk in seen or not kept else _("An endpoint that you can't see")

    return [
        Line(
            one,
            name(one.endpoint_id, one.endpoint_name),
            name(one.from_endpoint_id, one.from_endpoint_name),
            one.endpoint.get_absolute_url() if one.endpoint and one.endpoint_id in seen else "",
        )
        for one in changes
    ]


def seen_of(person: Person, pks: Iterable[UUID | None]) -> set[Any]:
    """Those of these endpoints that the person sees."""
    return set(door.endpoints(person).filter(pk__in={pk for pk in pks if pk}).order_by().values_list("pk", flat=True))
