"""A trial: what the endpoint and the base model hear in a recording, side by side, before it becomes the probe."""

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from endpoints import hints
from endpoints.access import door
from endpoints.access.door.probe_versions import TrialVersion
from endpoints.access.permissions import may
from endpoints.changes.refusals import NotPossible
from endpoints.logs import readings
from endpoints.models import Endpoint, Trial
from endpoints.models.probe import EVERY_HOURS
from endpoints.models.search import uuid_in
from endpoints.models.secret import CannotDecrypt
from endpoints.models.service_errors import in_words
from endpoints.pages.content_logs import purposes
from endpoints.pages.forms.probes import EveryForm
from endpoints.pages.http import HttpRequest
from endpoints.pages.who_answers.cost import cost
from endpoints.pages.who_answers.differences import Piece, compared
from endpoints.watch import submit
from endpoints.watch.verdicts import differ, words


@require_http_methods(["GET", "HEAD", "POST"])
@may("deploy_model")
def trial(request: HttpRequest, pk: UUID, trial: UUID) -> HttpResponse:
    """The trial as it goes on; a POST saves its recording as the probe, or tries it again."""
    version = TrialVersion.now(trial).version  # before the row, so that a change in between is news for the poll
    endpoint = door.endpoint_on_service(request.user, pk)
    found = door.trial(request.user, endpoint, trial)
    found.endpoint = endpoint
    if found.actor_id != request.user.pk and purposes.missing(request, pk):
        return redirect("endpoints:logs", pk=pk)
    if request.method == "POST":
        return _decide(request, found)
    context = {"section": "list", "endpoint": endpoint, "trial": found, "again_key": uuid4()}
    context |= {"poll": f"{request.path}?version={version}"} | _shown(request, found)
    template = "_trial" if request.htmx.target in ("trial", "cost") else "trial"
    return render(request, f"who_answers/{template}.html", context)


def _shown(request: HttpRequest, found: Trial) -> dict[str, Any]:
    """The answers, and whether they can tell the models apart; why there are none."""
    try:
        heard = {one["by"]: str(one["text"]) for one in found.heard} if found.ended_at else {}
    except CannotDecrypt as error:
        return {"problem": str(error)}
    if not found.ended_at or found.error:
        return {"problem": in_words(found.error), "waits": not found.ended_at}
    if not heard:
        return {"problem": _("The answers are no longer kept.")}
    if request.method != "HEAD":
        purpose = purposes.of(request, found.endpoint_id)
        readings.record_list(actor=request.user, endpoint=found.endpoint, entries=1, purpose=purpose)
    own, base = compared(heard["endpoint"], heard["base"])
    hours = EveryForm.asked(request.GET.get("every_hours", ""))
    return {
        "answers": [_answer(_("This endpoint"), own), _answer(_("The base model"), base)],
        "nothing": not words(heard["endpoint"]),
        "differ": bool(words(heard["endpoint"])) and differ(heard["endpoint"], heard["base"]),
        "form": EveryForm(initial={"every_hours": hours}),
        "cost": cost(found.recording.seconds, hours) if found.recording else "",
    }


def _answer(title: str, pieces: list[Piece]) -> dict[str, Any]:
    return {
        "title": title,
        "pieces": pieces,
        "alone": ", ".join(piece.text.strip(".,;:?!") for piece in pieces if piece.alone),
    }


def _decide(request: HttpRequest, found: Trial) -> HttpResponse:
    action = request.POST.get("action", "")
    try:
        if action == "save":
            hours = EveryForm.asked(request.POST.get("every_hours", str(EVERY_HOURS)))
            submit.save_probe(trial=found, actor=request.user, every_hours=hours)
            messages.success(request, _("The probe is set. Its first check was this one."))
            return redirect("endpoints:detail", pk=found.endpoint_id)
        if action == "again":
            found = _tried_again(request, found.endpoint, found)
            hints.send("try_recording", found.pk)
    except (NotPossible, CannotDecrypt) as error:
        messages.error(request, in_words(str(error)))
    here = reverse("endpoints:who-answers-trial", args=[found.endpoint_id, found.pk])
    hours = EveryForm.asked(request.POST.get("every_hours", ""))
    return redirect(f"{here}?every_hours={hours}" if action == "cost" else here)


def _tried_again(request: HttpRequest, endpoint: Endpoint, found: Trial) -> Trial:
    if found.recording is None:
        raise NotPossible(submit.OLD)
    key = uuid_in(request.POST.get("key")) or uuid4()
    wav, source = found.recording.wav, found.source
    return submit.try_recording(key=key, actor=request.user, endpoint=endpoint, wav=wav, source=source)
