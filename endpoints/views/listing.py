"""Deploy models: the table of endpoints. One address serves the page and the table alone."""

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.db.models import F, Max
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from endpoints.models import Change, Endpoint, Project, Resource, Status
from endpoints.views.access import HttpRequest, may

PER_PAGE = 50
NEWEST_FIRST = ("-created_at", "-pk")
COLUMNS = {
    "name": (gettext_lazy("Name"), "display_name"),
    "description": (gettext_lazy("Description"), "description"),
    "model": (gettext_lazy("Model"), "model__display_name"),
    "locale": (gettext_lazy("Locale"), "locale"),
    "status": (gettext_lazy("Status"), "status"),
    "expiration": (gettext_lazy("Expiration"), "model__expires_at"),
    "logging": (gettext_lazy("Content logging"), "logging_enabled"),
    "created": (gettext_lazy("Created"), "created_at"),
    "changed": (gettext_lazy("Last change"), "last_action_at"),
}


@dataclass(frozen=True)
class Column:
    key: str
    label: str
    url: str
    direction: str


@require_safe
@may("view_endpoint")
def endpoints(request: HttpRequest) -> HttpResponse:
    waiting = Resource.objects.filter(mirrored_at=None).exists()
    version = f"{_version()}{'-waiting' * waiting}"
    if request.htmx and request.GET.get("version") == version:
        return HttpResponse(status=204)
    found = _found(request)
    paginator = Paginator(found, PER_PAGE)
    page = paginator.get_page(request.GET.get("page"))
    rows = list(page.object_list)
    context = {
        "section": "list",
        "endpoints": rows,
        "columns": _columns(request),
        "page_obj": page,
        "previous_url": _address(request, page=page.previous_page_number()) if page.has_previous() else "",
        "next_url": _address(request, page=page.next_page_number()) if page.has_next() else "",
        "count_words": ngettext("%(count)s endpoint", "%(count)s endpoints", paginator.count)
        % {"count": paginator.count},
        "live": any(not row.settled for row in rows) or waiting,
        "poll_url": _address(request, version=version),
        "first_visit": not rows and not Endpoint.objects.present().exists(),
        "q": request.GET.get("q", ""),
        "sort": request.GET.get("sort", ""),
    }
    if request.htmx and not request.htmx.history_restore_request:
        return render(request, "endpoints/_table.html", context)
    return render(request, "endpoints/list.html", {**context, "filters": _filters(request)})


def _found(request: HttpRequest) -> Any:
    """The endpoints that the address asks for, in its order; a word it does not know is passed over."""
    rows = Endpoint.objects.present().for_list()
    if words := request.GET.get("q", "").replace("\0", "").strip()[:200]:
        rows = rows.search(words)
    if (status := request.GET.get("status")) in Status.values:
        rows = rows.shown_as(status)
    if locale := request.GET.get("locale", "").replace("\0", ""):
        rows = rows.filter(locale=locale)
    for name, of in (("project", Project), ("resource", Resource)):
        if chosen := request.GET.get(name):
            rows = rows.filter(**{f"{name}__in": of.objects.filter(pk__in=_uuids(chosen))})
    sort = request.GET.get("sort", "")
    key = sort.removeprefix("-")
    if key not in COLUMNS:
        return rows.order_by(*NEWEST_FIRST)
    field = F(COLUMNS[key][1])
    order = field.desc(nulls_last=True) if sort != key else field.asc(nulls_last=True)
    return rows.order_by(order, *NEWEST_FIRST)


def _columns(request: HttpRequest) -> list[Column]:
    """The heads of the table; each leads to the same list in its order, and again to the reverse."""
    sort = request.GET.get("sort", "")
    columns = []
    for key, (label, _field) in COLUMNS.items():
        direction = {key: "ascending", f"-{key}": "descending"}.get(sort, "")
        turned = f"-{key}" if direction == "ascending" else key
        columns.append(Column(key, str(label), _address(request, sort=turned, page=None), direction))
    return columns


def _filters(request: HttpRequest) -> dict[str, list[dict[str, Any]]]:
    locales = Endpoint.objects.present().order_by("locale").values_list("locale", flat=True).distinct()
    choices: dict[str, list[tuple[str, Any]]] = {
        "status": [("", _("Any status")), *Status.choices],
        "locale": [("", _("Any locale")), *((locale, locale) for locale in locales)],
        "project": [
            ("", _("All projects")),
            *((str(project.pk), project.display_name) for project in Project.objects.present()),
        ],
    }
    return {
        name: [
            {"value": value, "label": label, "selected": value == request.GET.get(name, "")} for value, label in options
        ]
        for name, options in choices.items()
    }


def _address(request: HttpRequest, **changed: Any) -> str:
    """This list with some of its parameters changed; None takes one away."""
    query = request.GET.copy()
    query.pop("version", None)
    for name, value in changed.items():
        query.pop(name, None)
        if value is not None:
            query[name] = str(value)
    return f"{request.path}?{query.urlencode()}" if query else request.path


def _version() -> str:
    """Changes whenever a row of the table may have changed."""
    stamps = [rows.objects.aggregate(at=Max("updated_at"))["at"] for rows in (Endpoint, Change)]
    return "-".join(f"{stamp.timestamp():.6f}" if stamp else "0" for stamp in stamps)


def _uuids(text: str) -> list[str]:
    return [text] if len(text) == 36 and all(c in "0123456789abcdefABCDEF-" for c in text) else []
