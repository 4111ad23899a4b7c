"""Buttons that ask at once: go back to the previous model, remove a duplicate, cancel, try again or give up."""

from collections.abc import Callable
from functools import partial
from uuid import UUID, uuid4

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from endpoints import deploy, tasks
from endpoints.forms import GoBackForm
from endpoints.models import Change, Endpoint
from endpoints.models.change import ChangeKind
from endpoints.views.access import HttpRequest, may
from endpoints.views.asking import changeable


@require_POST
@may("deploy_model")
def go_back(request: HttpRequest, pk: UUID) -> HttpResponse:
    endpoint = changeable(pk)
    form = GoBackForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say in one line why you go back."))
        return redirect(endpoint)
    ask = partial(deploy.go_back, actor=request.user, endpoint=endpoint, **form.cleaned_data)
    _press(request, ask, _("The endpoint is being redeployed with its previous model."))
    return redirect(endpoint)


@require_POST
@may("deploy_model")
@transaction.atomic
def remove_duplicate(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Delete one of several endpoints that the same request made, without typing its name: another one stays."""
    endpoint = changeable(pk)
    staying = _staying(endpoint)
    if staying is None:
        messages.error(request, _("It is not a duplicate any more, so nothing was done."))
        return redirect(endpoint)
    reason = _("Duplicate of %(id)s") % {"id": staying.remote_id}
    ask = partial(deploy.delete, key=uuid4(), actor=request.user, endpoint=endpoint, reason=reason)
    _press(request, ask, _("The duplicate is being deleted."))
    return redirect(staying)


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


def _press(request: HttpRequest, ask: Callable[[], Change], words: str) -> None:
    """Ask and ring; `words` say that it was done, the message otherwise why not."""
    try:
        change = ask()
    except deploy.NotPossible as error:
        messages.error(request, str(error))
    except deploy.Busy as error:
        who = {"actor": error.change.actor or "Speech Studio", "kind": error.change.kind_label}
        messages.error(request, _("Another change is open: %(kind)s, by %(actor)s.") % who)
    else:
        tasks.ring(tasks.step, change.pk)
        messages.success(request, words)


def _staying(endpoint: Endpoint) -> Endpoint | None:
    """An endpoint of the same request that nobody is deleting.

    Their rows are locked: two people who remove one each at the same moment must not leave none.
    """
    same = Endpoint.objects.filter(mark=endpoint.mark).order_by("pk") if endpoint.mark else Endpoint.objects.none()
    list(same.select_for_update())
    deleting = Change.objects.open().filter(kind=ChangeKind.DELETE)
    return endpoint.duplicates().exclude(pk__in=deleting.values("endpoint_id")).first()
