"""Edit an endpoint's name, description and content logging; delete it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from endpoints import deploy, tasks
from endpoints.forms import DeleteForm, EditForm
from endpoints.models import Endpoint
from endpoints.views.access import HttpRequest, may


def changeable(pk: UUID) -> Endpoint:
    """An endpoint that the service has, for a page that changes it; 404 otherwise."""
    return get_object_or_404(Endpoint.objects.present().exclude(remote_id=None).for_page(), pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
@may("deploy_model")
def edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    endpoint = changeable(pk)
    form = EditForm(request.POST or None, endpoint=endpoint)
    conflict: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        try:
            change = deploy.edit(
                key=form.cleaned_data["key"],
                actor=request.user,
                endpoint=endpoint,
                wanted=form.wanted(),
                reason=form.cleaned_data["reason"],
                seen=form.cleaned_data["seen"],
            )
        except deploy.NotPossible as error:
            form.add_error(None, str(error))
        except deploy.Busy as error:
            endpoint.open_changes = [error.change]
        except deploy.ChangedMeanwhile as error:
            conflict = error.facts
        else:
            tasks.ring(tasks.step, change.pk)
            messages.success(request, _("The endpoint is being changed."))
            return redirect(endpoint)
    return _page(request, "endpoints/edit.html", endpoint, form, conflict)


@require_http_methods(["GET", "HEAD", "POST"])
@may("deploy_model")
def delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What will be lost, and the name to type."""
    endpoint = changeable(pk)
    form = DeleteForm(request.POST or None, endpoint=endpoint)
    if request.method == "POST" and form.is_valid():
        try:
            change = deploy.delete(
                key=form.cleaned_data["key"],
                actor=request.user,
                endpoint=endpoint,
                reason=form.cleaned_data["reason"],
            )
        except deploy.Busy as error:
            endpoint.open_changes = [error.change]
        else:
            tasks.ring(tasks.step, change.pk)
            messages.success(request, _("The endpoint is being deleted."))
            return redirect("endpoints:list")
    return _page(request, "endpoints/delete.html", endpoint, form, {})


def _page(
    request: HttpRequest, template: str, endpoint: Endpoint, form: EditForm | DeleteForm, conflict: dict[str, Any]
) -> HttpResponse:
    blocked_by = endpoint.open_change
    asked = request.method == "POST"
    context = {
        "section": "list",
        "endpoint": endpoint,
        "form": form,
        "blocked_by": blocked_by,
        "conflict": conflict,
        "fresh": EditForm(endpoint=endpoint) if conflict else None,
    }
    status = 409 if asked and (blocked_by or conflict) else 422 if form.errors else 200
    return render(request, template, context, status=status)
