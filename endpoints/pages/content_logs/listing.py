"""The content logs of an endpoint: all entries that we know, by day, and the worker's look at what the service has."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from itertools import groupby
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from endpoints import hints
from endpoints.logs import archive as looks
from endpoints.mirror.resources import set_log_folder
from endpoints.models import Endpoint, LogArchive, LogEntry, LogFile
from endpoints.models.log_archive import Stage
from endpoints.pages.content_logs import downloads, filters, keep, purposes
from endpoints.pages.http import HttpRequest, may
from endpoints.pages.paging import Page, page_of
from endpoints.pages.stamps.logs import LogStamp

PER_PAGE = 50
OUTDATED = timedelta(minutes=5)  # what was seen longer ago is looked at again when somebody opens the page
FOLDER = re.compile(r"[A-Za-z0-9_./-]{0,200}")


@dataclass(frozen=True)
class Day:
    """Entries of one day (UTC) that follow each other."""

    day: date
    entries: list[LogEntry]


@require_http_methods(["GET", "HEAD", "POST"])
@may("read_logs")
@purposes.first
def endpoint_logs(request: HttpRequest, pk: UUID) -> HttpResponse:
    endpoint = get_object_or_404(Endpoint.objects.for_page(), pk=pk)
    if request.htmx.target == "downloads":
        return render(request, "endpoints/_downloads.html", downloads.shown(request, endpoint))
    fragment = request.htmx and not request.htmx.history_restore_request
    archive = LogArchive.objects.filter(pk=pk).first() if fragment else opened(endpoint)
    context = _seen(request, endpoint, archive)
    if fragment:
        return render(request, "endpoints/_log_found.html", context)
    context |= {"section": "logs", "menus": filters.menus(request.GET)}
    context |= downloads.shown(request, endpoint)
    return render(request, "endpoints/logs.html", context)


@require_POST
@may("read_logs")
def look(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Look again, however new what we know is."""
    endpoint = get_object_or_404(Endpoint.objects.for_page(), pk=pk)
    if not readable(endpoint):
        raise Http404
    want_look(endpoint)
    query = filters.state(request.GET)
    return redirect(f"{reverse('endpoints:logs', args=[pk])}{'?' if query else ''}{query}")


@require_POST
@may("manage_resources")
def folder(request: HttpRequest, pk: UUID) -> HttpResponse:
    """In which folder of the customer's own container the logs of this endpoint are; nothing there tells."""
    endpoint = get_object_or_404(Endpoint, pk=pk)
    chosen = request.POST.get("folder", "").strip().strip("/")[:200]
    if not FOLDER.fullmatch(chosen):
        messages.error(request, _("A folder is written with letters, digits and dashes."))
    else:
        set_log_folder(endpoint, chosen, actor=request.user)
        messages.success(request, _("Saved."))
    return redirect("endpoints:logs", pk=pk)


def readable(endpoint: Endpoint) -> bool:
    """The service can be asked for its logs."""
    return bool(endpoint.remote_id and not endpoint.gone_at and endpoint.resource.logs_can_be_read)


def opened(endpoint: Endpoint) -> LogArchive | None:
    """Its archive; that somebody opens the page is a wish to look, unless a worker has just done so."""
    archive = LogArchive.objects.filter(pk=endpoint.pk).first()
    known = archive and (archive.refreshing or (archive.looked_at and archive.looked_at > timezone.now() - OUTDATED))
    return archive if known or not readable(endpoint) else want_look(endpoint)


def want_look(endpoint: Endpoint) -> LogArchive:
    archive = looks.want_look(endpoint)
    hints.send("collect", endpoint.pk)
    return archive


def _seen(request: HttpRequest, endpoint: Endpoint, archive: LogArchive | None) -> dict[str, Any]:
    rows = LogEntry.objects.filter(endpoint=endpoint).filtered_by(request.GET)
    page = page_of(rows, filters.NEWEST_FIRST, request.GET.get("page", ""), PER_PAGE)
    count = filters.counted(rows)
    state = filters.state(request.GET)
    looking = archive is not None and archive.refreshing
    place = {"page": request.GET.get("page") or None, "version": LogStamp.now(endpoint.pk).version if looking else None}
    return {
        "endpoint": endpoint,
        "archive": archive,
        "readable": readable(endpoint),
        "looking": looking,
        "look_url": f"{request.path}?{filters.state(request.GET, **place)}",
        "days": _by_day(page),
        "count": count,
        "count_words": filters.count_words(count) if count or state else "",
        "pages": page.addresses(partial(filters.address, request)),
        "asked": {name: request.GET.get(name, "") for name in filters.STATE},
        "state": state,
        "chips": filters.chips(request),
        "clear_url": request.path,
        **({} if looking else keep.countdown(endpoint)),
        "unread": LogFile.objects.unread(endpoint) if archive and archive.stage == Stage.READING else 0,
    }


def _by_day(page: Page) -> list[Day]:
    return [Day(day, list(entries)) for day, entries in groupby(page.rows, key=lambda entry: entry.day)]
