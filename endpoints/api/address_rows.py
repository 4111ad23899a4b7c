"""Addresses as the API shows them; endpoints that the person doesn't see are left out."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.http import Http404
from django.urls import get_script_prefix, resolve
from django.utils.translation import gettext as _

from endpoints.access import door
from endpoints.addresses import standing_in
from endpoints.addresses.standing_in import Trouble
from endpoints.api.http import ApiRequest
from endpoints.api.rows import named
from endpoints.models import Address, AddressChange, Endpoint, site

RELATED = ("address", "endpoint", "from_endpoint")


def read(request: ApiRequest, rows: Iterable[Address]) -> list[Address]:
    """With the change of each that waits: one query for all of them."""
    found = list(rows)
    waiting = door.address_changes(request.user).waiting().filter(address__in=[row.pk for row in found])
    by_address = {change.address_id: change for change in waiting.select_related(*RELATED)}
    for row in found:
        row.waits = by_address.get(row.pk)  # type: ignore[attr-defined]  # for address
    return found


def address(request: ApiRequest, row: Address) -> dict[str, Any]:
    trouble = standing_in.trouble_of(row)
    waits = getattr(row, "waits", None)
    return {
        "name": row.name,
        "description": row.description,
        "locale": row.locale,
        "address": _asked_by_programs(request, row),
        "endpoint": _seen(request, row.endpoint),
        "second": _seen(request, row.second),
        "share": row.share,
        "standby": _seen(request, row.standby),
        "stands_in": row.stands_in,
        "trouble": trouble,
        "trouble_text": str(Trouble(trouble).label) if trouble else "",
        "proposal": _seen(request, standing_in.proposal(row)) if trouble else None,
        "waiting": change(request, waits) if waits else None,
        "created_by": row.created_by,
        "created_at": row.created_at,
        "moved_by": row.moved_by,
        "moved_at": row.moved_at,
    }


def change(request: ApiRequest, row: AddressChange) -> dict[str, Any]:
    return {
        "id": row.pk,
        "address": row.address.name,
        "kind": row.kind,
        "state": row.state,
        "state_text": str(row.get_state_display()),
        "open": row.is_waiting,
        "endpoint": _seen(request, row.endpoint),
        "endpoint_name": _name(request, row.endpoint, row.endpoint_name),
        "previous_endpoint": _seen(request, row.from_endpoint),
        "previous_endpoint_name": _name(request, row.from_endpoint, row.from_endpoint_name),
        "share": row.share,
        "reason": row.reason,
        "requested_by": row.actor_name,
        "requested_at": row.requested_at,
        "scheduled_for": row.scheduled_for,
        "after": row.after_id,
        "closed_at": row.closed_at,
        "error": _(row.error) if row.error else "",
    }


def shown(request: ApiRequest, name: str) -> dict[str, Any]:
    """One address; Http404."""
    (row,) = read(request, [door.address(request.user, name)])
    return address(request, row)


def shown_change(request: ApiRequest, pk: UUID) -> dict[str, Any]:
    row = door.address_changes(request.user).select_related(*RELATED).filter(pk=pk).first()
    if row is None:
        raise Http404
    return change(request, row)


def shown_of_path(request: ApiRequest, _target: UUID) -> dict[str, Any]:
    """The address that the request is about, as it is now: what a repeated request gets."""
    return shown(request, name_in_path(request))


def name_in_path(request: ApiRequest) -> str:
    return str(resolve(request.path_info, urlconf="endpoints.api.addresses").kwargs["name"])


def _seen(request: ApiRequest, endpoint: Endpoint | None) -> dict[str, Any] | None:
    return named(endpoint) if endpoint and door.scope(request.user).covers(endpoint) else None


def _name(request: ApiRequest, endpoint: Endpoint | None, name: str) -> str:
    """The name of an endpoint that is gone is for those who see everything."""
    held = door.scope(request.user)
    return name if held.everywhere or (endpoint and held.covers(endpoint)) else ""


def _asked_by_programs(request: ApiRequest, row: Address) -> str:
    """The same as on its page, by whatever name this program has reached the product."""
    return site.address(f"{get_script_prefix()}speech/{row.name}", request).replace("http", "ws", 1)
