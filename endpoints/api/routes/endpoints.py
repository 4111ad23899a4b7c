"""Endpoints: the list, one, and what can be requested of them. A worker carries it out; the change tells how far."""

from typing import Any
from uuid import UUID

from ninja import Query, Router

from endpoints.access import door
from endpoints.access.permissions import may
from endpoints.api import rows, shown
from endpoints.api.http import ApiRequest
from endpoints.api.listing import page
from endpoints.api.shapes.endpoint import EndpointFilters, EndpointOut, EndpointPage
from endpoints.pages.endpoint_list import selection

router = Router(tags=["endpoints"])


@router.get("/endpoints", response=EndpointPage, operation_id="list_endpoints")
@may("view_endpoint")
def endpoints(request: ApiRequest, filters: Query[EndpointFilters]) -> Any:
    """The endpoints that the filters select; newest first unless `sort` says otherwise."""
    found, _count = selection.counted(request.user, request.GET)
    whole = door.endpoints(request.user).for_page().select_related("probe").defer(*shown.HEAVY)
    return page(request, filters, found, selection.order(request.GET), whole, rows.endpoint)


@router.get("/endpoints/{uuid:pk}", response=EndpointOut, operation_id="show_endpoint")
@may("view_endpoint")
def endpoint(request: ApiRequest, pk: UUID) -> Any:
    return shown.endpoint(request, pk)
