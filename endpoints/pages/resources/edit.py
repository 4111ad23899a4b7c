"""The form of a Speech resource, its API version and its web hook."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from endpoints import hints
from endpoints.access import door
from endpoints.access.permissions import may
from endpoints.alerts import choices
from endpoints.mirror import connection_checks as checks
from endpoints.mirror.resources import save_resource, set_web_hook, use_offered_version
from endpoints.models import ConnectionCheck, Resource
from endpoints.models.search import uuid_in
from endpoints.models.secret import SecretsLocked
from endpoints.models.service_errors import in_words
from endpoints.pages.forms.resource import ResourceForm
from endpoints.pages.http import HttpRequest


@may("add_resource")
def add(request: HttpRequest) -> HttpResponse:
    answer: HttpResponse = edit(request, None)
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@may("manage_resources")
def edit(request: HttpRequest, pk: UUID | None) -> HttpResponse:
    """Change a Speech resource, or add one; the stored key is never shown. `draft` in the query: go on with it."""
    resource = door.resource(request.user, pk) if pk else None
    query = request.GET.get("draft")
    draft = door.connection_draft(request.user, uuid_in(query)) if query else ConnectionCheck()
    if query and (draft.resource_id != pk or draft.of_second_key):
        raise Http404
    instance = draft.as_resource() if query else resource
    form = ResourceForm(request.POST or None, instance=instance, person=request.user)
    if request.method == "POST" and form.is_valid():
        return _store(request, form.save(commit=False), resource, draft)
    context = {
        "section": "resources",
        "form": form,
        "resource": resource,
        "draft": draft if query else None,
        "public": bool(settings.PUBLIC_URL),
        "alerted": choices.follows(request.user, resource) if resource else None,
    }
    return render(request, "resources/form.html", context, status=422 if form.errors else 200)


def _store(request: HttpRequest, wanted: Resource, of: Resource | None, draft: ConnectionCheck) -> HttpResponse:
    """A connection is tested before it is used; anything else is saved at once."""
    if checks.needs_test(wanted, of=of):
        stored = checks.store_draft(draft, wanted, of=of, actor=request.user)
        hints.send("check_connection", stored.pk)
        return redirect("endpoints:resource-draft", pk=stored.pk)
    saved = save_resource(wanted, actor=request.user)
    hints.send("mirror", saved.pk)
    messages.success(request, _("%(name)s is saved.") % {"name": saved.name})
    return redirect("endpoints:resources")


@require_POST
@may("manage_resources")
def version(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Use the API version that the page offered, as long as it is still the one."""
    resource = door.resource(request.user, pk)
    if use_offered_version(resource, request.POST.get("version", ""), actor=request.user):
        hints.send("mirror", pk)
    else:
        messages.warning(request, _("Nothing was changed because a different API version is available now."))
    return redirect("endpoints:resource-edit", pk=pk)


@require_POST
@may("manage_resources")
def hook(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask for the service's web hook, or for its end; a worker registers it."""
    resource = door.resource(request.user, pk)
    try:
        set_web_hook(resource, enabled=not resource.hook_enabled, actor=request.user)
    except SecretsLocked as error:
        messages.error(request, in_words(str(error)))
    else:
        hints.send("mirror", pk)
    return redirect("endpoints:resource-edit", pk=pk)
