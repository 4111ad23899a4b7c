"""Models, projects and Speech resources."""

from typing import Any
from uuid import UUID

from ninja import Query, Router

from endpoints import hints
from endpoints.access import door
from endpoints.access.permissions import may
from endpoints.api import rows, shown
from endpoints.api.http import ApiRequest
from endpoints.api.listing import page
from endpoints.api.once import once
from endpoints.api.problems import Problem, of_form
from endpoints.api.shapes.change import Nothing
from endpoints.api.shapes.model import (
    ModelFilters,
    ModelOut,
    ModelPage,
    Pause,
    ProjectPage,
    ResourceOut,
    ResourcePage,
)
from endpoints.api.shapes.paging import Paging
from endpoints.mirror.resource_states import pause_resource, resume_resource
from endpoints.pages.forms.resource_states import PauseForm
from endpoints.pages.model_list.listing import selected
from endpoints.pages.paging import Order

router = Router()
BY_NAME, BY_LABEL = Order(("display_name", "id"), descending=False), Order(("name", "id"), descending=False)


@router.get("/models", response=ModelPage, operation_id="list_models", tags=["models"])
@may("view_endpoint")
def models(request: ApiRequest, filters: Query[ModelFilters]) -> Any:
    """The models that the filters select, by name."""
    found = selected(request.user, {name: str(value).strip() for name, value in request.GET.items()})
    if filters.resource:
        found = found.filter(resource=filters.resource)
    if filters.remote_id:
        found = found.filter(remote_id=filters.remote_id)
    whole = door.models(request.user).select_related("resource", "project").defer("words", "resource__capabilities")
    return page(request, filters, found, BY_NAME, whole, rows.model)


@router.get("/models/{uuid:pk}", response=ModelOut, operation_id="show_model", tags=["models"])
@may("view_endpoint")
def model(request: ApiRequest, pk: UUID) -> Any:
    return shown.model(request, pk)


@router.get("/projects", response=ProjectPage, operation_id="list_projects", tags=["models"])
@may("view_endpoint")
def projects(request: ApiRequest, filters: Query[Paging]) -> Any:
    """The projects of Speech Studio in which endpoints and custom models are, by name."""
    found = door.projects(request.user)
    return page(request, filters, found.present(), BY_NAME, found.select_related("resource"), rows.project)


@router.get("/resources", response=ResourcePage, operation_id="list_resources", tags=["resources"])
@may("view_endpoint")
def resources(request: ApiRequest, filters: Query[Paging]) -> Any:
    """The Speech resources, by name."""
    found = door.resources(request.user)
    return page(request, filters, found, BY_LABEL, found, rows.resource)


@router.get("/resources/{uuid:pk}", response=ResourceOut, operation_id="show_resource", tags=["resources"])
@may("view_endpoint")
def resource(request: ApiRequest, pk: UUID) -> Any:
    return shown.resource(request, pk)


@router.post("/resources/{uuid:pk}/pause", response={200: ResourceOut}, operation_id="pause", tags=["resources"])
@may("manage_resources")
@once(shown.resource, status=200)
def pause(request: ApiRequest, pk: UUID, body: Pause) -> UUID:
    """Send no request to the Speech resource until somebody resumes it."""
    resource = door.resource(request.user, pk)
    count = door.endpoints(request.user, door.MANAGE).present().filter(resource=resource).count()
    form = PauseForm({"reason": body.reason, "number": body.number}, count=count)
    if not form.is_valid():
        raise of_form(form, {})
    if not pause_resource(resource, actor=request.user, reason=form.cleaned_data["reason"]):
        raise Problem("not-now")
    return pk


@router.post("/resources/{uuid:pk}/resume", response={200: ResourceOut}, operation_id="resume", tags=["resources"])
@may("manage_resources")
@once(shown.resource, status=200)
def resume(request: ApiRequest, pk: UUID, body: Nothing) -> UUID:
    """Send requests to the Speech resource again."""
    if not resume_resource(door.resource(request.user, pk), actor=request.user):
        raise Problem("not-now")
    hints.send("mirror", pk)
    return pk
