"""How the content logs of an endpoint are kept: the countdown, the schedule and retention, the ledger of days."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from endpoints import hints
from endpoints.logs import archive as verbs
from endpoints.logs import ledger, retention
from endpoints.models import Endpoint, LogArchive, LogFile
from endpoints.models.log import RETENTION
from endpoints.pages.http import HttpRequest, may

HORIZONS = (1, 3, 7)  # days; the first of them in which something vanishes is told
HOURS = (1, 6, 12, 24)
LINES = 31


@dataclass(frozen=True)
class Countdown:
    """Files that the service deletes within `days`, and how many of them have no copy here.

    Without `days` it is not known: nobody has looked since `listed_at`, or ever.
    """

    days: int
    files: int
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
            return _("It is not known what vanishes next.")
        if self.days == 1:
            words = ngettext("%(files)s file vanishes in a day", "%(files)s files vanish in a day", self.files)
        else:
            words = ngettext(
                "%(files)s file vanishes in %(days)s days", "%(files)s files vanish in %(days)s days", self.files
            )
        return words % {"files": number_format(self.files, force_grouping=True), "days": self.days}

    @property
    def state(self) -> str:
        if not self.days:
            return ""
        if not self.missing:
            return _("all archived")
        words = ngettext("%(files)s not yet archived", "%(files)s not yet archived", self.missing)
        return words % {"files": number_format(self.missing, force_grouping=True)}


def countdown(endpoint: Endpoint) -> dict[str, Any]:
    """For _countdown.html. Of the customer's own storage nothing is said: its owner decides what vanishes when."""
    resource = endpoint.resource
    if resource.log_container is not None or not resource.supports("logs") or endpoint.gone_at is not None:
        return {}
    listed_at = LogArchive.objects.filter(pk=endpoint.pk).values_list("listed_at", flat=True).first()
    if listed_at and listed_at > timezone.now() - RETENTION + timedelta(days=HORIZONS[-1]):
        return {"countdown": _vanishing(endpoint, listed_at)}
    unknown = endpoint.logging_enabled or listed_at is not None
    return {"countdown": Countdown(0, 0, 0, listed_at) if unknown else None}


def _vanishing(endpoint: Endpoint, listed_at: datetime) -> Countdown | None:
    """The nearest of the horizons in which there is something: nothing beyond it is counted."""
    for days in HORIZONS:
        soon = LogFile.objects.filter(endpoint=endpoint).vanishing(timedelta(days=days))
        found = soon.aggregate(files=Count("pk"), missing=Count("pk", filter=Q(stored_as="")))
        if found["files"]:
            return Countdown(days, found["files"], found["missing"], listed_at)
    return None


class KeepForm(forms.Form):
    """The schedule, and how long our copies stay; `confirmed` is what the page has shown to remove something."""

    keep = forms.BooleanField(
        label=gettext_lazy("Archive new content logs before the service removes them"), required=False
    )
    every_hours = forms.TypedChoiceField(label=gettext_lazy("Look for new ones"), coerce=int)
    retention_days = forms.IntegerField(
        label=gettext_lazy("Keep copies for (days)"),
        help_text=gettext_lazy("Counted from the day of the recording. Leave it empty to keep them without end."),
        min_value=1,
        max_value=36_500,
        required=False,
    )
    confirmed = forms.CharField(widget=forms.HiddenInput, required=False, max_length=20)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["every_hours"].choices = [  # type: ignore[attr-defined]
            (hours, ngettext("Every hour", "Every %(hours)s hours", hours) % {"hours": hours}) for hours in HOURS
        ]

    @property
    def decision(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("keep", "every_hours", "retention_days")}

    @property
    def token(self) -> str:
        return f"{self.cleaned_data['keep']}-{self.cleaned_data['retention_days']}"


@require_http_methods(["GET", "HEAD", "POST"])
@may("manage_logs")
def keep(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The schedule and the retention; what that removes is shown first."""
    endpoint = get_object_or_404(Endpoint.objects.for_page(), pk=pk)
    archive = LogArchive.objects.seen(endpoint)
    initial = {name: getattr(archive, name) for name in ("keep", "every_hours", "retention_days")}
    form = KeepForm(request.POST or None, initial=initial)
    if request.method != "POST" or not form.is_valid():
        return _keep_page(request, endpoint, archive, form)
    wanted = LogArchive(endpoint=endpoint, **form.decision)
    going = retention.summary(retention.going(wanted, settings.DOWNLOAD_DAYS))
    if going["files"] and form.cleaned_data["confirmed"] != form.token:
        shown = KeepForm(initial={**form.decision, "confirmed": form.token})
        return _keep_page(request, endpoint, archive, shown, going=going)
    verbs.decide(actor=request.user, endpoint=endpoint, **form.decision)
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
        "held": retention.summary(endpoint.log_files.stored()),
        **more,
    }
    return render(request, "endpoints/logs_keep.html", context, status=422 if form.errors else 200)


@require_safe
@may("read_logs")
def days(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The ledger, newest day first."""
    endpoint = get_object_or_404(Endpoint.objects.for_page(), pk=pk)
    archive = LogArchive.objects.seen(endpoint)
    lines = ledger.lines(endpoint)
    context = {
        "section": "logs",
        "endpoint": endpoint,
        "archive": archive,
        "page_obj": Paginator(lines, LINES).get_page(request.GET.get("page")),
        "sums": ledger.sums(endpoint),
        "gaps": sum(line.days for line in lines if line.state == "nothing"),
        "unknown": sum(line.days for line in lines if line.state == "unknown"),
        "late": endpoint.resource.log_container is None
        and archive.listed_at is not None
        and archive.listed_at < timezone.now() - RETENTION,
    }
    return render(request, "endpoints/log_days.html", context)
