"""Buttons without a form of their own: go back, remove a duplicate, dismiss, cancel, try again, give up."""

from collections.abc import Callable
from functools import partial
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from endpoints import hints
from endpoints.access import door
from endpoints.access.permissions import may
from endpoints.changes import decisions, refusals, submit
from endpoints.models import Change, Endpoint
from endpoints.pages.endpoint import detail
from endpoints.pages.endpoint.submission import fingerprint, repeated
from endpoints.pages.forms.endpoint import GoBackForm
from endpoints.pages.http import HttpRequest


@require_POST
@may("go_back")
def go_back(request: HttpRequest, pk: UUID) -> HttpResponse:
    if answer := repeated(request, permission=door.GO_BACK):
        return answer
    endpoint = door.endpoint_on_service(request.user, pk, door.GO_BACK)
    form = GoBackForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Enter a reason for going back."))
        return detail.history_with(request, endpoint, request.POST.get("reason", ""))
    facts = {"actor": request.user, "fingerprint": fingerprint(request), **form.cleaned_data}
    ask = partial(submit.go_back, endpoint=endpoint, **facts)
    if _submit(request, ask, _("The endpoint is being redeployed with its previous model.")):
        return redirect(endpoint)
    return detail.history_with(request, endpoint, form.cleaned_data["reason"])


@require_POST
@may("deploy_model")
def remove_duplicate(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Delete one of several endpoints that the same request made, without typing its name: another one stays."""
    endpoint = door.endpoint_on_service(request.user, pk)
    ask = partial(submit.remove_duplicate, actor=request.user, endpoint=endpoint)
    removed = _submit(request, ask, _("Deleting the duplicate."))
    return redirect((removed and endpoint.duplicates().first()) or endpoint)


@require_POST
@may("deploy_model")
def dismiss(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Remove an endpoint from the list that the service never had."""
    endpoint = door.endpoint(request.user, pk, door.DEPLOY)
    if decisions.dismiss(endpoint, actor=request.user):
        messages.success(request, _("Removed from the list."))
    else:
        messages.error(request, _("Nothing was changed because the endpoint might still be deploying."))
    return redirect(endpoint)


@require_POST
@may("deploy_model")
def cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    change = door.change(request.user, pk)
    if decisions.cancel(change, actor=request.user):
        messages.success(request, _("Canceled. Nothing was sent."))
    else:
        messages.error(request, _("The change has already started."))
    return redirect(Endpoint.of(change))


@require_POST
@may("deploy_model")
def decide(request: HttpRequest, pk: UUID) -> HttpResponse:
    change = door.change(request.user, pk)
    again = request.POST.get("decision") == "again"
    if decisions.decide(change, actor=request.user, again=again) and again:
        hints.send("step", change.pk)
    return redirect(Endpoint.of(change))


def _submit(request: HttpRequest, ask: Callable[[], Change], words: str) -> bool:
    """Create a change by `ask` and send its task message; False when it is refused.

    The next page shows `words`, or the reason of the refusal.
    """
    try:
        change = ask()
    except (refusals.NotPossible, refusals.Busy) as error:
        messages.error(request, str(error))
    else:
        hints.send("step", change.pk)
        messages.success(request, words)
        return True
    return False
