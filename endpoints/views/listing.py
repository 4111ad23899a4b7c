"""Deploy models: the table of endpoints. One address serves the page and the table alone."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from endpoints import shell
from endpoints.models import Favourite, Preferences, SavedView
from endpoints.views import filters, rows, selection
from endpoints.views.access import HttpRequest, may
from endpoints.views.paging import LAST, Page


@dataclass(frozen=True)
class Column:
    key: str
    label: str
    url: str
    direction: str
    shown: bool


@require_safe
@may("view_endpoint")
def endpoints(request: HttpRequest) -> HttpResponse:
    preferences = Preferences.objects.select_related("default_view").filter(user=request.user).first()
    if not request.GET and not request.htmx and preferences and preferences.default_view:
        return redirect(preferences.default_view)
    context = table(request, preferences)
    fragment = request.htmx and not request.htmx.history_restore_request
    if fragment and "version" in request.GET:
        return render(request, "endpoints/_news.html", context)
    offered = filters.menus(request.GET, shell.of(request).stamp)
    context["chips"] = filters.chips(request.GET, offered)
    if fragment:
        return render(request, "endpoints/_found.html", context)
    context["project"] = next((menu.chosen for menu in offered if menu.name == "project"), None)
    context["menus_version"] = filters.version(offered)
    context |= {"menus": offered, "views": list(SavedView.objects.visible_to(request.user))}
    context["query"] = selection.state(request.GET)
    return render(request, "endpoints/list.html", context)


def table(request: HttpRequest, preferences: Preferences | None) -> dict[str, Any]:
    """What the table shows; favourites that are selected too come first, on the first page."""
    stamp = shell.of(request).stamp
    favourites = frozenset(Favourite.objects.filter(user=request.user).values_list("endpoint_id", flat=True))
    shown = rows.shown(request.GET, favourites, stamp.version)
    filtered = any(request.GET.get(name) for name in selection.STATE if name != "sort")
    first_visit = not shown.html and not filtered
    return {
        "section": "list",
        "rows": shown.html,
        "columns": columns(request, preferences),
        "pages": _addresses(request, shown.page),
        "count_words": "" if first_visit else _count_words(shown.count),
        "live": shown.live or stamp.unread > 0,
        "poll_url": _address(request, page=request.GET.get("page"), version=stamp.version),
        "first_visit": first_visit,
        "q": request.GET.get("q", ""),
        "sort": request.GET.get("sort", ""),
        "state": [(name, request.GET[name]) for name in selection.STATE if request.GET.get(name)],
    }


def columns(request: HttpRequest, preferences: Preferences | None) -> list[Column]:
    """The heads of the table; each leads to the same list in its order, and again to the reverse."""
    sort = request.GET.get("sort", "")
    chosen = preferences.columns if preferences else []
    found = []
    for key, (label, _field) in selection.COLUMNS.items():
        direction = {key: "ascending", f"-{key}": "descending"}.get(sort, "")
        turned = f"-{key}" if direction == "ascending" else key
        shown = key == "name" or not chosen or key in chosen
        found.append(Column(key, str(label), _address(request, sort=turned), direction, shown))
    return found


def _count_words(count: int) -> str:
    if count > selection.COUNTED:
        return _("More than %(count)s endpoints") % {"count": f"{selection.COUNTED:,}"}
    return ngettext("%(count)s endpoint", "%(count)s endpoints", count) % {"count": count}


def _addresses(request: HttpRequest, page: Page) -> dict[str, str]:
    """The pages around this one."""
    return {
        "first": _address(request) if page.previous else "",
        "previous": _address(request, page=page.previous) if page.previous else "",
        "next": _address(request, page=page.next) if page.next else "",
        "last": _address(request, page=LAST) if page.next else "",
    }


def _address(request: HttpRequest, **changed: Any) -> str:
    """This list with some of its parameters changed."""
    return f"{reverse('endpoints:list')}?{selection.state(request.GET, **changed)}"
