"""A draft of a Speech resource: what its test finds, and whether to use it."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from endpoints import hints
from endpoints.access import door
from endpoints.access.door.resources_version import ResourcesVersion
from endpoints.access.permissions import may
from endpoints.mirror import connection_checks as checks
from endpoints.models import ConnectionCheck
from endpoints.pages.http import HttpRequest
from endpoints.pages.resources.check_words import CheckWords


@require_http_methods(["GET", "HEAD", "POST"])
@may("manage_resources")
def draft(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The test of a draft as it goes on; a POST uses or discards the draft, or has it tested again."""
    version = ResourcesVersion.of_draft(pk).version  # before the row, so that a change in between is news for the poll
    found = door.connection_draft(request.user, pk)
    if request.method == "POST":
        return _decide(request, found, request.POST.get("action", ""))
    poll = f"{reverse('endpoints:resource-draft', args=[pk])}?version={version}"
    context = {"section": "resources", "draft": found, "check": CheckWords(found), "poll": poll}
    context["edit"] = _form_of(found)
    template = "_draft" if request.htmx.target == "draft" else "draft"
    return render(request, f"resources/{template}.html", context)


def _form_of(found: ConnectionCheck) -> str:
    if found.of_second_key:
        return reverse("endpoints:resource-keys", args=[found.resource_id])
    name, args = ("resource-edit", [found.resource_id]) if found.resource_id else ("resource-new", [])
    return f"{reverse(f'endpoints:{name}', args=args)}?draft={found.pk}"


def _decide(request: HttpRequest, found: ConnectionCheck, action: str) -> HttpResponse:
    if action == "use":
        return _use(request, found)
    if action == "again":
        checks.test_again(found, actor=request.user)
        hints.send("check_connection", found.pk)
    if action == "discard":
        checks.discard_draft(found)
        messages.success(request, _("The draft is discarded. Nothing was changed."))
        return redirect("endpoints:resources")
    return redirect("endpoints:resource-draft", pk=found.pk)


def _use(request: HttpRequest, found: ConnectionCheck) -> HttpResponse:
    try:
        resource = checks.use_draft(found, actor=request.user)
    except checks.NameTaken:
        messages.error(request, _("Another resource now has this name. Enter a different name."))
    except checks.Changed:
        messages.error(
            request,
            _("Someone changed this resource in the meantime. Discard the draft, and then edit the resource again."),
        )
    else:
        if found.of_second_key:
            messages.success(request, _("The second key of %(name)s is saved.") % {"name": resource.name})
            return redirect("endpoints:resource-keys", pk=resource.pk)
        hints.send("mirror", resource.pk)
        messages.success(request, _("%(name)s is saved and in use.") % {"name": resource.name})
        return redirect("endpoints:resources")
    return redirect("endpoints:resource-draft", pk=found.pk)
