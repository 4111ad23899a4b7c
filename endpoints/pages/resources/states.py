"""Pause, resume or remove a Speech resource: what becomes of everything is said before it happens."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from endpoints import hints
from endpoints.access import door
from endpoints.access.permissions import may
from endpoints.mirror.removals import Reached, request_removal
from endpoints.mirror.resource_states import pause_resource, resume_resource
from endpoints.models import Resource
from endpoints.pages.forms.resource_states import PauseForm, RemoveForm
from endpoints.pages.http import HttpRequest


@require_http_methods(["GET", "HEAD", "POST"])
@may("manage_resources")
def pause(request: HttpRequest, pk: UUID) -> HttpResponse:
    resource = door.resource(request.user, pk)
    facts = _facts(request, resource)
    form = PauseForm(request.POST or None, count=facts["endpoints"])
    if resource.paused or request.method != "POST" or not form.is_valid():
        return _page(request, "pause", resource, facts, form)
    pause_resource(resource, actor=request.user, reason=form.cleaned_data["reason"])
    messages.success(request, _("%(name)s is paused.") % {"name": resource.name})
    return redirect("endpoints:resources")


@require_http_methods(["GET", "HEAD", "POST"])
@may("manage_resources")
def resume(request: HttpRequest, pk: UUID) -> HttpResponse:
    resource = door.resource(request.user, pk)
    if request.method != "POST":
        return _page(request, "resume", resource, _facts(request, resource), None)
    resume_resource(resource, actor=request.user)
    hints.send("mirror", pk)
    messages.success(request, _("%(name)s is resumed.") % {"name": resource.name})
    return redirect("endpoints:resources")


@require_http_methods(["GET", "HEAD", "POST"])
@may("manage_resources")
def remove(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Request it of a worker. Not for the resource of the environment, which the next start would add again."""
    resource = door.resource(request.user, pk)
    facts = _facts(request, resource)
    form = RemoveForm(request.POST or None, count=facts["endpoints"])
    refused = of_environment(resource)
    if refused or request.method != "POST" or not form.is_valid():
        return _page(request, "remove", resource, facts | {"of_environment": refused}, form)
    try:
        request_removal(resource, actor=request.user, reason=form.cleaned_data["reason"])
    except Reached as why:
        form.add_error(None, str(why))
        return _page(request, "remove", resource, facts, form)
    hints.send("remove", pk)
    messages.success(request, _("%(name)s is being removed. In Azure, nothing changes.") % {"name": resource.name})
    return redirect("endpoints:resources")


def of_environment(resource: Resource) -> bool:
    """Whether the next start of the product registers this resource, from SPEECH_KEY or as the demo's simulated one."""
    if not resource.registered_as:
        return False
    named = Resource.default_name(settings.SPEECH_REGION, settings.SPEECH_ENDPOINT)
    return settings.DEMO or (bool(settings.SPEECH_KEY) and resource.registered_as == named)


def _facts(request: HttpRequest, resource: Resource) -> dict[str, Any]:
    """How many endpoints, and how much that a worker would still do."""
    person = request.user
    changes = door.changes(person, door.MANAGE).open().filter(endpoint__resource=resource)
    sent = changes.filter(sent_at__isnull=False).count()
    return {
        "endpoints": door.endpoints(person, door.MANAGE).present().filter(resource=resource).count(),
        "waiting": changes.count() - sent,
        "sent": sent,
        "downloads": door.resource_downloads(person, resource).count(),
    }


def _page(request: HttpRequest, action: str, resource: Resource, facts: dict[str, Any], form: Any) -> HttpResponse:
    context = {"section": "resources", "resource": resource, "form": form, **facts}
    return render(request, f"resources/{action}.html", context, status=422 if form and form.errors else 200)
