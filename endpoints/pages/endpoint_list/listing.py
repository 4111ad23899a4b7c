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

from endpoints.access.caching import BoundedCache
from endpoints.access.door.list_settings import ListSettings
from endpoints.access.door.versions import DataVersion
from endpoints.access.permissions import allows, may
from endpoints.models.numbers import grouped
from endpoints.pages import frame
from endpoints.pages.endpoint_list import filters, rows, selection
from endpoints.pages.http import HttpRequest, filled, of_empty_page


@dataclass(frozen=True)
class Column:
    """`url` sorts by it. `short`: what the head says."""

    key: str
    label: str
    short: str
    url: str
    direction: str


@dataclass(frozen=True)
class RenderedTable:
    """`first_visit`: there are no endpoints yet, and no filter is set."""

    html: SafeString
    count: str
    all_words: str
    first_visit: bool


_tables = BoundedCache(100)


@require_safe
@may("view_endpoint")
def endpoints(request: HttpRequest) -> HttpResponse:
    settings, data = ListSettings.of(request.user), frame.of(request).data
    if settings.default and not request.GET and not request.htmx:
        return redirect(f"{reverse('endpoints:list')}?{settings.default}")
    made = table(request, data, settings)
    if answer := filled(request, empty=made.first_visit):
        return answer
    context: dict[str, Any] = {"section": "list", "table": made.html, "count_words": made.count}
    context["all_words"] = made.all_words
    fragment = request.htmx and not request.htmx.history_restore_request
    if fragment and "version" in request.GET:
        return render(request, "endpoint_list/_update.html", context)
    menus = filters.menus(request.user, request.GET, data)
    context |= {name: request.GET.get(name, "") for name in ("q", "sort")}
    context["orders"] = _orders()
    context["filtered"] = any(request.GET.get(name) for name in selection.FILTERS)
    context |= {"chips": tuple(filters.chips(request.user, request.GET, menus)), "project": menus.chosen("project")}
    if fragment:
        answer = render(request, "endpoint_list/_found.html", context)
        if settings.default and not request.GET:
            answer["HX-Push-Url"] = f"{reverse('endpoints:list')}?{selection.EVERYTHING}"
        return answer
    context |= {"filters": menus, "query": selection.state(request.GET), "first_visit": made.first_visit}
    context |= {"columns": selection.columns(settings.columns), "views": settings.views}
    return render(request, "endpoint_list/list.html", context)


endpoints.everything = selection.EVERYTHING  # for CleanAddresses


def table(request: HttpRequest, data: DataVersion, settings: ListSettings) -> RenderedTable:
    """The table that is asked for, rendered once for each version of the data and each way to see it."""
    asked = (selection.state(request.GET), request.GET.get("page", ""))
    may_deploy, may_add = allows(request.user, "deploy_model"), allows(request.user, "add_resource")
    key = (data.version, *asked, settings.favorites, settings.columns, may_deploy, may_add, *rows.variant(request.user))
    made: RenderedTable | None = _tables.get(key)
    if made is None:
        shown = selection.shown(settings.columns, data.resources, data.probe_count)
        page = rows.rendered_page(request.user, request.GET, settings.favorites, shown)
        context = _table_context(request, data, settings, page) | {"may_deploy": may_deploy, "may_add": may_add}
        html = render_to_string("endpoint_list/_table.html", context)
        count = "" if context["first_visit"] else _count_words(page.count)
        made = _tables[key] = RenderedTable(html, count, context["all_words"], context["first_visit"])
    return made


def _table_context(
    request: HttpRequest, data: DataVersion, settings: ListSettings, shown: rows.RenderedPage
) -> dict[str, Any]:
    filtered = any(request.GET.get(name) for name in selection.STATE if name != "sort")
    first_visit = not shown.html and not filtered
    keys = selection.shown(settings.columns, data.resources, data.probe_count)
    poll = _address(request, page=request.GET.get("page"), version=data.version)
    return {
        "rows": shown.html,
        "all_words": _all_words(shown.count),
        "columns": [column for column in columns(request) if column.key in keys],
        "hidden": [key for key in selection.COLUMNS if key not in keys],
        "pages": shown.page.addresses(partial(_address, request)),
        "live": shown.live or data.unread > 0,
        "poll_url": of_empty_page(poll) if first_visit else poll,
        "first_visit": first_visit,
        "resources": data.resources,
        "loading": data.unread > 0,
        "q": request.GET.get("q", ""),
        "sort": request.GET.get("sort", ""),
        "query": selection.state(request.GET),
        "state": [(name, request.GET[name]) for name in selection.STATE if request.GET.get(name)],
    }


def columns(request: HttpRequest) -> list[Column]:
    """The column heads; each sorts the list by its column, and the second time in reverse."""
    sort, by = request.GET.get("sort", ""), _address(request, sort="")
    found = []
    for key, label, _shown in selection.columns(()):
        if key in selection.SECOND_LINES:
            continue
        direction = {key: "ascending", f"-{key}": "descending"}.get(sort, "")
        next_sort = f"-{key}" if direction == "ascending" else key
        short = str(selection.SHORT.get(key, label))
        found.append(Column(key, label, short, by + next_sort, direction))
    return found


def _orders() -> list[tuple[str, str]]:
    """Also by what has no column head."""
    labels = [(key, label) for key, label, _shown in selection.columns(())]
    descending = _("%(column)s, descending")
    return [order for key, label in labels for order in ((key, label), (f"-{key}", descending % {"column": label}))]


def _count_words(count: int) -> str:
    if count > selection.COUNTED:
        return _("More than %(count)s endpoints") % {"count": grouped(selection.COUNTED)}
    return ngettext("%(count)s endpoint", "%(count)s endpoints", count) % {"count": grouped(count)}


def _all_words(count: int) -> str:
    """The choice of all that match, not only those of this page."""
    if count > selection.COUNTED:
        return _("All that match, more than %(count)s") % {"count": grouped(selection.COUNTED)}
    return _("All %(count)s that match") % {"count": grouped(count)}


def _address(request: HttpRequest, **changed: Any) -> str:
    """This list with some of its parameters changed."""
    return f"{reverse('endpoints:list')}?{selection.state(request.GET, **changed)}"
