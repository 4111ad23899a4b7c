"""What can be requested of endpoints: each answers 202 with the change request, which a worker carries out."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from endpoints import hints
from endpoints.access import door
from endpoints.access.permissions import may
from endpoints.api import shown
from endpoints.api.http import ApiRequest
from endpoints.api.once import once, same
from endpoints.api.problems import Problem, of_form, wrong
from endpoints.api.refusals import as_problems
from endpoints.api.routes.endpoints import router
from endpoints.api.shapes.change import ChangeOut, Nothing
from endpoints.api.shapes.endpoint import ChangeModel, Delete, Deploy, Edit, EndpointOut, GoBack
from endpoints.api.versions import refuse_stale
from endpoints.changes import decisions, submit
from endpoints.models import Change, Endpoint
from endpoints.pages.forms.endpoint import ChangeModelForm, DeleteForm, EditForm, GoBackForm
from endpoints.pages.forms.new_endpoint import DetailsForm, ModelForm, PlaceForm

ACCEPTED = {202: ChangeOut}


@router.post("/endpoints", response=ACCEPTED, operation_id="deploy")
@may("deploy_model")
@once(shown.change)
def deploy(request: ApiRequest, body: Deploy) -> UUID:
    """Deploy a model as a new endpoint."""
    model = door.models(request.user, door.DEPLOY).filter(pk=body.model).first()
    if model is None:
        raise wrong([{"pointer": "#/model", "detail": _("This model doesn't exist. Select one from the list.")}])
    where = f"project:{body.project}" if body.project else f"resource:{model.resource_id}"
    place = PlaceForm({"project": where, "locale": model.locale}, person=request.user)
    _valid(place, {"locale": "model"})
    resource = place.cleaned_data["resource"]
    _valid(ModelForm({"model": str(model.pk)}, person=request.user, resource=resource, locale=model.locale), {})
    typed = {"name": body.name, "description": body.description, "logging": "on" if body.logging else ""}
    details = DetailsForm(typed, resource=resource)
    _valid(details, {})
    with as_problems():
        change = submit.create(
            key=request.change_id,
            actor=request.user,
            model=model,
            display_name=details.cleaned_data["name"],
            description=details.cleaned_data["description"],
            project=place.cleaned_data["chosen_project"],
            logging_enabled=details.cleaned_data["logging"],
            fingerprint=request.fingerprint,
        )
    return _requested(request, change)


@router.post("/endpoints/{uuid:pk}/change-model", response=ACCEPTED, operation_id="change_model")
@may("deploy_model")
@once(shown.change)
def change_model(request: ApiRequest, pk: UUID, body: ChangeModel) -> UUID:
    """Deploy another model to the endpoint, which keeps its address."""
    endpoint = _endpoint(request, pk, door.DEPLOY)
    replaces = str(body.replaces or "")
    typed = {"key": str(request.change_id), "model": str(body.model), "reason": body.reason, "replaces": replaces}
    form = ChangeModelForm(typed, endpoint=endpoint, person=request.user)
    _valid(form, {})
    if body.at and body.at <= timezone.now():
        raise wrong([{"pointer": "#/at", "detail": _("Choose a future time.")}])
    facts = {name: form.cleaned_data[name] for name in ("model", "reason", "replaces")}
    with as_problems():
        return _requested(request, submit.change_model(endpoint=endpoint, at=body.at, **facts, **_asker(request)))


@router.post("/endpoints/{uuid:pk}/go-back", response=ACCEPTED, operation_id="go_back")
@may("go_back")
@once(shown.change)
def go_back(request: ApiRequest, pk: UUID, body: GoBack) -> UUID:
    """Deploy the model again that the endpoint had before."""
    endpoint = _endpoint(request, pk, door.GO_BACK)
    form = GoBackForm({"key": str(request.change_id), "replaces": str(body.replaces or ""), "reason": body.reason})
    _valid(form, {})
    facts = {name: form.cleaned_data[name] for name in ("reason", "replaces")}
    with as_problems():
        return _requested(request, submit.go_back(endpoint=endpoint, **facts, **_asker(request)))


@router.post("/endpoints/{uuid:pk}/edit", response=ACCEPTED, operation_id="edit_endpoint")
@may("deploy_model")
@once(shown.change)
def edit(request: ApiRequest, pk: UUID, body: Edit) -> UUID:
    """Change the name, the description, or whether content is logged."""
    endpoint = _endpoint(request, pk, door.DEPLOY)
    logging = endpoint.logging_enabled if body.logging is None else body.logging
    typed = {
        "key": str(request.change_id),
        "name": endpoint.display_name if body.name is None else body.name,
        "description": endpoint.description if body.description is None else body.description,
        "logging": "on" if logging else "",
        "reason": body.reason,
    }
    form = EditForm(typed, asker=request.user, endpoint=endpoint)
    _valid(form, {})
    given = {"display_name": body.name, "description": body.description, "logging_enabled": body.logging}
    desired = {fact: value for fact, value in form.desired().items() if given[fact] is not None}
    with as_problems():
        change = submit.edit(endpoint=endpoint, desired=desired, reason=form.cleaned_data["reason"], **_asker(request))
    return _requested(request, change)


@router.post("/endpoints/{uuid:pk}/delete", response=ACCEPTED, operation_id="delete_endpoint")
@may("deploy_model")
@once(shown.change)
def delete(request: ApiRequest, pk: UUID, body: Delete) -> UUID:
    """Delete the endpoint in Azure. Its history stays."""
    endpoint = _endpoint(request, pk, door.DEPLOY)
    typed = {"key": str(request.change_id), "name": body.name, "reason": body.reason}
    form = DeleteForm(typed, asker=request.user, endpoint=endpoint)
    _valid(form, {})
    with as_problems():
        return _requested(
            request, submit.delete(endpoint=endpoint, reason=form.cleaned_data["reason"], **_asker(request))
        )


@router.post("/endpoints/{uuid:pk}/dismiss", response={200: EndpointOut}, operation_id="dismiss_endpoint")
@may("deploy_model")
@once(shown.endpoint, status=200)
def dismiss(request: ApiRequest, pk: UUID, body: Nothing) -> UUID:
    """Remove an endpoint from the list that the service never had."""
    endpoint = door.endpoint(request.user, pk, door.DEPLOY)
    if not decisions.dismiss(endpoint, actor=request.user):
        raise Problem("not-now", _("Nothing was changed because the endpoint might still be deploying."))
    return pk


def _endpoint(request: ApiRequest, pk: UUID, permission: str) -> Endpoint:
    """The endpoint, unless the program has seen another state of it (If-Match)."""
    endpoint = door.endpoint_on_service(request.user, pk, permission)
    if "If-Match" in request.headers:
        refuse_stale(request, EndpointOut.written(shown.endpoint(request, pk)).encode())
    return endpoint


def _asker(request: ApiRequest) -> dict[str, Any]:
    return {"key": request.change_id, "actor": request.user, "fingerprint": request.fingerprint}


def _requested(request: ApiRequest, change: Change) -> UUID:
    hints.send("step", change.pk)
    return same(request, change)


def _valid(form: Any, members: dict[str, str]) -> None:
    if not form.is_valid():
        raise of_form(form, members)
