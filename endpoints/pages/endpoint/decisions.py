"""Buttons that ask at once: go back to the previous model, remove a duplicate, cancel, try again, give up, dismiss."""

from collections.abc import Callable
from functools import partial
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from endpoints import hints
from endpoints.changes import submit
from endpoints.models import Change, Endpoint
from endpoints.pages.endpoint.submission import changeable
from endpoints.pages.forms import GoBackForm
from endpoints.pages.http import HttpRequest, may


@require_POST
@may("deploy_model")
def go_back(request: HttpRequest, pk: UUID) -> HttpResponse:
    endpoint = changeable(pk)
    form = GoBackForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say in one line why you go back."))
        return redirect(endpoint)
    ask = partial(submit.go_back, actor=request.user, endpoint=endpoint, **form.cleaned_data)
    _press(request, ask, _("The endpoint is being redeployed with its previous model."))
    return redirect(endpoint)


@require_POST
@may("deploy_model")
def remove_duplicate(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Delete one of several endpoints that the same request made, without typing its name: another one stays."""
    endpoint = changeable(pk)
    ask = partial(submit.remove_duplicate, actor=request.user, endpoint=endpoint)
    removed = _press(request, ask, _("The duplicate is being deleted."))
    return redirect((removed and endpoint.duplicates().first()) or endpoint)


@require_POST
@may("deploy_model")
def dismiss(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take an endpoint out of the list that the service never had."""
    endpoint = get_object_or_404(Endpoint, pk=pk)
    if submit.dismiss(endpoint, actor=request.user):
        messages.success(request, _("Removed from the list."))
    else:
        messages.error(request, _("It may still be deployed, so nothing was done."))
    return redirect(endpoint)


@require_POST
@may("deploy_model")
def cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    change = get_object_or_404(Change.objects.exclude(endpoint=None).select_related("endpoint"), pk=pk)
    if submit.cancel(change, actor=request.user):
        messages.success(request, _("Cancelled; nothing was sent."))
    else:
        messages.error(request, _("It has started already."))
    return redirect(Endpoint.of(change))


@require_POST
@may("deploy_model")
def decide(request: HttpRequest, pk: UUID) -> HttpResponse:
    change = get_object_or_404(Change.objects.exclude(endpoint=None).select_related("endpoint"), pk=pk)
    again = request.POST.get("decision") == "again"
    if submit.decide(change, actor=request.user, again=again) and again:
        hints.send("step", change.pk)
    return redirect(Endpoint.of(change))


def _press(request: HttpRequest, ask: Callable[[], Change], words: str) -> bool:
    """Ask and ring, and tell whether it was done; `words` say so to people, the message otherwise why not."""
    try:
        change = ask()
    except (submit.NotPossible, submit.Busy) as error:
        messages.error(request, str(error))
    else:
        hints.send("step", change.pk)
        messages.success(request, words)
        return True
    return False
