"""Downloads of content logs: what people asked for, how far it is, and the zip itself."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.files.storage import storages
from django.http import Http404, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from endpoints import audit, hints
from endpoints.access import door
from endpoints.access.door.versions import DownloadsVersion
from endpoints.access.permissions import may
from endpoints.logs.download import requests as verbs
from endpoints.logs.download.kept import same_zip
from endpoints.models import Download, Endpoint
from endpoints.models.event import Verb
from endpoints.models.numbers import grouped
from endpoints.pages import frame
from endpoints.pages.content_logs import log_selection, purposes, ranges
from endpoints.pages.forms.content_logs import DownloadForm
from endpoints.pages.http import HttpRequest
from endpoints.pages.paging import Order, page_of
from endpoints.pages.time_zones import in_utc

PER_PAGE = 50
ON_THE_LOGS_PAGE = 5
NEWEST_FIRST = Order(("created_at", "id"), descending=True)
ONE_DOWNLOAD = timedelta(days=1)  # a later part of the zip within this time belongs to the same download
LATER_PART = re.compile(r"bytes\s*=\s*0*[1-9]", re.IGNORECASE)


@require_safe
@may("read_logs")
def downloads(request: HttpRequest) -> HttpResponse:
    """Everybody's; a person who opens the page knows which of their own are ready."""
    if frame.of(request).unseen:
        verbs.mark_seen(request.user)
        frame.of(request).unseen = 0
    if request.htmx.target == "downloads":
        return render(request, "content_logs/_downloads_update.html", downloads_context(request, None))
    return render(request, "content_logs/downloads.html", {"section": "downloads", **downloads_context(request, None)})


@require_http_methods(["GET", "HEAD", "POST"])
@may("read_logs")
@in_utc
def download(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Download log: what there is to download, and the purpose; a POST asks for it."""
    endpoint = door.endpoint_on_service(request.user, pk, door.READ_LOGS)
    if not endpoint.resource.logs_can_be_read:
        raise Http404
    if answer := log_selection.refused(request, endpoint):
        return answer
    query = request.POST if request.method == "POST" else request.GET
    selection = log_selection.normalized(request.user, query, endpoint)
    if request.method != "POST":
        return _form_page(request, endpoint, selection)
    if settings.PURPOSE_REQUIRED and "purpose" not in query:
        return redirect(_address(endpoint, selection))
    form = DownloadForm(request.POST, dated="entry" not in query)
    if not form.is_valid():
        return _form_page(request, endpoint, selection, form)
    if purpose := form.cleaned_data["purpose"]:
        purposes.keep(request, endpoint.pk, purpose)
    if "preview" in query:
        return redirect(_address(endpoint, selection))
    what: dict[str, Any] = {"endpoint": endpoint, "selection": selection, "purpose": purpose}
    try:
        return _requested(request, what)
    except verbs.TooMany as error:
        form.add_error(None, too_many(error))
        return _form_page(request, endpoint, selection, form)


def _requested(request: HttpRequest, what: dict[str, Any]) -> HttpResponse:
    """To the list of downloads with an equal zip, or back to the logs, where the new download is. Raises TooMany."""
    if same_zip(actor=request.user, **what):
        said = _("You already have this zip file: the selected logs haven't changed since. Download it below.")
        messages.info(request, said)
        return redirect("endpoints:downloads")
    limits = verbs.Limits(settings.DOWNLOADS_PER_PERSON, settings.ZIPS_PER_PERSON)
    hints.send("fetch", verbs.request_download(actor=request.user, limits=limits, **what).pk)
    return redirect("endpoints:logs", pk=what["endpoint"].pk)


def too_many(error: verbs.TooMany) -> str:
    if error.kept:
        words = _("You already have %(count)s zip files here. Remove one on the Downloads page, then try again.")
    else:
        words = _("You already have %(count)s downloads in progress. Cancel one, or wait until one ends.")
    return words % {"count": grouped(error.limit)}


def _address(endpoint: Endpoint, selection: str) -> str:
    address = reverse("endpoints:download", args=[endpoint.pk])
    return f"{address}?{selection}" if selection else address


def _form_page(
    request: HttpRequest, endpoint: Endpoint, selection: str, form: DownloadForm | None = None
) -> HttpResponse:
    query = QueryDict(selection)
    entries = door.log_entries(request.user).filter(endpoint=endpoint).selected_by(query).without_probes()
    files = door.log_files(request.user).filter(endpoint=endpoint).without_probes()
    dated = "entry" not in query
    given = {"from": query.get("from"), "to": query.get("to"), "purpose": purposes.of(request, endpoint.pk)}
    archive = door.log_archives(request.user).filter(pk=endpoint.pk).first()
    context = {
        "section": "list",
        "endpoint": endpoint,
        "form": form or DownloadForm(initial=given, dated=dated),
        "dated": dated,
        "selected": log_selection.words(selection),
        "carried": [(name, value) for name, values in query.lists() for value in values if name not in ("from", "to")],
        "count": entries.count(),
        "totals": (files.filter(entry__in=entries.order_by().values("pk")) if selection else files).totals(),
        "listed_at": archive.listed_at if archive else None,
        "everything_url": request.path if selection else "",
    }
    return render(request, "content_logs/download.html", context, status=422 if form else 200)


def _button(verb: Callable[..., bool], complaint: Any) -> Any:
    """The view of a button of a download; it leads back to the page of the button."""

    @require_POST
    @may("read_logs")
    def decide(request: HttpRequest, pk: UUID) -> HttpResponse:
        asked = door.download(request.user, pk)
        if not verb(asked, actor=request.user):
            messages.error(request, complaint)
        elif asked.active:
            hints.send("fetch", asked.pk)
        if request.POST.get("page") == "downloads":
            return redirect("endpoints:downloads")
        return redirect("endpoints:logs", pk=asked.endpoint_id)

    return decide


_OVER = gettext_lazy("The download has changed since you opened the page.")
cancel = _button(verbs.cancel, _OVER)
pause = _button(verbs.pause, _OVER)
resume = _button(verbs.resume, _OVER)
retry = _button(verbs.retry, gettext_lazy("You can't try again now, or the same logs are already being downloaded."))


@require_safe
@may("read_logs")
def download_file(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """The zip itself, from our storage; who downloaded it is recorded before the first byte is sent."""
    asked = door.download(request.user, pk)
    if not asked.ready:
        raise Http404
    purpose = _purpose(request, asked)
    if purposes.missing(request, asked.endpoint_id, purpose):
        return redirect("endpoints:logs", pk=asked.endpoint_id)  # which asks for it and shows the download
    if request.method == "GET":
        _record_download(request, asked, purpose)
    return ranges.stored_file(
        request,
        storages["logs"],
        asked.stored_as,
        size=asked.size,
        sha256=asked.sha256,
        file_name=asked.file_name,
        content_type="application/zip",
    )


def _purpose(request: HttpRequest, asked: Download) -> str:
    """The purpose of the request for those who made it themselves, otherwise that of reading these logs."""
    own = asked.actor_id == request.user.pk
    return (asked.purpose if own else "") or purposes.of(request, asked.endpoint_id)


def _record_download(request: HttpRequest, asked: Download, purpose: str) -> None:
    """Once for each download of the zip, not for each part in which a browser fetches it."""
    taken: dict[str, Any] = {"verb": Verb.LOGS_DOWNLOADED, "actor": request.user, "endpoint": asked.endpoint}
    if LATER_PART.match(request.headers.get("Range", "").strip()):
        recent = door.events(request.user, door.READ_LOGS).filter(
            verb=Verb.LOGS_DOWNLOADED,
            actor_id=request.user.pk,
            endpoint_id=asked.endpoint_id,
            at__gt=timezone.now() - ONE_DOWNLOAD,
        )
        if recent.filter(facts__download=str(asked.pk)).exists():
            return
    audit.record(**taken, detail=purpose, download=str(asked.pk))
    if asked.actor_id == request.user.pk and asked.notified_at is None:
        door.downloads(request.user).filter(pk=asked.pk).update(notified_at=timezone.now())


def downloads_context(request: HttpRequest, endpoint: Endpoint | None) -> dict[str, object]:
    """The context of _downloads.html: the downloads of one endpoint, or all, a page at a time."""
    now = DownloadsVersion.now(endpoint.pk if endpoint else None)
    rows = door.downloads(request.user).for_page()
    if endpoint:
        found, pages = list(rows.filter(endpoint=endpoint)[:ON_THE_LOGS_PAGE]), {}
        here, state = reverse("endpoints:logs", args=[endpoint.pk]), {}
    else:
        page = page_of(rows, NEWEST_FIRST, request.GET.get("page", ""), PER_PAGE)
        found, pages = list(page.rows), {"previous": page.previous, "next": page.next}
        here, state = reverse("endpoints:downloads"), {"page": request.GET.get("page", "")}
    return {
        "downloads": [(one, log_selection.words(one.selection)) for one in found],
        "downloads_pages": {way: f"{here}?{urlencode({'page': to})}" if to else "" for way, to in pages.items()},
        "downloads_live": any(one.active for one in found),
        "downloads_url": here,
        "poll_downloads": f"{here}?{urlencode({**state, 'version': now.version})}",
        "downloads_wait": now.worker_missing,
        "all_shown": endpoint is None,
    }
