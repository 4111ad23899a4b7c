"""Addresses: names that programs ask which endpoint to connect to; what is asked of them takes effect at once.

A move that has its time, or waits for a deployment, is carried out by a worker.
"""

import json
from functools import partial
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router

from endpoints import hints
from endpoints.access import door
from endpoints.access.permissions import may
from endpoints.addresses import standing_in, submit
from endpoints.api import address_rows
from endpoints.api.http import ApiRequest
from endpoints.api.listing import page, refuse_unknown
from endpoints.api.once import once
from endpoints.api.problems import Problem, wrong
from endpoints.api.refusals import as_problems
from endpoints.api.shapes.address import (
    AddAddress,
    AddressChangeOut,
    AddressChangePage,
    AddressDeleted,
    AddressFilters,
    AddressOut,
    AddressPage,
    DeleteAddress,
    DescribeAddress,
    MoveAddress,
    MoveToStandby,
    ShareAddress,
    StandbyOfAddress,
)
from endpoints.api.shapes.change import Nothing
from endpoints.api.shapes.paging import Paging
from endpoints.api.versions import refuse_stale
from endpoints.models import Address, Endpoint
from endpoints.pages.paging import Order

router = Router(tags=["addresses"])
BY_NAME, NEWEST_FIRST = Order(("name", "id"), descending=False), Order(("requested_at", "id"), descending=True)
RESERVED = ("new",)  # the page for a new one
SHOWN = {200: AddressOut}


@router.get("/addresses", response=AddressPage, operation_id="list_addresses")
@may("view_endpoint")
def addresses(request: ApiRequest, filters: Query[AddressFilters]) -> Any:
    """The addresses that the filters select, by name."""
    found = door.addresses(request.user)
    if filters.endpoint:
        endpoint = door.endpoints(request.user).filter(pk=filters.endpoint).first()
        found = found.leading_to(endpoint) if endpoint else found.none()
    if filters.locale:
        found = found.filter(locale__iexact=filters.locale)
    whole = door.addresses(request.user).for_page()
    return page(request, filters, found, BY_NAME, whole, address_rows.address, partial(address_rows.read, request))


@router.get("/addresses/{slug:name}", response=AddressOut, operation_id="show_address")
@may("view_endpoint")
def address(request: ApiRequest, name: str) -> Any:
    return address_rows.shown(request, name)


@router.get("/addresses/{slug:name}/changes", response=AddressChangePage, operation_id="list_address_changes")
@may("view_endpoint")
def changes(request: ApiRequest, name: str, filters: Query[Paging]) -> Any:
    """What was asked of the address, newest first."""
    refuse_unknown(request, filters)
    found = door.address_changes(request.user).filter(address=door.address(request.user, name))
    whole = found.select_related(*address_rows.RELATED)
    return page(request, filters, found, NEWEST_FIRST, whole, address_rows.change)


@router.get("/addresses/{slug:name}/changes/{uuid:pk}", response=AddressChangeOut, operation_id="show_address_change")
@may("view_endpoint")
def change(request: ApiRequest, name: str, pk: UUID) -> Any:
    door.address(request.user, name)
    return address_rows.shown_change(request, pk)


def _added(request: ApiRequest, _target: UUID) -> dict[str, Any]:
    return address_rows.shown(request, json.loads(request.body)["name"])


@router.post("/addresses", response={201: AddressOut}, operation_id="add_address")
@may("deploy_model")
@once(_added, status=201)
def add(request: ApiRequest, body: AddAddress) -> UUID:
    """Give an endpoint an address, which later leads to others."""
    if body.name in RESERVED:
        raise wrong([{"pointer": "#/name", "detail": _("This name is reserved. Enter another one.")}])
    facts: dict[str, Any] = {
        "name": body.name,
        "endpoint": _endpoint(request, body.endpoint),
        "description": body.description,
    }
    with as_problems():
        submit.add(actor=request.user, key=request.change_id, **facts)
    return request.change_id


@router.post("/addresses/{slug:name}/move", response={202: AddressChangeOut}, operation_id="move_address")
@may("deploy_model")
@once(address_rows.shown_change)
def move(request: ApiRequest, name: str, body: MoveAddress) -> UUID:
    """Let the address lead to another endpoint: now, at a time, or once its deployment is done."""
    row, endpoint = _address(request, name, door.DEPLOY), _endpoint(request, body.endpoint)
    if body.at and body.at <= timezone.now():
        raise wrong([{"pointer": "#/at", "detail": _("Choose a future time.")}])
    after = body.after and door.changes(request.user).filter(pk=body.after, endpoint=endpoint).first()
    if body.after and not after:
        raise wrong([{"pointer": "#/after", "detail": _("This is no change of the endpoint.")}])
    asker: dict[str, Any] = {"key": request.change_id, "actor": request.user, "fingerprint": request.fingerprint}
    seen = row.endpoint_id if "If-Match" in request.headers else None
    with as_problems():
        asked = submit.move(
            address=row, endpoint=endpoint, reason=body.reason, seen=seen, at=body.at, after=after or None, **asker
        )
    if asked.fingerprint != request.fingerprint:
        raise Problem("key-reused")
    if asked.is_waiting:
        hints.send("move_address", asked.pk)
    return asked.pk


@router.post("/addresses/{slug:name}/move-to-standby", response={200: AddressChangeOut}, operation_id="move_to_standby")
@may("go_back")
@once(address_rows.shown_change, status=200)
def move_to_standby(request: ApiRequest, name: str, body: MoveToStandby) -> UUID:
    """Let the address lead to its standby while that is proposed. The right to go back is enough."""
    row = _address(request, name, door.GO_BACK)
    asker: dict[str, Any] = {"key": request.change_id, "actor": request.user, "fingerprint": request.fingerprint}
    with as_problems():
        asked = standing_in.move_to_proposed(address=row, reason=body.reason, **asker)
    if asked.fingerprint != request.fingerprint:
        raise Problem("key-reused")
    return asked.pk


@router.post("/addresses/{slug:name}/share", response=SHOWN, operation_id="share_address")
@may("go_back")
@once(address_rows.shown_of_path, status=200)
def share(request: ApiRequest, name: str, body: ShareAddress) -> UUID:
    """Send a share of the new sessions to a second endpoint. Taking it back (0) needs the right to go back alone."""
    row = _address(request, name, door.DEPLOY if body.percent else door.GO_BACK)
    second = _endpoint(request, body.endpoint) if body.percent else None
    with as_problems():
        submit.share(actor=request.user, address=row, second=second, percent=body.percent, reason=body.reason)
    return request.change_id


@router.post("/addresses/{slug:name}/standby", response=SHOWN, operation_id="set_standby")
@may("deploy_model")
@once(address_rows.shown_of_path, status=200)
def standby(request: ApiRequest, name: str, body: StandbyOfAddress) -> UUID:
    """Name the endpoint that stands in when the first one can't be reached, or none."""
    row = _address(request, name, door.DEPLOY)
    other = _endpoint(request, body.endpoint) if body.endpoint else None
    with as_problems():
        submit.set_standby(actor=request.user, address=row, standby=other, stands_in=body.stands_in)
    return request.change_id


@router.post("/addresses/{slug:name}/describe", response=SHOWN, operation_id="describe_address")
@may("deploy_model")
@once(address_rows.shown_of_path, status=200)
def describe(request: ApiRequest, name: str, body: DescribeAddress) -> UUID:
    """Say what the address is for."""
    with as_problems():
        row = _address(request, name, door.DEPLOY)
        submit.describe(actor=request.user, address=row, description=body.description)
    return request.change_id


@router.post("/addresses/{slug:name}/cancel", response={200: AddressChangeOut}, operation_id="cancel_move")
@may("deploy_model")
@once(address_rows.shown_change, status=200)
def cancel(request: ApiRequest, name: str, body: Nothing) -> UUID:
    """Cancel the move that waits for its time, or for a deployment."""
    row = _address(request, name, door.DEPLOY)
    waiting = door.address_changes(request.user, door.DEPLOY).waiting().filter(address=row).first()
    if waiting is None or not submit.cancel(waiting, actor=request.user):
        raise Problem("not-now", _("No move of this address is scheduled."))
    return waiting.pk


def _gone(request: ApiRequest, _target: UUID) -> dict[str, Any]:
    return {"name": address_rows.name_in_path(request)}


@router.post("/addresses/{slug:name}/delete", response={200: AddressDeleted}, operation_id="delete_address")
@may("deploy_model")
@once(_gone, status=200)
def delete(request: ApiRequest, name: str, body: DeleteAddress) -> UUID:
    """Delete the address: programs that ask it are told that it doesn't exist."""
    row = _address(request, name, door.DEPLOY)
    if body.name != row.name:
        raise wrong([{"pointer": "#/name", "detail": _("The name doesn't match. Enter the address's name.")}])
    submit.delete(actor=request.user, address=row, reason=body.reason)
    return request.change_id


def _address(request: ApiRequest, name: str, permission: str) -> Address:
    """The address, unless the program has seen another state of it (If-Match)."""
    found = door.address(request.user, name, permission)
    if "If-Match" in request.headers:
        refuse_stale(request, AddressOut.written(address_rows.shown(request, name)).encode())
    return found


def _endpoint(request: ApiRequest, pk: UUID | None) -> Endpoint:
    found = door.endpoints(request.user, door.DEPLOY).present().for_page().filter(pk=pk).first() if pk else None
    if found is None:
        detail = _("This endpoint can't be chosen. Select one from the list.")
        raise wrong([{"pointer": "#/endpoint", "detail": detail}])
    return found
