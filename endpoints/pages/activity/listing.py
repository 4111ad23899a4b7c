"""Activity: who did what. One address serves the page, its list alone, the next page of it, and what is new."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe
from django_htmx.http import push_url

from endpoints.access import door
from endpoints.access.door.activity_version import ActivityVersion
from endpoints.access.permissions import may, may_manage_people
from endpoints.pages.activity import filters, lines, selection
from endpoints.pages.endpoint_list.selection import COUNTED
from endpoints.pages.http import HttpRequest
from endpoints.pages.paging import key_of, page_of

SIZE = 50  # lines
MOST_NEW = 99
MOST_OPEN = 100  # results that an open page asks for again


@require_safe
@may("view_endpoint")
def activity(request: HttpRequest) -> HttpResponse:
    fragment = request.htmx and not request.htmx.history_restore_request
    if fragment and "version" in request.GET:
        return _news(request)
    context = _page(request)
    if fragment and request.htmx.target == "older":
        return render(request, "activity/_days.html", context)
    menus = filters.menus(request.user, request.GET)
    context |= {"menus": menus, "chips": filters.chips(request.user, request.GET, menus)}
    context |= {name: request.GET.get(name, "") for name in ("q", "from", "to")}
    if fragment:
        return push_url(render(request, "activity/_found.html", context), filters.address(request.GET))
    return render(request, "activity/activity.html", {**context, "section": "activity"})


def _page(request: HttpRequest) -> dict[str, Any]:
    now = ActivityVersion.now(people=may_manage_people(request.user))  # read before the events, so that none is missed
    rows, asked = selection.lines(request.user, request.GET), request.GET.get("page", "")
    page = page_of(rows, selection.NEWEST_FIRST, asked, SIZE)
    shown = lines.of_events(request.user, page.rows)
    key = key_of(asked, selection.NEWEST_FIRST, rows.model) if request.htmx.target == "older" else None
    filtered = any(request.GET.get(name) for name in selection.STATE)
    return {
        "days": lines.days(shown, timezone.localdate(key[0]) if key else None),
        "zone": timezone.localtime().tzname(),
        "older_url": filters.address(request.GET, page=page.next) if page.next else "",
        "first": page.first,
        "filtered": filtered,
        "first_visit": not shown and not filtered,
        "count_words": "" if asked else _count_words(rows.order_by()[: COUNTED + 1].count()),
        "newest_url": filters.address(request.GET),
        "export_state": selection.state(request.GET),
        "clear_url": reverse("endpoints:activity"),
        "verified_until": now.verified_until,
        "damaged": now.damaged,
        **_poll(request, now, now.newest),
    }


def _news(request: HttpRequest) -> HttpResponse:
    """How many events are new since the page was made, and the results on it that were not final then."""
    now, since = ActivityVersion.now(people=may_manage_people(request.user)), _number(request.GET.get("since"))
    new = selection.lines(request.user, request.GET).filter(pk__gt=since).order_by()[: MOST_NEW + 1].count()
    asked = [pk for text in request.GET.getlist("open")[:MOST_OPEN] if (pk := _number(text))]
    context = {
        "new": _new_words(new),
        "lines": lines.of_events(request.user, door.events(request.user).filter(pk__in=asked)),
        "newest_url": filters.address(request.GET),
        **_poll(request, now, since),
    }
    return render(request, "activity/_news.html", context)


def _new_words(count: int) -> str:
    if count > MOST_NEW:
        return _("More than %(count)s new") % {"count": MOST_NEW}
    return ngettext("%(count)s new", "%(count)s new", count) % {"count": count} if count else ""


def _poll(request: HttpRequest, now: ActivityVersion, since: int) -> dict[str, str]:
    return {"poll_url": filters.address(request.GET, since=since, version=now.version)}


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 19 else 0


def _count_words(count: int) -> str:
    if count > COUNTED:
        return _("More than %(count)s events") % {"count": number_format(COUNTED, force_grouping=True)}
    words = ngettext("%(count)s event", "%(count)s events", count)
    return words % {"count": number_format(count, force_grouping=True)}
