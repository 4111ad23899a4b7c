"""Deploy models: the table of endpoints. One address serves the page and the table alone."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from endpoints.pages import frame
from endpoints.pages.endpoint_list import filters, rows, selection
from endpoints.pages.endpoint_list.own import Own
from endpoints.pages.http import HttpRequest, may
from endpoints.pages.stamps.data import Stamp


@dataclass(frozen=True)
class Column:
    key: str
    label: str
    url: str
    direction: str
    shown: bool


@dataclass(frozen=True)
class Table:
    """The table as HTML; `first_visit`: there are no endpoints yet, and no other ones were asked for."""

    html: SafeString
    first_visit: bool


_tables = rows.Kept(100)


@require_safe
@may("view_endpoint")
def endpoints(request: HttpRequest) -> HttpResponse:
    own, stamp = Own.of(request.user.pk), frame.of(request).stamp
    if own.default and not request.GET and not request.htmx:
        return redirect(f"{reverse('endpoints:list')}?{own.default}")
    made = table(request, stamp, own)
    context: dict[str, Any] = {"section": "list", "table": made.html}
    fragment = request.htmx and not request.htmx.history_restore_request
    if fragment and "version" in request.GET:
        return render(request, "endpoint_list/_update.html", context)
    offered = filters.menus(request.GET, stamp)
    context |= {name: request.GET.get(name, "") for name in ("q", "sort")}
    context |= {"chips": tuple(filters.chips(request.GET, offered)), "project": offered.chosen("project")}
    if fragment:
        return render(request, "endpoint_list/_found.html", context)
    context |= {"offered": offered, "query": selection.state(request.GET), "first_visit": made.first_visit}
    context |= {"columns": selection.columns(own.columns), "views": own.views}
    return render(request, "endpoint_list/list.html", context)


def table(request: HttpRequest, stamp: Stamp, own: Own) -> Table:
    """The table that is asked for, made once for each version of the data and each way to see it."""
    asked = (selection.state(request.GET), request.GET.get("page", ""))
    may_deploy = request.user.has_perm("endpoints.deploy_model")
    key = (stamp.version, *asked, own.favourites, own.columns, may_deploy, *rows.reader())
    made: Table | None = _tables.get(key)
    if made is None:
        seen = _seen(request, stamp, own, rows.look(request.GET, own.favourites)) | {"may_deploy": may_deploy}
        made = _tables[key] = Table(render_to_string("endpoint_list/_table.html", seen), seen["first_visit"])
    return made


def _seen(request: HttpRequest, stamp: Stamp, own: Own, shown: rows.Shown) -> dict[str, Any]:
    filtered = any(request.GET.get(name) for name in selection.STATE if name != "sort")
    first_visit = not shown.html and not filtered
    return {
        "rows": shown.html,
        "columns": columns(request, own),
        "pages": shown.page.addresses(partial(_address, request)),
        "count_words": "" if first_visit else _count_words(shown.count),
        "live": shown.live or stamp.unread > 0,
        "poll_url": _address(request, page=request.GET.get("page"), version=stamp.version),
        "first_visit": first_visit,
        "q": request.GET.get("q", ""),
        "sort": request.GET.get("sort", ""),
        "query": selection.state(request.GET),
        "state": [(name, request.GET[name]) for name in selection.STATE if request.GET.get(name)],
    }


def columns(request: HttpRequest, own: Own) -> list[Column]:
    """The heads of the table; each leads to the same list in its order, and again to the reverse."""
    sort, by = request.GET.get("sort", ""), _address(request, sort="")
    found = []
    for key, label, shown in selection.columns(own.columns):
        direction = {key: "ascending", f"-{key}": "descending"}.get(sort, "")
        turned = f"-{key}" if direction == "ascending" else key
        found.append(Column(key, label, by + turned, direction, shown))
    return found


def _count_words(count: int) -> str:
    if count > selection.COUNTED:
        return _("More than %(count)s endpoints") % {"count": f"{selection.COUNTED:,}"}
    return ngettext("%(count)s endpoint", "%(count)s endpoints", count) % {"count": count}


def _address(request: HttpRequest, **changed: Any) -> str:
    """This list with some of its parameters changed."""
    return f"{reverse('endpoints:list')}?{selection.state(request.GET, **changed)}"
