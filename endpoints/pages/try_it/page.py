"""The tab Try it of an endpoint, and what was heard. The recording goes to a worker; nothing of it is in a log."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from endpoints import hints
from endpoints.access import door
from endpoints.access.door.probe_versions import TrialVersion
from endpoints.access.permissions import may
from endpoints.changes.refusals import NotPossible
from endpoints.models import Endpoint, Trial
from endpoints.models.secret import CannotDecrypt
from endpoints.models.service_errors import in_words
from endpoints.pages.endpoint import head, tabs
from endpoints.pages.forms.probes import TryForm
from endpoints.pages.http import HttpRequest
from endpoints.pages.who_answers.differences import compared
from endpoints.pages.who_answers.recordings import too_large
from endpoints.watch import submit

MICROPHONE = "camera=(), geolocation=(), microphone=(self), payment=()"


@require_http_methods(["GET", "HEAD", "POST"])
@may("try_endpoint")
def try_it(request: HttpRequest, pk: UUID) -> HttpResponse:
    endpoint = door.endpoint_page(request.user, pk, door.TRY)
    form = TryForm(others=door.endpoints_to_try(request.user, endpoint), initial=request.GET.dict())
    if request.method == "POST":
        form = TryForm(request.POST, request.FILES, others=door.endpoints_to_try(request.user, endpoint))
        if trial := _asked(request, endpoint, form):
            hints.send("try_recording", trial.pk)
            return redirect("endpoints:try-it-answers", pk=pk, trial=trial.pk)
    answer = head.page(request, endpoint, tabs.TRY_IT, {"form": form, "why_not": _why_not(endpoint)})
    answer.headers["Permissions-Policy"] = MICROPHONE
    answer.status_code = 422 if form.errors else 200
    return answer


@require_safe
@may("try_endpoint")
def answers(request: HttpRequest, pk: UUID, trial: UUID) -> HttpResponse:
    version = TrialVersion.now(trial).version  # before the row, so that a change in between is news for the poll
    endpoint = door.endpoint(request.user, pk, door.TRY)
    found = door.try_trial(request.user, endpoint, trial)
    context = {"section": "list", "endpoint": endpoint, "trial": found, "poll": f"{request.path}?version={version}"}
    template = "_answers" if request.htmx.target == "trial" else "answers"
    return render(request, f"try_it/{template}.html", context | _shown(found))


def _asked(request: HttpRequest, endpoint: Endpoint, form: TryForm) -> Trial | None:
    """The trial; None when the form tells why there is none."""
    if too_large(request):
        form.add_error("recording", _("The recording is too long. Use one of at most 60 seconds."))
    elif form.is_valid():
        typed = form.cleaned_data
        facts = {"key": typed["key"], "wav": typed["recording"], "also": typed["also"]}
        try:
            return submit.ask(actor=request.user, endpoint=endpoint, **facts)
        except (NotPossible, CannotDecrypt) as error:
            form.add_error(None, in_words(str(error)))
    return None


def _why_not(endpoint: Endpoint) -> str:
    if endpoint.gone_at:
        return _("This endpoint doesn't exist anymore.")
    if not endpoint.remote_id or endpoint.serving_model is None:
        return _("This endpoint isn't serving yet. Try it when it's deployed.")
    return ""


def _shown(found: Trial) -> dict[str, Any]:
    """What each has heard, compared with the endpoint; why there is nothing."""
    if not found.ended_at or found.error:
        return {"waits": not found.ended_at, "problem": in_words(found.error)}
    try:
        heard = {one["by"]: one for one in found.heard}
    except CannotDecrypt as error:
        return {"problem": str(error)}
    if not heard:
        return {"problem": _("The answers are no longer kept.")}
    titles = {"endpoint": _("This endpoint"), "base": _("The base model")}
    if found.also:
        titles["also"] = found.also.display_name
    own = heard["endpoint"]["text"]
    shown = [_answer(heard[by], title, own) for by, title in titles.items() if by in heard]
    nothing = not any(one["text"] for one in heard.values())
    return {"answers": shown, "nothing": nothing, "differ": any(one["alone"] or one["missing"] for one in shown)}


def _answer(heard: dict[str, Any], title: str, own: str) -> dict[str, Any]:
    pieces, of_endpoint = compared(heard["text"], own)
    alone, missing = (_named(piece.text for piece in side if piece.alone) for side in (pieces, of_endpoint))
    confidence = heard.get("confidence")
    percent = None if confidence is None else round(confidence * 100)
    words = {"pieces": pieces, "alone": alone, "missing": missing}
    return {"title": title, "percent": percent, "took": heard.get("took"), **words}


def _named(texts: Iterable[str]) -> str:
    """What differs, as a list without the punctuation marks of the text."""
    return ", ".join(text.strip(".,;:!?\u2026") for text in texts)
