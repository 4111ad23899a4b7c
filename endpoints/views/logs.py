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

from endpoints import tasks
from endpoints.logs.keep.settings import request_refresh
from endpoints.models import Endpoint, Event, LogArchive, LogEntry, LogFile
from endpoints.models.event import Verb
from endpoints.models.log_archive import Stage
from endpoints.models.log_stamp import LogStamp
from endpoints.views import downloads, keeping, log_filters, purposes
from endpoints.views.access import HttpRequest, may
from endpoints.views.paging import Page, page_of

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
    context |= {"section": "logs", "menus": log_filters.menus(request.GET)}
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
    query = log_filters.state(request.GET)
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
        Endpoint.objects.filter(pk=pk).update(log_folder=chosen)
        Event.record(Verb.RESOURCE_CHANGED, actor=request.user, endpoint=endpoint, resource=endpoint.display_name)
        messages.success(request, _("Saved."))
    return redirect("endpoints:logs", pk=pk)


def readable(endpoint: Endpoint) -> bool:
    """The service can be asked for its logs."""
    return bool(endpoint.remote_id and not endpoint.gone_at and endpoint.resource.logs_can_be_read)


def opened(endpoint: Endpoint) -> LogArchive | None:
    """Its archive; that somebody opens the page is a wish to look, unless a worker has just done so."""
    archive = LogArchive.objects.filter(pk=endpoint.pk).first()
    known = archive and (archive.looking or (archive.looked_at and archive.looked_at > timezone.now() - OUTDATED))
    return archive if known or not readable(endpoint) else want_look(endpoint)


def want_look(endpoint: Endpoint) -> LogArchive:
    archive = request_refresh(endpoint)
    tasks.ring(tasks.collect, endpoint.pk)
    return archive


def _seen(request: HttpRequest, endpoint: Endpoint, archive: LogArchive | None) -> dict[str, Any]:
    rows = LogEntry.objects.filter(endpoint=endpoint).asked(request.GET)
    page = page_of(rows, log_filters.NEWEST_FIRST, request.GET.get("page", ""), PER_PAGE)
    count = log_filters.counted(rows)
    state = log_filters.state(request.GET)
    looking = archive is not None and archive.looking
    place = {"page": request.GET.get("page") or None, "version": LogStamp.now(endpoint.pk).version if looking else None}
    return {
        "endpoint": endpoint,
        "archive": archive,
        "readable": readable(endpoint),
        "looking": looking,
        "look_url": f"{request.path}?{log_filters.state(request.GET, **place)}",
        "days": _by_day(page),
        "count": count,
        "count_words": log_filters.count_words(count) if count or state else "",
        "pages": page.addresses(partial(log_filters.address, request)),
        "asked": {name: request.GET.get(name, "") for name in log_filters.STATE},
        "state": state,
        "chips": log_filters.chips(request),
        "clear_url": request.path,
        **({} if looking else keeping.countdown(endpoint)),
        "unread": LogFile.objects.unread(endpoint) if archive and archive.stage == Stage.READING else 0,
    }


def _by_day(page: Page) -> list[Day]:
    return [Day(day, list(entries)) for day, entries in groupby(page.rows, key=lambda entry: entry.day)]
