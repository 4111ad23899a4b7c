"""Content logs of an endpoint, and the downloads that people asked for."""

import re
from uuid import UUID

from django.contrib import messages
from django.core.files.storage import storages
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from endpoints import logs, tasks
from endpoints.models import Download, Endpoint, Event
from endpoints.models.event import Verb
from endpoints.views.access import HttpRequest, may

SHOWN = 200
FOLDER = re.compile(r"[A-Za-z0-9_./-]{0,200}")


@require_safe
@may("read_logs")
def endpoint_logs(request: HttpRequest, pk: UUID) -> HttpResponse:
    endpoint = get_object_or_404(Endpoint.objects.for_page(), pk=pk)
    if request.htmx.target == "downloads":
        return _fragment(request, endpoint)
    context = {
        "section": "logs",
        "endpoint": endpoint,
        "files": endpoint.log_files.all()[:SHOWN],
        **_shown(request, endpoint),
    }
    return render(request, "endpoints/logs.html", context)


@require_POST
@may("manage_resources")
def folder(request: HttpRequest, pk: UUID) -> HttpResponse:
    """In which folder of the customer's own container the logs of this endpoint are; nothing there tells."""
    endpoint = get_object_or_404(Endpoint, pk=pk)
    chosen = request.POST.get("folder", "").strip().strip("/")[:200]
    if not FOLDER.fullmatch(chosen):
        messages.error(request, _("A folder is written with letters, digits and dashes."))
    else:
        Endpoint.objects.filter(pk=pk).update(log_folder=chosen)
        Event.record(Verb.RESOURCE_CHANGED, actor=request.user, endpoint=endpoint, resource=endpoint.display_name)
        messages.success(request, _("Saved."))
    return redirect("endpoints:logs", pk=pk)


@require_safe
@may("read_logs")
def downloads(request: HttpRequest) -> HttpResponse:
    if request.htmx.target == "downloads":
        return _fragment(request, None)
    return render(request, "endpoints/downloads.html", {"section": "downloads", **_shown(request, None)})


@require_POST
@may("read_logs")
def download(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Download log: ask for it, and show how far it is."""
    endpoint = get_object_or_404(Endpoint.objects.present().exclude(remote_id=None).for_page(), pk=pk)
    if not endpoint.resource.logs_can_be_read:
        raise Http404
    asked = logs.ask(actor=request.user, endpoint=endpoint)
    tasks.ring(tasks.fetch, asked.pk)
    return redirect("endpoints:logs", pk=endpoint.pk)


@require_POST
@may("read_logs")
def cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    asked = get_object_or_404(Download, pk=pk)
    logs.cancel(asked)
    return redirect("endpoints:logs", pk=asked.endpoint_id)


@require_safe
@may("read_logs")
def download_file(request: HttpRequest, pk: UUID) -> FileResponse:
    """The zip itself, from our storage; who took it is written down."""
    asked = get_object_or_404(Download.objects.for_page(), pk=pk)
    if not asked.ready or not storages["logs"].exists(asked.stored_as):
        raise Http404
    Event.record(Verb.LOGS_DOWNLOADED, actor=request.user, endpoint=asked.endpoint)
    return FileResponse(storages["logs"].open(asked.stored_as), as_attachment=True, filename=asked.file_name)


def _fragment(request: HttpRequest, endpoint: Endpoint | None) -> HttpResponse:
    return render(request, "endpoints/_downloads.html", _shown(request, endpoint))


def _shown(request: HttpRequest, endpoint: Endpoint | None) -> dict[str, object]:
    rows = Download.objects.for_page()
    shown = list((rows.filter(endpoint=endpoint) if endpoint else rows)[:50])
    address = reverse("endpoints:logs", args=[endpoint.pk]) if endpoint else reverse("endpoints:downloads")
    return {"downloads": shown, "live": any(one.active for one in shown), "poll_url": address}
