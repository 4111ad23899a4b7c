"""Setting a probe: choose the recording, from the endpoint's content logs or from a file."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from endpoints import hints
from endpoints.access import door
from endpoints.access.permissions import allows, may
from endpoints.changes.refusals import NotPossible
from endpoints.models import Endpoint, LogEntry, Trial
from endpoints.models.log import FileKind, Outcome
from endpoints.models.probe import EVERY_HOURS, LONGEST_SECONDS
from endpoints.models.search import uuid_in
from endpoints.models.service_errors import in_words
from endpoints.pages.content_logs import purposes
from endpoints.pages.forms.probes import RecordingForm
from endpoints.pages.http import HttpRequest
from endpoints.pages.time_zones import in_utc
from endpoints.pages.who_answers.cost import cost
from endpoints.watch import submit

OFFERED = 10


@dataclass(frozen=True)
class Offer:
    """A saved recording that can be tried, with what it would cost."""

    entry: LogEntry
    cost: str


@require_http_methods(["GET", "HEAD", "POST"])
@may("deploy_model")
def upload(request: HttpRequest, pk: UUID) -> HttpResponse:
    endpoint = door.endpoint_on_service(request.user, pk)
    form = RecordingForm(request.POST or None, request.FILES or None)
    if request.method == "POST":
        form = RecordingForm(request.POST, request.FILES)
        if too_large(request):
            form.add_error("recording", _("The recording is too long. Use one of at most 15 seconds."))
        elif form.is_valid():
            typed = form.cleaned_data
            try:
                return _tried(
                    submit.try_recording(
                        key=typed["key"],
                        actor=request.user,
                        endpoint=endpoint,
                        wav=typed["recording"],
                        source=form.source,
                    )
                )
            except NotPossible as error:
                form.add_error(None, in_words(str(error)))
    return _page(request, endpoint, "upload", form=form, errors=form.errors)


@require_http_methods(["GET", "HEAD", "POST"])
@may("deploy_model")
@may("read_logs")
@purposes.first
@in_utc
def from_logs(request: HttpRequest, pk: UUID) -> HttpResponse:
    endpoint = door.endpoint_on_service(request.user, pk)
    suitable = _suitable(request, endpoint)
    error = ""
    if request.method == "POST":
        key, chosen = uuid_in(request.POST.get("key")), request.POST.get("entry", "")
        if key and chosen.isdecimal() and len(chosen) < 19:
            entry = get_object_or_404(suitable, pk=int(chosen))
            try:
                return _tried(submit.try_log_entry(key=key, actor=request.user, endpoint=endpoint, entry=entry))
            except NotPossible as refused:
                error = in_words(str(refused))
            except OSError:
                error = _("The storage for content logs isn't responding. Try again later.")
        else:
            error = _("Select a recording.")
    offers = [Offer(entry, cost(_seconds(entry), EVERY_HOURS)) for entry in suitable[:OFFERED]]
    purposes.record_shown(request, endpoint, [offer.entry for offer in offers])
    return _page(request, endpoint, "logs", offers=offers, key=uuid4(), errors=error)


def too_large(request: HttpRequest) -> bool:
    """Whether Django has thrown away a file because the request is larger than what is kept in memory."""
    return int(request.META.get("CONTENT_LENGTH") or 0) > settings.FILE_UPLOAD_MAX_MEMORY_SIZE


def _page(request: HttpRequest, endpoint: Endpoint, tab: str, *, errors: Any, **context: Any) -> HttpResponse:
    context |= {"section": "list", "endpoint": endpoint, "tab": tab, "error": errors if tab == "logs" else ""}
    context |= {"can_read": allows(request.user, door.READ_LOGS, on=endpoint), "example": cost(4.0, EVERY_HOURS)}
    return render(request, f"who_answers/{tab}.html", context, status=422 if errors else 200)


def _suitable(request: HttpRequest, endpoint: Endpoint) -> Any:
    """Saved recordings with text that are short enough, newest first."""
    saved = door.log_files(request.user).stored().filter(endpoint=endpoint, kind=FileKind.AUDIO)
    short = {"duration__gt": timedelta(), "duration__lte": timedelta(seconds=LONGEST_SECONDS)}
    rows = door.log_entries(request.user).filter(endpoint=endpoint, outcome=Outcome.RECOGNIZED, **short)
    return rows.exclude(text="").filter(pk__in=saved.values("entry")).for_list().order_by("-at", "-pk")


def _seconds(entry: LogEntry) -> float:
    return entry.duration.total_seconds() if entry.duration else 0.0


def _tried(trial: Trial) -> HttpResponse:
    hints.send("try_recording", trial.pk)
    return redirect("endpoints:who-answers-trial", pk=trial.endpoint_id, trial=trial.pk)
