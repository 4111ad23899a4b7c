"""Buttons on a change: go back to the previous model, cancel before it starts, try again or give up."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from endpoints import deploy, tasks
from endpoints.forms import GoBackForm
from endpoints.models import Change
from endpoints.views.access import HttpRequest, may
from endpoints.views.edit import changeable


@require_POST
@may("deploy_model")
def go_back(request: HttpRequest, pk: UUID) -> HttpResponse:
    endpoint = changeable(pk)
    form = GoBackForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say in one line why you go back."))
        return redirect(endpoint)
    try:
        change = deploy.go_back(
            key=form.cleaned_data["key"],
            actor=request.user,
            endpoint=endpoint,
            reason=form.cleaned_data["reason"],
        )
    except deploy.NotPossible as error:
        messages.error(request, str(error))
    except deploy.Busy as error:
        words = {"actor": error.change.actor or "Speech Studio", "kind": error.change.kind_label}
        messages.error(request, _("Another change is open: %(kind)s, by %(actor)s.") % words)
    else:
        tasks.ring(tasks.step, change.pk)
        messages.success(request, _("The endpoint is being redeployed with its previous model."))
    return redirect(endpoint)


@require_POST
@may("deploy_model")
def cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    change = get_object_or_404(Change.objects.select_related("endpoint"), pk=pk)
    if deploy.cancel(change, actor=request.user):
        messages.success(request, _("Cancelled; nothing was sent."))
    else:
        messages.error(request, _("It has started already."))
    return redirect(change.endpoint)


@require_POST
@may("deploy_model")
def decide(request: HttpRequest, pk: UUID) -> HttpResponse:
    change = get_object_or_404(Change.objects.select_related("endpoint"), pk=pk)
    again = request.POST.get("decision") == "again"
    if deploy.decide(change, actor=request.user, again=again) and again:
        tasks.ring(tasks.step, change.pk)
    return redirect(change.endpoint)
