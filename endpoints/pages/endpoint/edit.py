"""Edit an endpoint's name, description and content logging; delete it."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from endpoints.access import door
from endpoints.access.permissions import may
from endpoints.changes import submit
from endpoints.pages.endpoint.submission import Submission
from endpoints.pages.forms.endpoint import DeleteForm, EditForm
from endpoints.pages.http import HttpRequest


@require_http_methods(["GET", "HEAD", "POST"])
@may("deploy_model")
def edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    form = EditForm(request.POST or None, endpoint=door.endpoint_on_service(request.user, pk))
    submission = Submission(request, form)
    if submission.valid and submission.request_change(
        submit.edit, desired=form.desired(), seen=form.cleaned_data["seen"]
    ):
        messages.success(request, _("The endpoint is being changed."))
        return redirect(form.endpoint)
    return submission.response("endpoint/edit.html", heading=_("Edit endpoint"), button=_("Save"))


@require_http_methods(["GET", "HEAD", "POST"])
@may("deploy_model")
def delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show what will be lost; the name has to be typed."""
    form = DeleteForm(request.POST or None, endpoint=door.endpoint_on_service(request.user, pk))
    submission = Submission(request, form)
    if submission.valid and submission.request_change(submit.delete):
        messages.success(request, _("The endpoint is being deleted."))
        return redirect("endpoints:list")
    return submission.response("endpoint/delete.html", heading=_("Delete endpoint"), button=_("Delete"))
