"""Change requests: the list, one, with a wait until it moves, and decisions about it."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from ninja import Query, Router

from endpoints import hints
from endpoints.access import door
from endpoints.access.permissions import may
from endpoints.api import rows, shown, versions, waiting
from endpoints.api.http import ApiRequest
from endpoints.api.listing import page, refuse_unknown
from endpoints.api.once import once
from endpoints.api.problems import Problem
from endpoints.api.shapes.change import ChangeFilters, ChangeOut, ChangePage, Decide, Nothing, Wait
from endpoints.changes import decisions
from endpoints.models.status import OPEN
from endpoints.pages.paging import Order

router = Router(tags=["changes"])
MOVES = ("state", "attempt", "sent_at", "accepted_at", "closed_at", "error")
ALIVE = "speechstudio.alive"  # of the web server (speechstudio/whole_requests.py)
NEWEST_FIRST = Order(("requested_at", "id"), descending=True)


@router.get("/changes", response=ChangePage, operation_id="list_changes")
@may("view_endpoint")
def changes(request: ApiRequest, filters: Query[ChangeFilters]) -> Any:
    """What was requested, newest first."""
    found = door.changes(request.user)
    for name in ("endpoint", "state", "kind"):
        if value := getattr(filters, name):
            found = found.filter(**{name: value})
    if filters.open is not None:
        found = found.filter(state__in=OPEN) if filters.open else found.exclude(state__in=OPEN)
    whole = door.changes(request.user).select_related("endpoint", "model", "from_model")
    return page(request, filters, found, NEWEST_FIRST, whole, rows.change)


@router.get("/changes/{uuid:pk}", response=ChangeOut, operation_id="show_change")
@may("view_endpoint")
def change(request: ApiRequest, pk: UUID, wait: Query[Wait]) -> Any:
    """The change; with `wait`, as soon as it has moved, or after so many seconds.

    It has moved when it is another than If-None-Match names; without that header, another than it was when the request
    came. A closed change moves no more. When too many programs wait already, the answer comes at once and has
    Retry-After.
    """
    refuse_unknown(request, wait)
    answer = shown.change(request, pk)
    seen = request.headers.get("If-None-Match", "")
    etag = versions.etag_of(ChangeOut.written(answer).encode())
    if wait.wait and answer["open"] and (not seen or versions.unchanged(request, etag)):
        row = door.changes(request.user).filter(pk=pk).values_list(*MOVES)
        version = row.first()
        if version and not waiting.until_moved(row.first, version, wait.wait, request.META.get(ALIVE)):
            request.told["Retry-After"] = waiting.RETRY_AFTER
        answer = shown.change(request, pk)
    return answer


@router.post("/changes/{uuid:pk}/cancel", response={200: ChangeOut}, operation_id="cancel_change")
@may("deploy_model")
@once(shown.change, status=200)
def cancel(request: ApiRequest, pk: UUID, body: Nothing) -> UUID:
    """Cancel a change that has not started."""
    if not decisions.cancel(door.change(request.user, pk), actor=request.user):
        raise Problem("not-now", _("The change has already started."))
    return pk


@router.post("/changes/{uuid:pk}/decide", response={200: ChangeOut}, operation_id="decide_change")
@may("deploy_model")
@once(shown.change, status=200)
def decide(request: ApiRequest, pk: UUID, body: Decide) -> UUID:
    """Try a change again whose result is not known, or give it up."""
    again = body.decision == "again"
    if not decisions.decide(door.change(request.user, pk), actor=request.user, again=again):
        raise Problem("not-now", _("The change needs no decision."))
    if again:
        hints.send("step", pk)
    return pk
