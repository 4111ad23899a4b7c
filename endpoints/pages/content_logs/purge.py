"""Deleting content logs for good: what will be deleted, how far it is, and the receipt."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Count, Q, Sum
from django.http import HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from endpoints import hints
from endpoints.logs import purging as verbs
from endpoints.messages import spreadsheet
from endpoints.models import Endpoint, LogArchive, LogEntry, LogFile, Purge
from endpoints.models.log import LogEntryQuerySet
from endpoints.pages.http import HttpRequest, may

SHOWN, EARLIER = 20, 50  # entries that are named; purges
FILTERS = ("q", "from", "longer", "shorter", "below", "result", "partial")


class PurgeForm(forms.Form):
    """Single entries, or everything up to a day; the latter is confirmed by typing the day or the endpoint's name."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    until = forms.DateField(
        label=gettext_lazy("Everything up to and including this day (UTC)"),
        widget=forms.HiddenInput,
        input_formats=["%Y-%m-%d"],
    )
    typed = forms.CharField(label=gettext_lazy("Day or name of the endpoint"), max_length=2000)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500)

    def __init__(self, *args: Any, endpoint: Endpoint, by_day: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.endpoint = endpoint
        if not by_day:
            del self.fields["until"], self.fields["typed"]

    def clean_until(self) -> date:
        until: date = self.cleaned_data["until"]
        if until > timezone.now().astimezone(UTC).date():
            raise ValidationError(_("This day is still to come."))
        return until

    def clean_typed(self) -> str:
        typed: str = self.cleaned_data["typed"]
        until = self.cleaned_data.get("until")
        if typed not in (until.isoformat() if until else "", self.endpoint.display_name.strip()):
            raise ValidationError(_("This is neither the day nor the endpoint's name."))
        return typed


@require_http_methods(["GET", "HEAD", "POST"])
@may("manage_logs")
@may("read_logs")
def ask(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What will be deleted at both places, and why; a day is chosen first."""
    endpoint = get_object_or_404(Endpoint.objects.for_page(), pk=pk)
    query = request.POST or request.GET
    entries = _chosen(endpoint, query)
    by_day = entries is None
    form = PurgeForm(request.POST or None, endpoint=endpoint, by_day=by_day, initial=_initial(query))
    if request.method == "POST" and form.is_valid() and (by_day or _few(entries)):
        typed = form.cleaned_data
        keys = list(entries.values_list("key", flat=True)) if entries is not None else []
        purge = verbs.ask(
            key=typed["key"],
            actor=request.user,
            endpoint=endpoint,
            reason=typed["reason"],
            until=typed.get("until"),
            keys=keys,
        )
        hints.send("purge", purge.pk)
        return redirect(purge)
    return _page(request, endpoint, form, entries)


@require_safe
@may("manage_logs")
def purge(request: HttpRequest, pk: UUID) -> HttpResponse:
    """How far it is, then the receipt."""
    asked = get_object_or_404(Purge.objects.for_page(), pk=pk)
    fragment = request.htmx.target == "purge"
    context = {"section": "logs", "purge": asked, "endpoint": asked.endpoint, "live": asked.running}
    context["reaches_service"] = verbs.reaches_service(asked.endpoint) or "service_files" in asked.before
    return render(request, "endpoints/_purge.html" if fragment else "endpoints/purge.html", context)


@require_safe
@may("manage_logs")
def receipt(request: HttpRequest, pk: UUID) -> HttpResponse:
    """As JSON, or as CSV with ?format=csv."""
    asked = get_object_or_404(Purge.objects.for_page(), pk=pk)
    facts = _facts(asked)
    counts = {line["key"]: {"before": line["before"], "after": line["after"]} for line in asked.counts}
    name = f"purge-{asked.pk}"
    if request.GET.get("format") == "csv":
        rows = [*facts.items(), *((f"{key} {when}", one[when]) for key, one in counts.items() for when in one)]
        lines = "".join(spreadsheet.csv_row(row) for row in [("what", "value"), *rows])
        answer = HttpResponse(lines, content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
        return answer
    shown = JsonResponse({**facts, "counts": counts}, json_dumps_params={"ensure_ascii": False, "indent": 1})
    shown["Content-Disposition"] = f'attachment; filename="{name}.json"'
    return shown


def _facts(purge: Purge) -> dict[str, Any]:
    return {
        "purge": str(purge.pk),
        "endpoint": purge.endpoint.remote_id,
        "displayName": purge.endpoint.display_name,
        "resource": purge.endpoint.resource.name,
        "actor": purge.actor_name,
        "reason": purge.reason,
        "until": purge.until.isoformat() if purge.until else None,
        "entries": " ".join(purge.keys) if purge.keys else None,
        "state": purge.state,
        "error": purge.error or None,
        "asked": _moment(purge.asked_at),
        "acceptedByService": _moment(purge.accepted_at),
        "lastLook": _moment(purge.looked_at),
        "finished": _moment(purge.finished_at),
    }


def _moment(at: datetime | None) -> str | None:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if at else None


def _chosen(endpoint: Endpoint, query: QueryDict) -> LogEntryQuerySet | None:
    """The entries that were ticked or that filters select; None where it goes by day."""
    if "entry" not in query and not any(query.get(name) for name in FILTERS):
        return None
    return LogEntry.objects.filter(endpoint=endpoint).selected_by(query)


def _few(entries: LogEntryQuerySet | None) -> bool:
    return entries is not None and 0 < entries.count() <= verbs.MOST_KEYS


def _initial(query: QueryDict) -> dict[str, Any]:
    return {"key": uuid4(), "until": query.get("until") or query.get("to") or ""}


def _page(request: HttpRequest, endpoint: Endpoint, form: PurgeForm, entries: LogEntryQuerySet | None) -> HttpResponse:
    """422 for what cannot be asked: a day to come, no entry, too many entries, or a form with mistakes."""
    by_day = entries is None
    today = timezone.now().astimezone(UTC).date()
    asked = str(form["until"].value() or "") if by_day else ""
    until = _day(asked, today)
    meant = LogEntry.objects.filter(endpoint=endpoint, day__lte=until) if until else entries
    possible = until is not None if by_day else _few(entries)
    context: dict[str, Any] = {
        "section": "logs",
        "endpoint": endpoint,
        "form": form,
        "by_day": by_day,
        "asked": asked,
        "until": until,
        "today": today,
        "possible": possible,
        "limit": verbs.MOST_KEYS,
        "reaches_service": verbs.reaches_service(endpoint),
        "archive": LogArchive.objects.seen(endpoint),
        "earlier": Purge.objects.for_page().filter(endpoint=endpoint)[:EARLIER],
        **(_meant(meant) if meant is not None else {}),
    }
    if possible and entries is not None:
        context["named"], context["ids"] = list(entries[:SHOWN]), list(entries.values_list("pk", flat=True))
    wrong = form.errors or (not possible and (asked or not by_day))
    return render(request, "endpoints/logs_purge.html", context, status=422 if wrong else 200)


def _meant(entries: LogEntryQuerySet) -> dict[str, Any]:
    """Counts at both places, by what the last look has found."""
    there, held = Q(gone_at=None), ~Q(stored_as="")
    files = LogFile.objects.filter(entry__in=entries.order_by().values("pk")).aggregate(
        service_files=Count("pk", filter=there),
        service_bytes=Sum("size", filter=there, default=0),
        archive_files=Count("pk", filter=held),
        archive_bytes=Sum("size", filter=held, default=0),
    )
    return {"entries": entries.count(), "files": files}


def _day(text: str, latest: date) -> date | None:
    try:
        day = parse_date(text)
    except ValueError:
        return None
    return day if day and day <= latest else None
