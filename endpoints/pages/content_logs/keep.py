"""How the content logs of an endpoint are kept: the countdown, the schedule and retention, the ledger of days."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Max, Min, Q, Sum
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from endpoints import hints
from endpoints.access import door
from endpoints.access.permissions import Person, may
from endpoints.logs.keep import retention
from endpoints.logs.keep import settings as verbs
from endpoints.models import Endpoint, LogArchive
from endpoints.models.log import RETENTION, LogFileQuerySet
from endpoints.models.numbers import grouped
from endpoints.pages.content_logs import days as log_days
from endpoints.pages.forms.content_logs import KeepForm
from endpoints.pages.http import HttpRequest
from endpoints.pages.time_zones import in_utc

HORIZONS = (1, 3, 7)  # days; the first of them in which something vanishes is shown
LINES_PER_PAGE = 31


@dataclass(frozen=True)
class Countdown:
    """How many files the service deletes within `days`, and how many of them have no copy here.

    Without `days` it is not known: the last listing, at `listed_at`, is too old, or there was none.
    """

    days: int
    vanishing: int
    missing: int
    listed_at: datetime | None

    @property
    def level(self) -> str:
        """unknown; kept; soon; near: the last three days; over: the last one."""
        if not self.days:
            return "unknown"
        return {1: "over", 3: "near"}.get(self.days, "soon") if self.missing else "kept"

    @property
    def words(self) -> str:
        if not self.days:
            if self.listed_at:
                return _("Last checked too long ago, so the expiration is unknown.")
            return _("No logs checked yet, so their expiration is unknown.")
        if self.days == 1:
            words = ngettext(
                "%(files)s file will be deleted within a day",
                "%(files)s files will be deleted within a day",
                self.vanishing,
            )
        else:
            words = ngettext(
                "%(files)s file will be deleted within %(days)s days",
                "%(files)s files will be deleted within %(days)s days",
                self.vanishing,
            )
        return words % {"files": grouped(self.vanishing), "days": self.days}

    @property
    def state(self) -> str:
        if not self.days:
            return ""
        if not self.missing:
            return _("all saved")
        words = ngettext("%(files)s not saved", "%(files)s not saved", self.missing)
        return words % {"files": grouped(self.missing)}


def countdown(person: Person, endpoint: Endpoint, listed_at: datetime | None) -> dict[str, Any]:
    """For _countdown.html. Empty for the customer's own storage: its owner decides what vanishes when."""
    resource = endpoint.resource
    if resource.log_container is not None or not resource.supports("logs") or endpoint.gone_at is not None:
        return {}
    if listed_at and listed_at > timezone.now() - RETENTION + timedelta(days=HORIZONS[-1]):
        return {"countdown": _vanishing(person, endpoint, listed_at)}
    unknown = endpoint.logging_enabled or listed_at is not None
    return {"countdown": Countdown(0, 0, 0, listed_at) if unknown else None}


def _vanishing(person: Person, endpoint: Endpoint, listed_at: datetime) -> Countdown | None:
    """For the nearest horizon in which something vanishes; later ones are not counted."""
    for days in HORIZONS:
        soon = door.log_files(person).filter(endpoint=endpoint).without_probes().vanishing(timedelta(days=days))
        found = soon.aggregate(files=Count("pk"), missing=Count("pk", filter=Q(stored_as="")))
        if found["files"]:
            return Countdown(days, found["files"], found["missing"], listed_at)
    return None


@require_http_methods(["GET", "HEAD", "POST"])
@may("manage_logs")
def keep(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The schedule and the retention; what that removes is shown first."""
    endpoint = door.endpoint_page(request.user, pk, door.MANAGE_LOGS)
    archive = door.log_archives(request.user, door.MANAGE_LOGS).seen(endpoint)
    initial = {name: getattr(archive, name) for name in ("keep", "every_hours", "retention_days")}
    form = KeepForm(request.POST or None, initial=initial)
    if request.method != "POST" or not form.is_valid():
        return _keep_page(request, endpoint, archive, form)
    wanted = LogArchive(endpoint=endpoint, **form.decision)
    going = _summary(retention.expired(wanted, settings.DOWNLOAD_DAYS))
    if going["files"] and form.cleaned_data["confirmed"] != form.token:
        shown = KeepForm(initial={**form.decision, "confirmed": form.token})
        return _keep_page(request, endpoint, archive, shown, going=going)
    verbs.change_settings(actor=request.user, endpoint=endpoint, **form.decision)
    if wanted.keep:
        hints.send("collect", endpoint.pk)
    messages.success(request, _("Saved."))
    return redirect("endpoints:logs-keep", pk=pk)


def _keep_page(
    request: HttpRequest, endpoint: Endpoint, archive: LogArchive, form: KeepForm, **more: Any
) -> HttpResponse:
    context = {
        "section": "logs",
        "endpoint": endpoint,
        "form": form,
        "archive": archive,
        "days_for_unkept": settings.DOWNLOAD_DAYS,
        "held": _summary(door.log_files(request.user, door.MANAGE_LOGS).filter(endpoint=endpoint).stored()),
        **more,
    }
    return render(request, "content_logs/keep.html", context, status=422 if form.errors else 200)


def _summary(files: LogFileQuerySet) -> dict[str, Any]:
    """files, bytes, and when the oldest and the newest of them were recorded."""
    sums = {"files": Count("pk"), "bytes": Sum("size", default=0)}
    return files.aggregate(**sums, oldest=Min("entry__at"), newest=Max("entry__at"))


@require_safe
@may("read_logs")
@in_utc
def days(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The ledger of days, the newest first."""
    endpoint = door.endpoint_page(request.user, pk, door.READ_LOGS)
    archive = door.log_archives(request.user).seen(endpoint)
    lines = log_days.day_spans(request.user, endpoint)
    context = {
        "section": "logs",
        "endpoint": endpoint,
        "archive": archive,
        "page_obj": Paginator(lines, LINES_PER_PAGE).get_page(request.GET.get("page")),
        "sums": log_days.sums(request.user, endpoint),
        "gaps": sum(line.days for line in lines if line.state == "nothing"),
        "unknown": sum(line.days for line in lines if line.state == "unknown"),
        "late": endpoint.resource.log_container is None
        and archive.listed_at is not None
        and archive.listed_at < timezone.now() - RETENTION,
    }
    return render(request, "content_logs/days.html", context)
