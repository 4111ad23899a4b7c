"""The menus above Activity, and what is set in them."""

from collections.abc import Iterator
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from endpoints.access import door
from endpoints.access.permissions import Person, may_manage_people
from endpoints.models import times
from endpoints.models.event import EventKind
from endpoints.models.event_results import EventResult
from endpoints.models.event_sentences import PRODUCT
from endpoints.models.query_values import parse_day
from endpoints.models.search import uuid_in
from endpoints.pages.activity import selection
from endpoints.pages.endpoint_list.filters import MOST, Chip, Menu, menu


def menus(person: Person, query: QueryDict) -> list[Menu]:
    """Of more endpoints than a menu can hold there is none: search finds them, and their pages lead here."""
    asked = query.dict()
    people = [(str(pk), name) for pk, name in door.people(person)]
    endpoints = _few(door.endpoints(person).present().order_by("name_key", "pk").values_list("pk", "display_name"))
    resources = _few(door.resources(person).order_by("name").values_list("pk", "name"))
    kinds = [
        (kind, label) for kind, label in EventKind.choices if kind != EventKind.PEOPLE or may_manage_people(person)
    ]
    rows: list[tuple[str, str, Any]] = [
        ("person", _("Person"), [("", _("Anyone")), *people, (selection.NOBODY, PRODUCT)]),
        ("endpoint", _("Endpoint"), [("", _("All endpoints")), *endpoints]),
        ("kind", _("Kind"), [("", _("Any kind")), *kinds]),
        (
            "result",
            _("Result"),
            [("", _("Any result")), *EventResult.choices, (selection.IN_PROGRESS, _("In progress"))],
        ),
        ("time", _("Time"), [("", _("Any time")), *selection.TIMES.items()]),
        ("resource", _("Resource"), [("", _("All resources")), *resources]),
    ]
    found = [menu(asked, name, label, options, more=name == "resource") for name, label, options in rows]
    return [one for one in found if len(one.options) > (2 if one.name == "resource" else 1)]


def chips(person: Person, query: QueryDict, shown: list[Menu]) -> list[Chip]:
    """What is set out of sight, each with an address without it."""
    return [Chip(label, value, _without(query, name)) for name, label, value in _set(person, query, shown)]


def _set(person: Person, query: QueryDict, shown: list[Menu]) -> Iterator[tuple[str, str, str]]:
    by_name = {one.name: one for one in shown}
    for name, label in (("endpoint", _("Endpoint")), ("resource", _("Resource"))):
        pk, menu = uuid_in(query.get(name)), by_name.get(name)
        chosen = menu.chosen if menu else None
        if pk and (not chosen or (menu and menu.more)):
            yield name, label, chosen.label if chosen else _last_name(person, name, pk)
    for name, label in (("from", _("From")), ("to", _("To"))):
        if day := parse_day(query.get(name)):
            yield name, label, times.day(day)
    if uuid_in(query.get("bulk")):
        yield "bulk", _("Bulk change"), _("all parts")


def _last_name(person: Person, name: str, pk: Any) -> str:
    """The name that the newest event has of it, because it may be gone."""
    events = selection.NEWEST_FIRST.sort(door.events(person).filter(**{f"{name}_id": pk}))
    return events.values_list(f"{name}_name", flat=True).first() or str(pk)


def _few(rows: Any) -> list[tuple[str, str]]:
    some = [(str(pk), name) for pk, name in rows[: MOST + 1]]
    return some if len(some) <= MOST else []


def _without(query: QueryDict, name: str) -> str:
    return address(query, **{name: None})


def address(query: QueryDict, **changed: Any) -> str:
    """Activity with the selection of `query`, some of it changed."""
    state = selection.state(query, **changed)
    return f"{reverse('endpoints:activity')}?{state}" if state else reverse("endpoints:activity")
