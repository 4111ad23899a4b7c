"""The purpose of reading content logs: asked for before any are shown, if PURPOSE_REQUIRED is set.

`missing` decides for every way to content: lists, entries, recordings, transcripts, zips, and what a purge deletes.
"""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http.response import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.functional import Promise

from endpoints.access import door
from endpoints.logs import readings
from endpoints.models import Endpoint, LogEntry
from endpoints.pages.content_logs import log_selection
from endpoints.pages.forms.error_texts import REQUIRED
from endpoints.pages.http import HttpRequest

SESSION_KEY = "log_purposes"  # a purpose by endpoint
LONGEST = 500  # characters


def of(request: HttpRequest, endpoint: UUID) -> str:
    """The purpose that this person gave for reading the logs of this endpoint; a program gives it each time."""
    if (given := getattr(request, "purpose", None)) is not None:
        return str(given)
    return str(request.session.get(SESSION_KEY, {}).get(str(endpoint), ""))


def missing(request: HttpRequest, endpoint: UUID, given: str = "") -> bool:
    """Whether this person must give a purpose before they get content of this endpoint. `given`: one given before."""
    return settings.PURPOSE_REQUIRED and not (given or of(request, endpoint))


def keep(request: HttpRequest, endpoint: UUID, purpose: str) -> None:
    request.session[SESSION_KEY] = {**request.session.get(SESSION_KEY, {}), str(endpoint): purpose}


def first(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """The page asks for a purpose instead of showing anything, until there is one."""

    @wraps(view)
    def page(request: HttpRequest, pk: UUID, **more: Any) -> HttpResponseBase:
        if request.method == "POST" and "purpose" in request.POST:
            if given := " ".join(request.POST["purpose"].replace("\0", "").split())[:LONGEST]:
                keep(request, pk, given)
                return redirect(request.get_full_path())
            return _form(request, pk, REQUIRED["purpose"])
        if missing(request, pk):
            return _form(request, pk)
        return view(request, pk, **more)

    return page


def record_shown(request: HttpRequest, endpoint: Endpoint, entries: Iterable[LogEntry]) -> None:
    """Record that the answer shows the recognized text of these entries; HEAD shows nothing."""
    if request.method != "HEAD":
        readings.record_list(
            actor=request.user,
            endpoint=endpoint,
            entries=sum(1 for entry in entries if entry.text),
            purpose=of(request, endpoint.pk),
            **log_selection.search(request.GET),
        )


def _form(request: HttpRequest, pk: UUID, error: Promise | str = "") -> HttpResponse:
    endpoint = door.endpoint(request.user, pk, door.READ_LOGS)
    context = {"section": "logs", "endpoint": endpoint, "longest": LONGEST, "error": error}
    return render(request, "content_logs/purpose.html", context, status=422 if error else 200)
