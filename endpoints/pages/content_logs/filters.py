"""The filters above the list of content logs, and their query strings."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.http import HttpRequest, QueryDict
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from endpoints.models import times
from endpoints.models.log import LogEntryQuerySet
from endpoints.models.numbers import grouped
from endpoints.models.query_values import parse_day, parse_number
from endpoints.pages.endpoint_list import filters, selection
from endpoints.pages.endpoint_list.filters import Chip, Menu
from endpoints.pages.paging import Order

# What LogEntryQuerySet.filtered_by understands; `page` is no part of it.
STATE = ("q", "from", "to", "longer", "shorter", "below", "result", "partial", "probes")
NEWEST_FIRST = Order(("at", "id"), descending=True)


def state(query: QueryDict, **changed: Any) -> str:
    """The words and filters of `query` as a query string, with some of it changed; None removes."""
    return selection.state(query, STATE, **changed)


def counted(rows: LogEntryQuerySet) -> int:
    """How many, up to selection.COUNTED and one more."""
    return rows.order_by()[: selection.COUNTED + 1].count()


def count_words(count: int) -> str:
    if count > selection.COUNTED:
        return _("More than %(count)s entries") % {"count": grouped(selection.COUNTED)}
    return ngettext("%(count)s entry", "%(count)s entries", count) % {"count": count}


def menus(query: QueryDict) -> list[Menu]:
    results = [
        ("", _("Any result")),
        ("none", _("No result")),
        ("error", _("Recognition failed")),
        ("unreadable", _("Unreadable")),
    ]
    parts = [("", _("Any")), ("1", _("Incomplete"))]
    return [
        filters.menu(query, "result", _("Result"), results),
        filters.menu(query, "partial", _("Completeness"), parts),
        filters.menu(query, "probes", _("Sent by this app"), [("", _("Hidden")), ("1", _("Shown"))]),
    ]


def chips(request: HttpRequest) -> list[Chip]:
    """What is set, each with an address without it; an invalid value sets nothing."""
    return [Chip(label, value, address(request, **{name: None})) for name, label, value in _set(request.GET)]


def _set(query: QueryDict) -> Iterator[tuple[str, str, str]]:
    for name, label in (("from", _("From")), ("to", _("To"))):
        if day := parse_day(query.get(name)):
            yield name, label, day_in_words(day)
    for name, label, words in (
        ("longer", _("At least"), _("%(number)s s")),
        ("shorter", _("At most"), _("%(number)s s")),
        ("below", _("Confidence below"), _("%(number)s%%")),
    ):
        if (number := parse_number(query.get(name))) is not None:
            yield name, label, words % {"number": number_in_words(number)}
    for menu in menus(query):
        if menu.chosen:
            yield menu.name, menu.label, menu.chosen.label


def day_in_words(day: date) -> str:
    return times.day(day)


def number_in_words(number: float) -> str:
    return number_format(int(number) if number.is_integer() else number, force_grouping=True)


def address(request: HttpRequest, **changed: Any) -> str:
    query = state(request.GET, **changed)
    return f"{request.path}?{query}" if query else request.path
