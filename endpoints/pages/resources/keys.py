"""The two keys of a Speech resource: hold both, switch between them, and replace the one that is not in use."""

from copy import copy
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from endpoints import hints
from endpoints.access import door
from endpoints.access.permissions import may
from endpoints.mirror import connection_checks as checks
from endpoints.mirror.second_keys import switch_keys
from endpoints.models import ConnectionCheck, Resource
from endpoints.models.connection import Auth
from endpoints.models.secret import Secret, SecretsLocked
from endpoints.models.service_errors import in_words
from endpoints.pages.forms.second_key import SecondKeyForm
from endpoints.pages.http import HttpRequest


@require_http_methods(["GET", "HEAD", "POST"])
@may("manage_resources")
def keys(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A new second key is tested like any other connection, as a draft."""
    resource = door.resource(request.user, pk)
    if resource.auth != Auth.KEY:
        raise Http404
    if request.POST.get("action") == "switch":
        return _switch(request, resource)
    form = SecondKeyForm(request.POST or None, resource=resource)
    if request.method == "POST" and form.is_valid():
        return _test(request, resource, form.cleaned_data["new_key"])
    # Work that began with the other key ends within the time limit of a task.
    until = resource.switched_at and resource.switched_at + timedelta(seconds=settings.CELERY_TASK_TIME_LIMIT)
    waiting = until if until and until > timezone.now() else None
    context = {"section": "resources", "resource": resource, "form": form, "until": waiting}
    return render(request, "resources/keys.html", context, status=422 if form.errors else 200)


def _switch(request: HttpRequest, resource: Resource) -> HttpResponse:
    try:
        switched = switch_keys(resource, actor=request.user)
    except SecretsLocked as error:
        messages.error(request, in_words(str(error)))
    else:
        if switched:
            hints.send("mirror", resource.pk)
            messages.success(request, _("%(name)s now uses the other key.") % {"name": resource.name})
    return redirect("endpoints:resource-keys", pk=resource.pk)


def _test(request: HttpRequest, resource: Resource, key: str) -> HttpResponse:
    wanted = copy(resource)
    wanted.key = Secret.of(key)
    draft = checks.store_draft(ConnectionCheck(of_second_key=True), wanted, of=resource, actor=request.user)
    hints.send("check_connection", draft.pk)
    return redirect("endpoints:resource-draft", pk=draft.pk)
