"""Deleting content logs for good: what will be deleted, the progress, and the receipt."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

from django.db.models import Count, Q, Sum
from django.http import HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from endpoints import hints
from endpoints.access import door
from endpoints.access.permissions import may
from endpoints.logs.purge import requests as verbs
from endpoints.messages import spreadsheet
from endpoints.models import Endpoint, Purge
from endpoints.models.log import LogEntryQuerySet
from endpoints.models.query_values import parse_day
from endpoints.pages.content_logs import filters, log_selection, purposes
from endpoints.pages.forms.content_logs import PurgeForm
from endpoints.pages.http import HttpRequest
from endpoints.pages.time_zones import in_utc

SHOWN, EARLIER = 20, 50  # entries that are named; purges
FILTERS = tuple(name for name in filters.STATE if name != "to")  # a last day alone means everything up to it


@require_http_methods(["GET", "HEAD", "POST"])
@may("manage_logs")
@may("read_logs")
@purposes.first
@in_utc
def ask(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show what will be deleted in Azure and here, and ask for the reason; a day is chosen first."""
    endpoint = door.endpoint_page(request.user, pk, door.MANAGE_LOGS)
    if answer := log_selection.refused(request, endpoint):
        return answer
    query = request.POST or request.GET
    entries = _chosen(request, endpoint, query)
    by_day, count = entries is None, 0 if entries is None else entries.count()
    of: dict[str, Any] = {"person": request.user, "endpoint": endpoint, "by_day": by_day, "count": count}
    form = PurgeForm(request.POST or None, initial=_initial(query), **of)
    if request.method == "POST" and form.is_valid() and (by_day or 0 < count <= verbs.MOST_KEYS):
        typed = form.cleaned_data
        keys = list(entries.values_list("key", flat=True)) if entries is not None else []
        purge = verbs.request_purge(
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
@in_utc
def purge(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The progress, then the receipt."""
    asked = door.purge(request.user, pk)
    fragment = request.htmx.target == "purge"
    context = {"section": "logs", "purge": asked, "endpoint": asked.endpoint, "live": asked.running}
    reachable = asked.endpoint is not None and verbs.reaches_service(asked.endpoint)
    context["reaches_service"] = reachable or "service_files" in asked.before
    return render(request, "content_logs/_purge.html" if fragment else "content_logs/purge.html", context)


@require_safe
@may("manage_logs")
def receipt(request: HttpRequest, pk: UUID) -> HttpResponse:
    """As JSON, or as CSV with ?format=csv."""
    asked = door.purge(request.user, pk)
    facts = _facts(asked)
    counts = {line["key"]: {"before": line["before"], "after": line["after"]} for line in asked.counts}
    name = f"purge-{asked.pk}"
    if request.GET.get("format") == "csv":
        rows = [*facts.items(), *((f"{key} {when}", one[when]) for key, one in counts.items() for when in one)]
        lines = spreadsheet.csv_head(("what", "value")) + "".join(map(spreadsheet.csv_row, rows))
        answer = HttpResponse(lines, content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
        return answer
    shown = JsonResponse({**facts, "counts": counts}, json_dumps_params={"ensure_ascii": False, "indent": 1})
    shown["Content-Disposition"] = f'attachment; filename="{name}.json"'
    return shown


def _facts(purge: Purge) -> dict[str, Any]:
    return {
        "purge": str(purge.pk),
        "endpoint": purge.endpoint_remote_id or None,
        "displayName": purge.endpoint_name,
        "resource": purge.resource_name,
        "actor": purge.actor_name,
        "reason": purge.reason,
        "until": purge.until.isoformat() if purge.until else None,
        "entries": " ".join(purge.keys) if purge.keys else None,
        "state": purge.state,
        "error": purge.error or None,
        "asked": _moment(purge.requested_at),
        "acceptedByService": _moment(purge.accepted_at),
        "lastLook": _moment(purge.checked_at),
        "finished": _moment(purge.finished_at),
    }


def _moment(at: datetime | None) -> str | None:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if at else None


def _chosen(request: HttpRequest, endpoint: Endpoint, query: QueryDict) -> LogEntryQuerySet | None:
    """The entries that were ticked or that filters select; None when everything up to a day is meant."""
    if "entry" not in query and not any(query.get(name) for name in (*FILTERS, "all")):
        return None
    entries = door.log_entries(request.user).filter(endpoint=endpoint)
    # A filter that cannot be read narrows nothing elsewhere; here it must not delete more.
    readable = all(log_selection.plain(name, value) for name in filters.STATE if (value := query.get(name)))
    if not readable:
        return entries.none()
    return entries.filtered_by(query) if query.get("all") else entries.selected_by(query)


def _initial(query: QueryDict) -> dict[str, Any]:
    return {"key": uuid4(), "until": query.get("until") or query.get("to") or ""}


def _page(request: HttpRequest, endpoint: Endpoint, form: PurgeForm, entries: LogEntryQuerySet | None) -> HttpResponse:
    """422 for what cannot be asked: a day to come, no entry, too many entries, or a form with mistakes."""
    by_day = entries is None
    today = timezone.now().astimezone(UTC).date()
    asked = str(form["until"].value() or "") if by_day else ""
    until = _day(asked, today)
    meant = door.log_entries(request.user).filter(endpoint=endpoint, day__lte=until) if until else entries
    counts = _counts(request, meant) if meant is not None else {}
    possible = until is not None if by_day else 0 < counts["entries"] <= verbs.MOST_KEYS
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
        "probe": door.probe(request.user, endpoint),
        "archive": door.log_archives(request.user).seen(endpoint),
        "earlier": door.purges(request.user).for_page().filter(endpoint=endpoint)[:EARLIER],
        **counts,
    }
    if possible and entries is not None:
        context["named"], context["ids"] = list(entries[:SHOWN]), list(entries.values_list("pk", flat=True))
        purposes.record_shown(request, endpoint, context["named"])
    wrong = form.errors or (not possible and (asked or not by_day))
    return render(request, "content_logs/purge_request.html", context, status=422 if wrong else 200)


def _counts(request: HttpRequest, entries: LogEntryQuerySet) -> dict[str, Any]:
    """Files and bytes in Azure and here, as of the last refresh."""
    there, held = Q(gone_at=None), ~Q(stored_as="")
    files = (
        door.log_files(request.user)
        .filter(entry__in=entries.order_by().values("pk"))
        .aggregate(
            service_files=Count("pk", filter=there),
            service_bytes=Sum("size", filter=there, default=0),
            archive_files=Count("pk", filter=held),
            archive_bytes=Sum("size", filter=held, default=0),
        )
    )
    return {"entries": entries.count(), "files": files}


def _day(text: str, latest: date) -> date | None:
    day = parse_day(text)
    return day if day and day <= latest else None
