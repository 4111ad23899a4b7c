"""Activity, and whose token it is."""

from functools import partial
from typing import Any

from ninja import Query, Router

from endpoints.access import door
from endpoints.access.permissions import allows, may
from endpoints.access.roles import RIGHTS
from endpoints.api import rows
from endpoints.api.http import ApiRequest
from endpoints.api.listing import page
from endpoints.api.shapes.activity import EventFilters, EventPage, Me
from endpoints.pages.activity import selection

router = Router()


@router.get("/activity", response=EventPage, operation_id="list_activity", tags=["activity"])
@may("view_endpoint")
def activity(request: ApiRequest, filters: Query[EventFilters]) -> Any:
    """Who did what, newest first."""
    found = selection.lines(request.user, request.GET)
    events = door.events(request.user).defer("words")
    return page(
        request, filters, found, selection.NEWEST_FIRST, events, rows.event, partial(door.as_seen, request.user)
    )


@router.get("/me", response=Me, operation_id="show_me", tags=["token"])
def me(request: ApiRequest) -> Any:
    """Whose token this is, and what it may do."""
    return {
        "person": request.user.get_username(),
        "token": request.auth.name,
        "expires_at": request.auth.expires_at,
        "rights": [right for right in RIGHTS if allows(request.user, right)],
    }
