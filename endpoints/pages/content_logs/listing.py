"""The content logs of an endpoint: all known entries, by day, and the request that a worker refreshes them."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from itertools import groupby
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from endpoints import hints
from endpoints.access import door
from endpoints.access.door.versions import LogsVersion
from endpoints.access.permissions import may
from endpoints.logs.keep.settings import request_refresh as request_log_refresh
from endpoints.mirror.resources import set_log_folder
from endpoints.models import Endpoint, LogArchive, LogEntry
from endpoints.models.log_archive import Stage
from endpoints.pages.content_logs import downloads, filters, keep, overview, purposes
from endpoints.pages.http import HttpRequest, with_address
from endpoints.pages.paging import KeysetPage, page_of
from endpoints.pages.time_zones import in_utc

PER_PAGE = 50
REFRESH_AFTER = timedelta(minutes=5)  # what was listed longer ago is refreshed when somebody opens the page
FOLDER = re.compile(r"[A-Za-z0-9_./-]{0,200}")


@dataclass(frozen=True)
class LogDayEntries:
    """Entries of one day (UTC) that follow each other."""

    day: date
    entries: list[LogEntry]


@require_http_methods(["GET", "HEAD", "POST"])
@may("read_logs")
@purposes.first
@in_utc
def endpoint_logs(request: HttpRequest, pk: UUID) -> HttpResponse:
    endpoint = door.endpoint_page(request.user, pk, door.READ_LOGS)
    if request.htmx.target == "downloads":
        return render(request, "content_logs/_downloads_update.html", downloads.downloads_context(request, endpoint))
    here = filters.address(request, page=request.GET.get("page") or None)
    fragment = request.htmx and not request.htmx.history_restore_request
    if not fragment:
        _refresh_outdated(request, endpoint)
    context = _list_context(request, endpoint)
    if fragment:
        return with_address(render(request, "content_logs/_found.html", context), request, here)
    context |= {"section": "logs", "menus": filters.menus(request.GET)}
    context |= downloads.downloads_context(request, endpoint)
    return render(request, "content_logs/list.html", context)


@require_POST
@may("read_logs")
def refresh(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Request that a worker refreshes the entries now, however recent they are; back to the page of the button."""
    endpoint = door.endpoint_page(request.user, pk, door.READ_LOGS)
    if not readable(endpoint):
        raise Http404
    request_refresh(endpoint)
    if request.POST.get("page") == "all":
        return redirect(overview.address(QueryDict(request.POST.get("query", ""))))
    query = filters.state(request.GET)
    return redirect(f"{reverse('endpoints:logs', args=[pk])}{'?' if query else ''}{query}")


@require_POST
@may("manage_resources")
def folder(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Set the folder of the customer's own container that holds the logs of this endpoint: a person has to name it."""
    endpoint = door.endpoint(request.user, pk, "manage_resources")
    chosen = request.POST.get("folder", "").strip().strip("/")[:200]
    if not FOLDER.fullmatch(chosen):
        messages.error(request, _("Use only letters, digits, dashes, underscores, dots, and slashes in a folder."))
    else:
        set_log_folder(endpoint, chosen, actor=request.user)
        messages.success(request, _("Saved."))
    return redirect("endpoints:logs", pk=pk)


def readable(endpoint: Endpoint) -> bool:
    """The service can be asked for its logs."""
    return bool(endpoint.remote_id and not endpoint.gone_at and endpoint.resource.logs_can_be_read)


def _refresh_outdated(request: HttpRequest, endpoint: Endpoint) -> None:
    """Opening the page requests a refresh, unless a worker has just finished one."""
    archive = door.log_archives(request.user).found(endpoint)
    now = timezone.now()
    recent = archive and (archive.refreshing or (archive.checked_at and archive.checked_at > now - REFRESH_AFTER))
    if not recent and readable(endpoint):
        request_refresh(endpoint)


def request_refresh(endpoint: Endpoint) -> LogArchive:
    archive = request_log_refresh(endpoint)
    hints.send("collect", endpoint.pk)
    return archive


def _list_context(request: HttpRequest, endpoint: Endpoint) -> dict[str, Any]:
    # Before what is shown is read: otherwise what changes in between would never be noticed.
    version = LogsVersion.now(endpoint.pk).version
    archive = door.log_archives(request.user).found(endpoint)
    rows = door.log_entries(request.user).filter(endpoint=endpoint).filtered_by(request.GET)
    page = page_of(rows, filters.NEWEST_FIRST, request.GET.get("page", ""), PER_PAGE)
    count = filters.counted(rows)
    state = filters.state(request.GET)
    purposes.record_shown(request, endpoint, page.rows)
    refreshing = archive is not None and archive.refreshing
    poll = filters.state(request.GET, page=request.GET.get("page") or None, version=version)
    return {
        "endpoint": endpoint,
        "archive": archive,
        "readable": readable(endpoint),
        "refreshing": refreshing,
        "poll_url": f"{request.path}?{poll}",
        "days": _by_day(page),
        "count": count,
        "count_words": filters.count_words(count) if count or state else "",
        "pages": page.addresses(partial(filters.address, request)),
        "asked": {name: request.GET.get(name, "") for name in filters.STATE},
        "state": state,
        "chips": filters.chips(request),
        "clear_url": request.path,
        **({} if refreshing else keep.countdown(request.user, endpoint, archive.listed_at if archive else None)),
        "unread": door.log_files(request.user).unread(endpoint) if archive and archive.stage == Stage.READING else 0,
    }


def _by_day(page: KeysetPage) -> list[LogDayEntries]:
    return [LogDayEntries(day, list(entries)) for day, entries in groupby(page.rows, key=lambda entry: entry.day)]
