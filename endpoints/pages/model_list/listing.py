"""Models: the table, the chart of the coming year above it, and the calendar of expirations."""

from datetime import date, timedelta
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Page, Paginator
from django.db.models import F
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.decorators.http import require_safe

from endpoints.access import door
from endpoints.access.permissions import Person, may
from endpoints.messages import calendar
from endpoints.models import Preferences, site
from endpoints.models.endpoint import EndpointQuerySet
from endpoints.models.model import ModelKind, SpeechModelQuerySet
from endpoints.models.numbers import grouped
from endpoints.models.query_values import parse_day
from endpoints.pages import frame, time_zones
from endpoints.pages.endpoint_list import filters
from endpoints.pages.endpoint_list.selection import WITHIN
from endpoints.pages.http import HttpRequest, filled, of_empty_page
from endpoints.pages.model_list import year

PER_PAGE = 50
SHOWN_ENDPOINTS = 1
COLUMNS = {
    "name": (gettext_lazy("Name"), "display_name"),
    "kind": (gettext_lazy("Kind"), "kind"),
    "locale": (pgettext_lazy("column", "Locale"), "locale"),
    "status": (gettext_lazy("Status"), "status"),
    "expiration": (gettext_lazy("Expiration"), "expires_at"),
    "adaptation": (gettext_lazy("Expiration for adaptation"), "adaptation_expires_at"),
    "created": (gettext_lazy("Created"), "created_at"),
    "deployed": (gettext_lazy("Deployed to"), "endpoint_count"),
}
SHORT = {"adaptation": gettext_lazy("Adaptation")}  # what a head says where its label is too long
BELOW_NAME = ("kind",)  # sorted by in the address only
FIRST = "expiration"


class ModelPaginator(Paginator):  # type: ignore[type-arg]  # Django's is not generic at run time
    """Reads the rows of a page also when there are none, so that each page makes as many queries."""

    def __init__(self, person: Person, rows: SpeechModelQuerySet) -> None:
        super().__init__(rows, PER_PAGE)
        self.person = person

    def page(self, number: Any) -> Any:
        number = self.validate_number(number)
        first = (number - 1) * self.per_page
        shown: Any = self.object_list[first : first + self.per_page]
        return Page(
            shown.select_related("resource").with_endpoints(door.endpoints(self.person), SHOWN_ENDPOINTS), number, self
        )


@require_safe
@may("view_endpoint")
def models(request: HttpRequest) -> HttpResponse:
    request.GET = QueryDict(_with(request.GET, version=None, empty=None))  # of which the links of the page are made
    asked = {name: request.GET.get(name, "").replace("\0", "").strip()[:200] for name in request.GET}
    found = _found(request.user, asked)
    rows = _expiring(found, asked).with_endpoint_count(door.endpoints(request.user))
    paginator = ModelPaginator(request.user, _sorted(rows, asked.get("sort", "")))
    context = {
        "section": "models",
        "page_obj": paginator.get_page(asked.get("page")),
        "columns": _columns(asked.get("sort", "")),
        "count_words": ngettext("%(count)s model", "%(count)s models", paginator.count)
        % {"count": grouped(paginator.count)},
        "filtered": any(asked.get(name) for name in ("q", "locale", "kind", "expiring", "deployed", "week")),
        "asked": asked,
        "week": _week(asked),
        "year": _chart(request.user, found),
    }
    empty = not context["filtered"] and not paginator.count
    context |= _first_visit(request, empty=empty)
    if answer := filled(request, empty=empty):
        return answer
    if request.htmx and not request.htmx.history_restore_request:
        return render(request, "model_list/_update.html", context)
    return render(
        request, "model_list/list.html", {**context, "menus": _menus(request.user, asked), **_calendar(request)}
    )


def _first_visit(request: HttpRequest, *, empty: bool) -> dict[str, Any]:
    """How the page polls; when it has nothing to show, also why."""
    data = frame.of(request).data
    poll = f"{request.path}?{_with(request.GET, version=data.version)}"
    return {
        "first_visit": empty,
        "poll_url": of_empty_page(poll) if empty else poll,
        "resources": data.resources,
        "loading": data.unread > 0,
    }


def _with(query: QueryDict, **changed: str | None) -> str:
    """The query string with some parameters set, or left out where the value is None."""
    found = query.copy()
    for name, value in changed.items():
        found.pop(name, None)
        if value is not None:
            found[name] = value
    return found.urlencode()


@require_safe
@login_not_required
def expirations(request: HttpRequest) -> HttpResponse:
    """For calendar programs, which have no session: the token in the address names the person."""
    user = calendar.user_of(request.GET.get("token", ""))
    if user is None:
        raise Http404
    chosen = door.preferences(user).first() or Preferences()
    language = chosen.language or translation.get_language()
    with timezone.override(time_zones.named(chosen.time_zone)), translation.override(language):
        entries = [
            calendar.entry_of(model, timezone.localdate(model.expires_at), site.address(_page_of(model), request))
            for model in calendar.expiring_models(user, unused_too=request.GET.get("all") == "1")
        ]
        file = calendar.calendar(entries, name=_("Expirations of speech models"), made=timezone.now())
    headers = {"Content-Disposition": 'attachment; filename="expirations.ics"', "Cache-Control": "no-store, private"}
    return HttpResponse(file, content_type="text/calendar; charset=utf-8", headers=headers)


def _found(person: Person, asked: dict[str, str]) -> SpeechModelQuerySet:
    """The models that the address asks for, whenever they expire; an unknown value sets no filter."""
    rows = door.models(person).present()
    if words := asked.get("q"):
        rows = rows.search(words)
    if locale := asked.get("locale"):
        rows = rows.filter(locale=locale)
    if (kind := asked.get("kind")) in ModelKind.values:
        rows = rows.filter(kind=kind)
    return rows.deployed(door.endpoints(person)) if asked.get("deployed") else rows


def selected(person: Person, asked: dict[str, str]) -> SpeechModelQuerySet:
    """The models that the address asks for, in no order."""
    return _expiring(_found(person, asked), asked)


def _expiring(rows: SpeechModelQuerySet, asked: dict[str, str]) -> SpeechModelQuerySet:
    if first := _week(asked):
        rows = rows.expiring_from(first, days=7)
    within = asked.get("expiring")
    if within == "expired":
        return rows.expired()
    return rows.expiring_within(int(within)) if within in WITHIN else rows


def _week(asked: dict[str, str]) -> date | None:
    first = parse_day(asked.get("week"))
    return first if first and 1900 < first.year < 9999 else None


def _sorted(rows: SpeechModelQuerySet, sort: str) -> SpeechModelQuerySet:
    key = sort.removeprefix("-")
    if key not in COLUMNS:
        sort = key = FIRST
    field = F(COLUMNS[key][1])
    order = field.desc(nulls_last=True) if sort != key else field.asc(nulls_last=True)
    return rows.order_by(order, "display_name", "pk")


def _columns(sort: str) -> list[dict[str, Any]]:
    """The column heads, each with the order that it sorts by: its own, and the second time the reverse."""
    if sort.removeprefix("-") not in COLUMNS:
        sort = FIRST
    return [
        {
            "key": key,
            "label": label,
            "short": SHORT.get(key, label),
            "direction": {key: "ascending", f"-{key}": "descending"}.get(sort, ""),
            "sort": f"-{key}" if sort == key else key,
        }
        for key, (label, _field) in COLUMNS.items()
        if key not in BELOW_NAME
    ]


def _menus(person: Person, asked: dict[str, str]) -> list[filters.Menu]:
    locales = door.models(person).present().order_by("locale").values_list("locale", flat=True).distinct()
    return [
        filters.menu(asked, "locale", _("Locale"), [("", _("Any locale")), *((name, name) for name in locales)]),
        filters.menu(asked, "kind", _("Kind"), [("", _("Any kind")), *ModelKind.choices]),
        filters.menu(asked, "expiring", _("Expiring"), [("", _("Any time")), *WITHIN.items()]),
    ]


def _chart(person: Person, rows: SpeechModelQuerySet) -> dict[str, Any] | None:
    """The coming year, by as many queries however many models there are; None when nothing expires in it."""
    today, endpoints = timezone.localdate(), door.endpoints(person)
    coming = rows.expiring().expiring_from(today, days=7 * year.WEEKS)
    over = rows.expired()
    expired = (over.count(), over.deployed(endpoints).count())
    weeks = year.expiration_weeks(coming.expirations_by_day(endpoints), today, expired=expired)
    # Read also when there is none, so that each page makes as many queries.
    firsts = [week.first for week in weeks if week.has_marks and week.first] or [today]
    marked: dict[date | None, list[tuple[object, bool]]] = {}
    for model in _in_order(coming.expiring_from(*firsts, days=7), endpoints):
        first = today + timedelta(weeks=(timezone.localdate(model.expires_at) - today).days // 7)
        marked.setdefault(first, []).append((model, bool(model.endpoint_count)))
    marked[None] = [(model, bool(model.endpoint_count)) for model in _in_order(over, endpoints)[: year.MOST]]
    return {"weeks": weeks, "chart": year.year_chart(weeks, marked, today)} if weeks else None


def _in_order(rows: SpeechModelQuerySet, endpoints: EndpointQuerySet) -> SpeechModelQuerySet:
    return rows.with_endpoint_count(endpoints).order_by("expires_at", "display_name", "pk")


def _page_of(model: Any) -> str:
    """The page on which something can be done about its expiration."""
    if model.endpoint_count == 1:
        return str(model.first_endpoints[0].get_absolute_url())
    return f"{reverse('endpoints:models')}?q={model.remote_id}"


def _calendar(request: HttpRequest) -> dict[str, str]:
    """The private address of the calendar, for programs and for people."""
    url = site.address(f"{reverse('endpoints:calendar')}?token={calendar.token_of(request.user)}", request)
    return {"calendar_url": url, "calendar_webcal": f"webcal:{url.partition(':')[2]}"}
