"""Endpoints that programs reach by an address: they are not deleted before the address leads elsewhere."""

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_noop

from endpoints.models import Address, Endpoint
from endpoints.models.translatable_text import TranslatableText

LEADS = gettext_noop("The address %(addresses)s leads to this endpoint. Move the address first.")
LEAD = gettext_noop("The addresses %(addresses)s lead to this endpoint. Move the addresses first.")
MOVES = gettext_noop("A move of the address %(addresses)s to this endpoint is scheduled. Cancel the move first.")


def why_not_deleted(endpoints: Iterable[Endpoint]) -> dict[UUID, TranslatableText]:
    """By id of an endpoint that an address leads to, or that one will be moved to: why it can't be deleted."""
    pks = {endpoint.pk for endpoint in endpoints}
    found: dict[UUID, list[str]] = defaultdict(list)
    rows = Address.objects.filter(Q(endpoint__in=pks) | Q(second__in=pks) | Q(standby__in=pks)).order_by("name")
    for name, *led in rows.values_list("name", "endpoint", "second", "standby"):
        for pk in pks & set(led):
            found[pk].append(name)
    why = {
        pk: TranslatableText(LEAD if names[1:] else LEADS, addresses=", ".join(names)) for pk, names in found.items()
    }
    moving = Address.objects.filter(changes__state="waiting", changes__endpoint__in=pks)
    for name, pk in moving.values_list("name", "changes__endpoint"):
        why.setdefault(pk, TranslatableText(MOVES, addresses=name))
    return why
