"""Alerts: what a person is alerted to, the newest first. The bell of each page leads here."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_POST, require_safe

from endpoints.access import door
from endpoints.access.permissions import may
from endpoints.alerts import choices
from endpoints.pages import frame
from endpoints.pages.directions import isolated
from endpoints.pages.http import HttpRequest
from endpoints.pages.paging import Order, page_of

SIZE = 50
NEWEST = Order(("changed_at", "id"), descending=True)


@require_safe
@may("view_endpoint")
def alerts(request: HttpRequest) -> HttpResponse:
    """All of them, or those that last; those that are not read yet are marked."""
    now = request.GET.get("show") == "now"
    rows = door.alert_news(request.user)
    rows = rows.lasting() if now else rows
    page = page_of(rows, NEWEST, request.GET.get("page", ""), SIZE)
    seen = door.preferences(request.user).values_list("alerts_seen_at", flat=True).first()
    since = seen or request.user.date_joined
    rows_as_seen = door.alerts_as_seen(request.user, page.rows)
    shown = [(row, isolated(*row.parts), row.changed_at > since) for row in rows_as_seen]
    context = {
        "section": "alerts",
        "alerts": shown,
        "only_now": now,
        "newest": shown[0][0].changed_at if shown and not page.previous else None,
        "pages": page.addresses(lambda **change: _address(request, **change)),
        "unread": frame.of(request).alerts,
    }
    return render(request, "alerts/alerts.html", context)


def _address(request: HttpRequest, **change: str) -> str:
    query = {"show": "now"} if request.GET.get("show") == "now" else {}
    return reverse("endpoints:alerts", query={**query, **change} or None)


@require_POST
@may("view_endpoint")
def read(request: HttpRequest) -> HttpResponse:
    """Mark as read what the page has shown; what has come since then stays new."""
    try:
        until = parse_datetime(request.POST.get("until", ""))
    except ValueError:
        until = None
    if until is not None and until.tzinfo is not None:
        choices.mark_read(request.user, until)
    return redirect("endpoints:alerts")
