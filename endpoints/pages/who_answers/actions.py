"""The buttons of the section Who answers: check now, remove."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from endpoints import hints
from endpoints.access import door
from endpoints.access.permissions import may
from endpoints.models import Probe
from endpoints.pages.http import HttpRequest
from endpoints.watch import submit


@require_POST
@may("deploy_model")
def check(request: HttpRequest, pk: UUID) -> HttpResponse:
    probe = _probe(request, pk)
    if submit.check_now(probe=probe, actor=request.user):
        hints.send("probe", probe.pk)
    messages.success(request, _("The check has been requested."))
    return redirect("endpoints:detail", pk=pk)


@require_POST
@may("deploy_model")
def remove(request: HttpRequest, pk: UUID) -> HttpResponse:
    if submit.remove_probe(probe=_probe(request, pk), actor=request.user):
        messages.success(request, _("The probe, its recording and its history are removed."))
    return redirect("endpoints:detail", pk=pk)


def _probe(request: HttpRequest, pk: UUID) -> Probe:
    endpoint = door.endpoint(request.user, pk, door.DEPLOY)
    probe = door.probe(request.user, endpoint, door.DEPLOY)
    if probe is None:
        raise Http404
    probe.endpoint = endpoint
    return probe
