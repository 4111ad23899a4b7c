"""Content logs of all endpoints: what the service deletes when, what is saved, and where saving is on."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from endpoints.access import door
from endpoints.access.caching import BoundedCache
from endpoints.access.door.overview_version import OverviewVersion
from endpoints.access.permissions import may
from endpoints.models.numbers import grouped
from endpoints.pages import frame
from endpoints.pages.content_logs import overview_rows
from endpoints.pages.content_logs.overview_rows import STATE, Deletion, Ranked
from endpoints.pages.endpoint_list import filters, selection
from endpoints.pages.endpoint_list.filters import Menu
from endpoints.pages.http import HttpRequest, filled, of_empty_page, with_address
from endpoints.pages.paging import LAST

PER_PAGE = 50
_ranked = BoundedCache(4)  # for 10,000 endpoints 3 MB


@require_safe
@may("read_logs")
def overview(request: HttpRequest) -> HttpResponse:
    here = address(request.GET, page=request.GET.get("page") or None)
    fragment = request.htmx and not request.htmx.history_restore_request
    context = _list_context(request)
    if answer := filled(request, empty=context["first_visit"]):
        return answer
    if fragment:
        return with_address(render(request, "content_logs/_overview_found.html", context), request, here)
    context |= {"section": "logs", "menus": _menus(request)}
    return render(request, "content_logs/overview.html", context)


def _list_context(request: HttpRequest) -> dict[str, Any]:
    """The version is read before what is shown, so that nothing that changes in between is missed."""
    version = OverviewVersion.now().version
    state = selection.state(request.GET, STATE)
    key = (version, door.scope(request.user, door.READ_LOGS), state)
    found = _ranked.get_or_make(key, lambda: overview_rows.ranked(request.user, request.GET))
    page = _page(found, request.GET.get("page", ""))
    filtered = any(request.GET.get(name) for name in STATE)
    first_visit, data = not found and not filtered, frame.of(request).data
    poll = address(request.GET, page=request.GET.get("page") or None, version=version)
    return {
        "rows": overview_rows.rows(request.user, page.object_list),
        "sums": _sums(found),
        "count_words": _count_words(len(found)) if found or filtered else "",
        "pages": _addresses(page, partial(address, request.GET)),
        "poll_url": of_empty_page(poll) if first_visit else poll,
        "asked": {name: request.GET.get(name, "") for name in STATE},
        "filtered": filtered,
        "state": state,
        "clear_url": request.path,
        "first_visit": first_visit,
        "resources": data.resources,
        "loading": data.unread > 0,
        "several_resources": data.resources > 1,
    }


def _sums(found: list[Ranked]) -> dict[str, Any]:
    unsaved = [one for one in found if one.unsaved]
    dated = [one.deleted_at for one in found if one.deleted_at]
    return {
        "unsaved": sum(one.unsaved for one in unsaved),
        "endpoints": len(unsaved),
        "next": min(dated, default=None),
        "dated": len(dated),
        "unknown": sum(one.deletion == Deletion.UNKNOWN for one in found),
    }


def _menus(request: HttpRequest) -> list[Menu]:
    """Locale, project and resource as in the list of endpoints; what is saved, and what is deleted soon."""
    names = ("locale", "project", "resource")
    known = filters.menus(request.user, request.GET, frame.of(request).data).menus
    saving = [("", _("On or off")), ("on", _("Saving on")), ("off", _("Saving off"))]
    deleted = [("", _("Any time")), ("7", _("Deleted within 7 days"))]
    return [
        *(menu for menu in known if menu.name in names),
        filters.menu(request.GET, "saving", _("Saving"), saving),
        filters.menu(request.GET, "deleted", _("Next deletion"), deleted),
    ]


def _page(found: list[Ranked], asked: str) -> Any:
    """The page that an address names by its number, or the last one."""
    paginator = Paginator(found, PER_PAGE)
    return paginator.get_page(paginator.num_pages if asked == LAST else asked)


def _addresses(page: Any, to: Callable[..., str]) -> dict[str, str]:
    """Of the pages around this one, empty where there is none."""
    back, on = page.has_previous(), page.has_next()
    return {
        "first": to() if back else "",
        "previous": to(page=page.number - 1) if back else "",
        "next": to(page=page.number + 1) if on else "",
        "last": to(page=LAST) if on else "",
    }


def address(query: QueryDict, **changed: Any) -> str:
    """This page with the words and filters of `query`, some of them changed; None removes."""
    here, state = reverse("endpoints:all-logs"), selection.state(query, STATE, **changed)
    return f"{here}?{state}" if state else here


def _count_words(count: int) -> str:
    return ngettext("%(count)s endpoint", "%(count)s endpoints", count) % {"count": grouped(count)}
