"""Edit an endpoint's name, description and content logging; delete it."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from endpoints.changes import submit
from endpoints.pages.endpoint.submission import Asking, changeable
from endpoints.pages.forms import DeleteForm, EditForm
from endpoints.pages.http import HttpRequest, may


@require_http_methods(["GET", "HEAD", "POST"])
@may("deploy_model")
def edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    form = EditForm(request.POST or None, endpoint=changeable(pk))
    asking = Asking(request, form)
    if asking.complete and asking.by(submit.edit, wanted=form.wanted(), seen=form.cleaned_data["seen"]):
        messages.success(request, _("The endpoint is being changed."))
        return redirect(form.endpoint)
    return asking.page("endpoint/edit.html", heading=_("Edit endpoint"), button=_("Save"))


@require_http_methods(["GET", "HEAD", "POST"])
@may("deploy_model")
def delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What will be lost, and the name to type."""
    form = DeleteForm(request.POST or None, endpoint=changeable(pk))
    asking = Asking(request, form)
    if asking.complete and asking.by(submit.delete):
        messages.success(request, _("The endpoint is being deleted."))
        return redirect("endpoints:list")
    return asking.page("endpoint/delete.html", heading=_("Delete endpoint"), button=_("Delete"))
