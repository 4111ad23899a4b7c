"""Which endpoints an address asks for, and in which order. An unknown value sets no filter."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from functools import lru_cache
from typing import Any

from django.db.models import BooleanField, Func, Q
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from endpoints.access import door
from endpoints.access.door.versions import DataVersion
from endpoints.access.permissions import Person
from endpoints.models.endpoint import EndpointQuerySet
from endpoints.models.search import ENDPOINTS, uuid_in
from endpoints.pages.endpoint_list import statuses, verdicts
from endpoints.pages.paging import Order

# What can be asked for besides words and an order; `page` is not part of a selection.
FILTERS = ("status", "locale", "expiring", "project", "resource", "logging", "model", "base", "owner", "who", "quality")
STATE = ("q", *FILTERS, "sort")
NONE = "none"
EVERYTHING = "view=all"  # the address without a query leads to the default view of a person
IN_AZURE = "/azure"  # in the place of an owner; no name of a person has a slash
COUNTED = 1000  # endpoints: more are not counted one by one
NEWEST_FIRST = Order(("created_at", "id"), descending=True)
WITHIN = {
    "expired": _("Expired"),
    "30": _("Within 30 days"),
    "90": _("Within 90 days"),
    "365": _("Within a year"),
}

# The field that the list is sorted by.
COLUMNS = {
    "name": (_("Name"), "name_key"),
    "description": (pgettext_lazy("column", "Description"), "description_key"),
    "status": (_("Status"), "status"),
    "model": (_("Model"), "model_key"),
    "locale": (pgettext_lazy("column", "Locale"), "locale"),
    "expiration": (_("Expiration"), "expires_key"),
    "logging": (pgettext_lazy("column", "Content logging"), "logging_enabled"),
    "who": (_("Who answers"), "probe__verdict"),
    "quality": (pgettext_lazy("column", "Quality"), "quality__verdict"),
    "resource": (pgettext_lazy("column", "Resource"), "resource__name"),
    "region": (pgettext_lazy("column", "Region"), "resource__region"),
    "owner": (pgettext_lazy("column", "Owner"), "owner"),
    "model-id": (_("Model ID"), "model__remote_id"),
    "created": (_("Created"), "created_at"),
    "changed": (_("Last change"), "changed_key"),
}
SHORT = {"logging": _("Logging")}  # what a head says where its label is too long
SECOND_LINES = ("description", "locale", "region")  # they stand in the cells of the name, the model and the resource
OF_MANY = ("resource", "region")  # with one Speech resource, they would say the same in each row
SHOWN = tuple(key for key in COLUMNS if key not in ("model-id", "created"))


def columns(chosen: tuple[str, ...]) -> tuple[tuple[str, str, bool], ...]:
    """Key, label, and whether it is shown, of each column; those of SHOWN are when none is chosen."""
    return _columns(chosen or SHOWN, get_language())


@lru_cache(maxsize=100)
def _columns(chosen: tuple[str, ...], _language: str | None) -> tuple[tuple[str, str, bool], ...]:
    every = COLUMNS.items()
    return tuple((key, str(label), key == "name" or key in chosen) for key, (label, _field) in every)


def shown(chosen: tuple[str, ...], data: DataVersion) -> tuple[str, ...]:
    """The keys of the columns that a list has, without those that would say nothing in this installation."""
    empty = {*(OF_MANY if data.resources < 2 else ()), *(() if data.probe_count else ("who",))}
    empty |= set() if data.judged else {"quality"}
    return tuple(key for key, _label, shown in columns(chosen) if shown and key not in empty)


def found(person: Person, query: QueryDict, permission: str = door.VIEW) -> EndpointQuerySet:
    """The endpoints that the words and filters of `query` select, in no order."""
    rows, _many = _matching(person, permission, query)
    return rows.filter(*(condition for condition, _in_order in _conditions(person, query)))


def selected(person: Person, query: QueryDict, permission: str = door.VIEW) -> EndpointQuerySet:
    """What was ticked on the list; with `all`, everything that its words and filters select."""
    if query.get("all"):
        return found(person, query, permission)
    rows = door.endpoints(person, permission)
    return rows.filter(pk__in=[pk for text in query.getlist("endpoint") if (pk := uuid_in(text))])


def counted(person: Person, query: QueryDict) -> tuple[EndpointQuerySet, int]:
    """What is found, to be read a page at a time in the order of `query`; how many, up to COUNTED and one more.

    Few are found by an index and sorted then; many are best read in their order until a page is full.
    """
    rows, many = _matching(person, door.VIEW, query)
    conditions = list(_conditions(person, query))
    by_index = rows.filter(*(condition for condition, _in_order in conditions))
    if many and not any(query.get(name) for name in FILTERS):
        return by_index, COUNTED + 1
    count = by_index.order_by()[: COUNTED + 1].count()
    if count <= COUNTED:
        return by_index, count
    newest_first = order(query) == NEWEST_FIRST
    without_index = (one if in_order and newest_first else WithoutIndex(one) for one, in_order in conditions)
    return rows.filter(*without_index), count


def _matching(person: Person, permission: str, query: QueryDict) -> tuple[EndpointQuerySet, bool]:
    """By words and status, which take a query of their own; whether many have the words."""
    rows: Any = door.endpoints(person, permission).present()
    many = False
    if words := _plain(query, "q").strip()[:200]:
        if pk := uuid_in(words, typed=True):
            rows = rows.filter(Q(pk=pk) | Q(remote_id=str(pk)))
        else:
            rows, many = ENDPOINTS.matching(rows, words)
    if (word := query.get("status", "")) in statuses.WORDS:
        rows = rows.filter(statuses.says(person, word))
    return rows, many


def _conditions(person: Person, query: QueryDict) -> Iterator[tuple[Q, bool]]:
    """Each filter that is set, and whether its index gives the newest first."""
    if locale := _plain(query, "locale"):
        yield Q(locale=locale), True
    if (logging := query.get("logging")) in ("on", "off"):
        yield Q(logging_enabled=logging == "on"), True
    if query.get("project") == NONE:
        yield Q(project=None), True
    if owner := _plain(query, "owner"):
        yield Q(owner="" if owner == IN_AZURE else owner), True
    if (who := query.get("who", "")) in verdicts.FILTER:
        yield (Q(probe=None) if who == verdicts.NONE else Q(probe__verdict=who)), False
    if (quality := query.get("quality", "")) in verdicts.QUALITY:
        yield verdicts.of_quality(quality), False
    for name in ("project", "resource", "model"):
        if pk := uuid_in(query.get(name)):
            yield Q(**{name: pk}), name != "model"
    if base := uuid_in(query.get("base")):
        made_of_it = door.models(person).filter(Q(pk=base) | Q(base_model=base))
        yield Q(model__in=made_of_it.values("pk")), False
    if (within := query.get("expiring", "")) in WITHIN:
        yield _expiring(within), False


class WithoutIndex(Func):
    """A condition for which SQLite uses no index; PostgreSQL decides that by itself."""

    template = "%(expressions)s"
    output_field = BooleanField()

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        return self.as_sql(compiler, connection, template="+(%(expressions)s)", **more)


def order(query: QueryDict) -> Order:
    """Newest first unless a column is asked for."""
    sort = query.get("sort", "")
    key = sort.removeprefix("-")
    _label, field = COLUMNS.get(key, ("", ""))
    if not field or sort not in (key, f"-{key}"):
        return NEWEST_FIRST
    fields = dict.fromkeys((field, "created_at", "id"))
    return Order(tuple(fields), descending=sort != key)


def state(query: QueryDict, names: Iterable[str] = STATE, /, **changed: Any) -> str:
    """The selection and order of `query` as a query string, with some of it changed; None removes."""
    kept = QueryDict(mutable=True)
    for name in names:
        if value := query.get(name):
            kept[name] = value
    for name, value in changed.items():
        kept.pop(name, None)
        if value is not None:
            kept[name] = str(value)
    return kept.urlencode()


def _expiring(within: str) -> Q:
    now = timezone.now()
    if within == "expired":
        return Q(expires_key__lte=now)
    return Q(expires_key__gt=now, expires_key__lte=now + timedelta(days=int(within)))


def _plain(query: QueryDict, name: str) -> str:
    return query.get(name, "").replace("\0", "")
