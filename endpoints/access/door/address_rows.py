"""Addresses: seen by whoever sees one of their endpoints, changed by whoever may deploy to each of them."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404

from endpoints.access.door import within
from endpoints.access.door.covered import scope
from endpoints.access.grants import Person
from endpoints.access.roles import VIEW
from endpoints.models import Address, AddressChange, AddressHour, Endpoint
from endpoints.models.address import AddressChangeQuerySet, AddressQuerySet

LEADS_TO = ("endpoint", "second", "standby")


def addresses(person: Person, permission: str = VIEW) -> AddressQuerySet:
    """Those that a person sees; for any other permission those of which each endpoint is covered.

    One without an endpoint, because its Speech resource was removed, is for those whose permission covers everything.
    """
    held, rows = scope(person, permission), Address.objects.all()
    if held.everywhere:
        return rows
    if not held:
        return rows.none()
    covered = Endpoint.objects.filter(within.endpoints(held)).order_by().values("pk")
    some, each = Q(pk__in=[]), Q()
    for one in LEADS_TO:
        inside = Q(**{f"{one}__in": covered})
        some |= inside
        each &= inside | Q(**{one: None})
    return rows.filter(some) if permission == VIEW else rows.filter(some, each)


def address(person: Person, name: str, permission: str = VIEW) -> Address:
    """With the endpoints that it leads to. PermissionDenied, Http404."""
    if not scope(person, permission):
        raise PermissionDenied
    return get_object_or_404(addresses(person, permission).for_page(), name=name)


def address_changes(person: Person, permission: str = VIEW) -> AddressChangeQuerySet:
    """What was asked of the addresses that a person sees; for DEPLOY also the endpoint that one leads to is covered."""
    held = scope(person, permission)
    rows = AddressChange.objects.filter(address__in=addresses(person, permission).order_by().values("pk"))
    if held.everywhere or permission == VIEW:
        return rows
    covered = Endpoint.objects.filter(within.endpoints(held)).order_by().values("pk")
    return rows.filter(Q(endpoint=None) | Q(endpoint__in=covered))


def address_change(person: Person, pk: Any, permission: str = VIEW) -> AddressChange:
    if not scope(person, permission):
        raise PermissionDenied
    rows = address_changes(person, permission).select_related("address", "endpoint__resource")
    return get_object_or_404(rows, pk=pk)


def address_hours(person: Person) -> "QuerySet[AddressHour, AddressHour]":
    """How often the addresses that a person sees were asked."""
    return AddressHour.objects.filter(address__in=addresses(person).order_by().values("pk"))


def addresses_of(person: Person, endpoint: Endpoint) -> AddressQuerySet:
    """Those that lead to an endpoint that the person sees."""
    return addresses(person).leading_to(endpoint)
