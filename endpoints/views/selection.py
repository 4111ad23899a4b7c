"""Which endpoints an address asks for, and in which order. A word that it does not know is passed over."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, Func, Q
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from endpoints.models import Endpoint, SpeechModel, Status
from endpoints.models.endpoint import EndpointQuerySet
from endpoints.models.search import matching
from endpoints.views.paging import Order

# What can be asked for besides words and an order; `page` is not part of a selection.
FILTERS = ("status", "locale", "expiring", "project", "resource", "logging", "model", "base")
STATE = ("q", *FILTERS, "sort")
NONE = "none"
COUNTED = 1000  # endpoints: more are not counted one by one
NEWEST_FIRST = Order(("created_at", "id"), descending=True)
WITHIN = {
    "expired": _("Expired"),
    "30": _("Within 30 days"),
    "90": _("Within 90 days"),
    "365": _("Within a year"),
}
EXPIRING = {"expired": None, "30": 30, "90": 90, "365": 365}

COLUMNS = {
    "name": (_("Name"), "name_key"),
    "description": (pgettext_lazy("column", "Description"), "description_key"),
    "model": (_("Model"), "model_key"),
    "locale": (pgettext_lazy("column", "Locale"), "locale"),
    "status": (_("Status"), "status"),
    "expiration": (_("Expiration"), "expires_key"),
    "logging": (pgettext_lazy("column", "Content logging"), "logging_enabled"),
    "created": (_("Created"), "created_at"),
    "changed": (_("Last change"), "changed_key"),
}


def found(query: QueryDict) -> EndpointQuerySet:
    """The endpoints that the words and filters of `query` select, in no order."""
    return _rows(query, by_index=True)[0]


def counted(query: QueryDict) -> tuple[EndpointQuerySet, int]:
    """The same, to be read a page at a time in the order of `query`, and how many they are, up to COUNTED and one more.

    Few are found by an index and sorted then; many are best read in their order until a page is full.
    """
    rows, many = _rows(query, by_index=True)
    if many and not any(query.get(name) for name in FILTERS):
        return rows, COUNTED + 1
    count = rows.order_by()[: COUNTED + 1].count()
    return (rows if count <= COUNTED else _rows(query, by_index=False)[0]), count


def _rows(query: QueryDict, *, by_index: bool) -> tuple[EndpointQuerySet, bool]:
    rows: Any = Endpoint.objects.present()
    many = False
    if words := _plain(query, "q").strip()[:200]:
        rows, many = matching(rows, words)
    if (status := query.get("status")) in Status.values:
        rows = rows.shown_as(status)
    newest_first = order(query) == NEWEST_FIRST
    for condition, in_order in _conditions(query):
        rows = rows.filter(condition if by_index or (in_order and newest_first) else Reading(condition))
    return rows, many


def _conditions(query: QueryDict) -> Iterator[tuple[Q, bool]]:
    """Each filter that is set, and whether its index gives the newest first."""
    if locale := _plain(query, "locale"):
        yield Q(locale=locale), True
    if (logging := query.get("logging")) in ("on", "off"):
        yield Q(logging_enabled=logging == "on"), True
    if query.get("project") == NONE:
        yield Q(project=None), True
    for name in ("project", "resource", "model"):
        if pk := uuid(query.get(name)):
            yield Q(**{name: pk}), name != "model"
    if base := uuid(query.get("base")):
        yield Q(model__in=SpeechModel.objects.filter(Q(pk=base) | Q(base_model=base)).values("pk")), False
    if (expiring := query.get("expiring", "")) in EXPIRING:
        yield Q(**_expiring(EXPIRING[expiring])), False


class Reading(Func):
    """A condition for which SQLite uses no index; PostgreSQL knows by itself when it should not."""

    template = "%(expressions)s"
    output_field = BooleanField()

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        return self.as_sql(compiler, connection, template="+(%(expressions)s)", **more)


def order(query: QueryDict) -> Order:
    """Newest first unless a column is asked for."""
    sort = query.get("sort", "")
    key = sort.removeprefix("-")
    if key not in COLUMNS or sort not in (key, f"-{key}"):
        return NEWEST_FIRST
    fields = dict.fromkeys((COLUMNS[key][1], "created_at", "id"))
    return Order(tuple(fields), descending=sort != key)


def state(query: QueryDict, **changed: Any) -> str:
    """The selection and order of `query` as a query string, with some of it changed; None takes away."""
    kept = QueryDict(mutable=True)
    for name in STATE:
        if value := query.get(name):
            kept[name] = value
    for name, value in changed.items():
        kept.pop(name, None)
        if value is not None:
            kept[name] = str(value)
    return kept.urlencode()


def uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text and len(text) == 36 else None
    except ValueError:
        return None


def _expiring(days: int | None) -> dict[str, Any]:
    now = timezone.now()
    if days is None:
        return {"expires_key__lte": now}
    return {"expires_key__gt": now, "expires_key__lte": now + timedelta(days=days)}


def _plain(query: QueryDict, name: str) -> str:
    return query.get(name, "").replace("\0", "")
