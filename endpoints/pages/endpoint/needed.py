"""The addresses that need an endpoint, which can't be deleted before, each with what has to be done first."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from endpoints.access import door
from endpoints.access.permissions import Person
from endpoints.models import Address, Endpoint


@dataclass(frozen=True)
class Need:
    address: Address
    words: str


def needs_of(person: Person, endpoint: Endpoint) -> list[Need]:
    """Of the addresses that the person sees; the verb knows also of a move of another one."""
    needs = [Need(one, words) for one in door.addresses_of(person, endpoint) for words in _words(one, endpoint)]
    moves = door.address_changes(person).waiting().filter(endpoint=endpoint).select_related("address")
    scheduled = _("A move to this endpoint is scheduled. Cancel the move first.")
    return needs + [Need(move.address, scheduled) for move in moves]


def _words(address: Address, endpoint: Endpoint) -> list[str]:
    found = {
        _("Leads to this endpoint. Move the address first."): address.endpoint_id,
        _("Sends a share of new sessions to this endpoint. Take the share back first."): address.second_id,
        _("Has this endpoint as its standby. Choose another one, or remove it, first."): address.standby_id,
    }
    return [words for words, pk in found.items() if pk == endpoint.pk]
