"""Which events an address asks for. An unknown value sets no filter."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from endpoints.access import door
from endpoints.access.permissions import Person
from endpoints.models.event import EventKind, EventQuerySet, Verb
from endpoints.models.event_results import OF_CHANGE, EventResult
from endpoints.models.query_values import parse_day
from endpoints.models.search import EVENTS, uuid_in
from endpoints.models.status import OPEN
from endpoints.pages.endpoint_list import selection
from endpoints.pages.paging import Order

# What can be asked for; `page` is not part of a selection.
STATE = ("q", "person", "endpoint", "resource", "kind", "result", "time", "from", "to", "bulk")
NOBODY = "none"  # what happened without a person
IN_PROGRESS = "open"  # a result: none yet
NEWEST_FIRST = Order(("at", "id"), descending=True)
DAYS = {"today": 1, "7": 7, "30": 30}
TIMES = {"today": _("Today"), "7": _("Last 7 days"), "30": _("Last 30 days")}


def found(person: Person, query: QueryDict) -> EventQuerySet:
    """The events that the words and filters of `query` select, in no order."""
    rows: Any = door.events(person).filter(*_conditions(person, query))
    if words := query.get("q", "").replace("\0", "").strip()[:200]:
        if pk := uuid_in(words, typed=True):
            rows = rows.filter(Q(endpoint_id=pk) | Q(change_id=pk) | Q(bulk_id=pk))
        else:
            rows, _many = EVENTS.matching(door.without_hidden_events(person, rows), words)
    found: EventQuerySet = rows
    return found


def lines(person: Person, query: QueryDict) -> EventQuerySet:
    """What the page shows of them: one line for a bulk change, unless one of its parts is asked for.

    Each part has its own result, and the line of the bulk change only their sum. Whoever doesn't see all endpoints sees
    the parts only, because the line says to how many the change was made.
    """
    rows = found(person, query)
    narrow = any(query.get(name) for name in ("q", "endpoint", "resource", "bulk", "result"))
    parts = narrow or not door.scope(person).everywhere
    return rows if parts else rows.lines()


def state(query: QueryDict, **changed: Any) -> str:
    """The selection of `query` as a query string, with some of it changed; None removes."""
    return selection.state(query, STATE, **changed)


def _conditions(person: Person, query: QueryDict) -> Iterator[Q]:
    actor = query.get("person", "")
    if actor == NOBODY:
        yield Q(actor_id=None)
    elif actor.isascii() and actor.isdecimal() and len(actor) < 19:
        yield Q(actor_id=int(actor))
    for name in ("endpoint", "resource"):
        if pk := uuid_in(query.get(name)):
            yield Q(**{f"{name}_id": pk})
    if (kind := query.get("kind")) in EventKind.values:
        yield Q(kind=kind)
    if (result := query.get("result")) in EventResult.values:
        yield Q(result=result)
    elif result == IN_PROGRESS:
        yield Q(verb__in=OF_CHANGE, change_id__in=door.changes(person).filter(state__in=OPEN).values("pk"))
    if pk := uuid_in(query.get("bulk")):
        yield Q(bulk_id=pk) & ~Q(verb=Verb.REQUESTED_BULK)
    if days := DAYS.get(query.get("time", "")):
        yield Q(at__gte=_midnight(timezone.localdate() - timedelta(days=days - 1)))
    if day := parse_day(query.get("from")):
        yield Q(at__gte=_midnight(day))
    if (day := parse_day(query.get("to"))) and day < date.max:
        yield Q(at__lt=_midnight(day + timedelta(days=1)))


def _midnight(day: date) -> datetime:
    """The beginning of a day in the time zone of the reader."""
    return timezone.make_aware(datetime.combine(day, time.min))
