"""Edit an endpoint's name, description and content logging; delete it."""

from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from endpoints.access import door
from endpoints.access.permissions import may
from endpoints.changes import submit
from endpoints.pages.endpoint.needed import needs_of
from endpoints.pages.endpoint.submission import Submission, repeated, requested
from endpoints.pages.forms.endpoint import DeleteForm, EditForm
from endpoints.pages.http import HttpRequest


@require_http_methods(["GET", "HEAD", "POST"])
@may("deploy_model")
def edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    if answer := repeated(request):
        return answer
    form = EditForm(request.POST or None, asker=request.user, endpoint=door.endpoint_on_service(request.user, pk))
    submission = Submission(request, form)
    if submission.valid and (
        change := submission.request_change(submit.edit, desired=form.desired(), seen=form.cleaned_data["seen"])
    ):
        return requested(request, change)
    return submission.response("endpoint/edit.html", heading=_("Edit endpoint"), button=_("Save"))


@require_http_methods(["GET", "HEAD", "POST"])
@may("deploy_model")
def delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show what will be lost; the name has to be typed. While addresses need the endpoint, show them instead."""
    if answer := repeated(request):
        return answer
    endpoint = door.endpoint_on_service(request.user, pk)
    form = DeleteForm(request.POST or None, asker=request.user, endpoint=endpoint)
    submission = Submission(request, form)
    if submission.valid and (change := submission.request_change(submit.delete)):
        return requested(request, change)
    words = {"heading": _("Delete endpoint"), "button": _("Delete endpoint")}
    return submission.response("endpoint/delete.html", needed_by=needs_of(request.user, endpoint), **words)
