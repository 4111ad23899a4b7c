"""Downloads of content logs: what people asked for, how far it is, and the zip itself."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.files.storage import storages
from django.http import Http404, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from endpoints import shell, tasks
from endpoints.logs.download import requests as verbs
from endpoints.models import Download, Endpoint, Event, LogArchive
from endpoints.models.download_stamp import DownloadStamp
from endpoints.models.event import Verb
from endpoints.views import log_choice, purposes, ranges
from endpoints.views.access import HttpRequest, may
from endpoints.views.paging import Order, page_of

PER_PAGE = 50
ON_THE_LOGS_PAGE = 5
NEWEST_FIRST = Order(("created_at", "id"), descending=True)
ONE_TAKING = timedelta(days=1)  # a later part of the zip within that time belongs to the same download of it
LATER_PART = re.compile(r"bytes\s*=\s*0*[1-9]", re.IGNORECASE)


class DownloadForm(forms.Form):
    """Which days, when nothing was ticked, and what it is for. `from` is a word of Python's, so the days come late."""

    purpose = forms.CharField(label=gettext_lazy("Purpose"), max_length=purposes.LONGEST, required=False)

    def __init__(self, *args: Any, dated: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["purpose"].required = settings.PURPOSE_REQUIRED and "look" not in self.data
        self.fields["purpose"].help_text = _("It is written down with who asked.")
        for name, label in (("from", _("From")), ("to", _("To"))) if dated else ():
            widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            self.fields[name] = forms.DateField(label=label, required=False, widget=widget, input_formats=["%Y-%m-%d"])
        if dated:
            self.order_fields(["from", "to", "purpose"])

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("from") and values.get("to") and values["from"] > values["to"]:
            raise ValidationError({"to": _("This is before the first day.")})
        return values


@require_safe
@may("read_logs")
def downloads(request: HttpRequest) -> HttpResponse:
    """Everybody's; whoever looks at them knows which of their own are ready."""
    if shell.of(request).untold:
        verbs.mark_seen(request.user)
        shell.of(request).untold = 0
    if request.htmx.target == "downloads":
        return render(request, "endpoints/_downloads.html", shown(request, None))
    return render(request, "endpoints/downloads.html", {"section": "downloads", **shown(request, None)})


@require_http_methods(["GET", "HEAD", "POST"])
@may("read_logs")
def download(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Download log: what there is to download, and what for; a POST asks for it."""
    endpoint = get_object_or_404(Endpoint.objects.present().exclude(remote_id=None).for_page(), pk=pk)
    if not endpoint.resource.logs_can_be_read:
        raise Http404
    query = request.POST if request.method == "POST" else request.GET
    selection = log_choice.chosen(query, endpoint)
    if request.method != "POST":
        return _choice(request, endpoint, selection)
    if settings.PURPOSE_REQUIRED and "purpose" not in query:
        return redirect(_address(endpoint, selection))
    form = DownloadForm(request.POST, dated="entry" not in query)
    if not form.is_valid():
        return _choice(request, endpoint, selection, form)
    if purpose := form.cleaned_data["purpose"]:
        purposes.keep(request, endpoint.pk, purpose)
    if "look" in query:
        return redirect(_address(endpoint, selection))
    asked = verbs.request_download(actor=request.user, endpoint=endpoint, selection=selection, purpose=purpose)
    tasks.ring(tasks.fetch, asked.pk)
    return redirect("endpoints:logs", pk=endpoint.pk)


def _address(endpoint: Endpoint, selection: str) -> str:
    address = reverse("endpoints:download", args=[endpoint.pk])
    return f"{address}?{selection}" if selection else address


def _choice(request: HttpRequest, endpoint: Endpoint, selection: str, form: DownloadForm | None = None) -> HttpResponse:
    asked, query = Download(endpoint=endpoint, selection=selection), QueryDict(selection)
    dated = "entry" not in query
    given = {"from": query.get("from"), "to": query.get("to"), "purpose": purposes.of(request, endpoint.pk)}
    archive = LogArchive.objects.filter(pk=endpoint.pk).first()
    context = {
        "section": "list",
        "endpoint": endpoint,
        "form": form or DownloadForm(initial=given, dated=dated),
        "dated": dated,
        "selected": log_choice.words(selection),
        "carried": [(name, value) for name, values in query.lists() for value in values if name not in ("from", "to")],
        "count": asked.entries.count(),
        "totals": asked.files.totals(),
        "listed_at": archive.listed_at if archive else None,
        "everything_url": request.path if selection else "",
    }
    return render(request, "endpoints/download.html", context, status=422 if form else 200)


def _decided(verb: Callable[[Download], bool], complaint: Any) -> Any:
    """One button of a download; the page that it is on is shown again."""

    @require_POST
    @may("read_logs")
    def decide(request: HttpRequest, pk: UUID) -> HttpResponse:
        asked = get_object_or_404(Download, pk=pk)
        if not verb(asked):
            messages.error(request, complaint)
        elif asked.active:
            tasks.ring(tasks.fetch, asked.pk)
        if request.POST.get("page") == "downloads":
            return redirect("endpoints:downloads")
        return redirect("endpoints:logs", pk=asked.endpoint_id)

    return decide


_OVER = gettext_lazy("The download is no longer in the state that it was shown in.")
cancel = _decided(verbs.cancel, _OVER)
pause = _decided(verbs.pause, _OVER)
resume = _decided(verbs.resume, _OVER)
retry = _decided(verbs.retry, gettext_lazy("It cannot be tried again now, or the same is being downloaded already."))


@require_safe
@may("read_logs")
def download_file(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """The zip itself, from our storage; who took it is written down before the first byte goes."""
    asked = get_object_or_404(Download.objects.for_page(), pk=pk)
    if not asked.ready:
        raise Http404
    if request.method == "GET":
        _write_down(request, asked)
    return ranges.answer(
        request,
        storages["logs"],
        asked.stored_as,
        size=asked.size,
        sha256=asked.sha256,
        file_name=asked.file_name,
        content_type="application/zip",
    )


def _write_down(request: HttpRequest, asked: Download) -> None:
    """Once for each download of the zip, not for each part in which a browser fetches it."""
    taken: dict[str, Any] = {"verb": Verb.LOGS_DOWNLOADED, "actor": request.user, "endpoint": asked.endpoint}
    if LATER_PART.match(request.headers.get("Range", "").strip()):
        recent = Event.objects.filter(**taken, at__gt=timezone.now() - ONE_TAKING)
        if recent.filter(facts__download=str(asked.pk)).exists():
            return
    own = asked.actor_id == request.user.pk
    purpose = asked.purpose if own else purposes.of(request, asked.endpoint_id)
    Event.record(**taken, detail=purpose, download=str(asked.pk))
    if own and asked.told_at is None:
        Download.objects.filter(pk=asked.pk).update(told_at=timezone.now())


def shown(request: HttpRequest, endpoint: Endpoint | None) -> dict[str, object]:
    """What _downloads.html shows: those of one endpoint, or all, a page at a time."""
    rows = Download.objects.for_page()
    version = DownloadStamp.now(endpoint.pk if endpoint else None).version
    if endpoint:
        found, pages = list(rows.filter(endpoint=endpoint)[:ON_THE_LOGS_PAGE]), {}
        here, state = reverse("endpoints:logs", args=[endpoint.pk]), {}
    else:
        page = page_of(rows, NEWEST_FIRST, request.GET.get("page", ""), PER_PAGE)
        found, pages = list(page.rows), {"previous": page.previous, "next": page.next}
        here, state = reverse("endpoints:downloads"), {"page": request.GET.get("page", "")}
    return {
        "downloads": [(one, log_choice.words(one.selection)) for one in found],
        "downloads_pages": {way: f"{here}?{urlencode({'page': to})}" if to else "" for way, to in pages.items()},
        "downloads_live": any(one.active for one in found),
        "downloads_url": here,
        "poll_downloads": f"{here}?{urlencode({**state, 'version': version})}",
        "all_shown": endpoint is None,
    }
