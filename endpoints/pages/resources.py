"""Speech resources: where the service is, the key to it, and whether it answers."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from endpoints import hints
from endpoints.access import door
from endpoints.access.permissions import may
from endpoints.mirror.resources import save_resource, set_web_hook, use_offered_version
from endpoints.pages.forms.resource import ResourceForm
from endpoints.pages.http import HttpRequest


@require_safe
@may("manage_resources")
def resources(request: HttpRequest) -> HttpResponse:
    found = door.resources(request.user, "manage_resources")
    return render(request, "resources/list.html", {"section": "resources", "resources": found})


@require_http_methods(["GET", "HEAD", "POST"])
@may("manage_resources")
def edit(request: HttpRequest, pk: UUID | None = None) -> HttpResponse:
    """Add a Speech resource, or change one; the stored key is never shown."""
    resource = door.resource(request.user, pk) if pk else None
    form = ResourceForm(request.POST or None, instance=resource)
    if request.method == "POST" and form.is_valid():
        saved = save_resource(form.save(commit=False), actor=request.user)
        hints.send("mirror", saved.pk)
        messages.success(request, _("%(name)s is saved; the service is asked now.") % {"name": saved.name})
        return redirect("endpoints:resources")
    context = {
        "section": "resources",
        "form": form,
        "resource": resource,
        "public": bool(settings.PUBLIC_URL),
    }
    return render(request, "resources/form.html", context, status=422 if form.errors else 200)


@require_POST
@may("manage_resources")
def version(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Use the API version that the page offered, as long as it is still the one."""
    resource = door.resource(request.user, pk)
    if use_offered_version(resource, request.POST.get("version", ""), actor=request.user):
        hints.send("mirror", pk)
    else:
        messages.warning(request, _("Nothing was changed: another API version is offered now."))
    return redirect("endpoints:resource-edit", pk=pk)


@require_POST
@may("manage_resources")
def hook(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask for the service's web hook, or for its end; a worker registers it."""
    resource = door.resource(request.user, pk)
    set_web_hook(resource, enabled=not resource.hook_enabled, actor=request.user)
    hints.send("mirror", pk)
    return redirect("endpoints:resource-edit", pk=pk)
