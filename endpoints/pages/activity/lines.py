"""Events as lines of a page: a sentence with links to what still exists, the reason, and the result."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Case, Count, F, Value, When, Window
from django.db.models.functions import RowNumber
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from endpoints.access import door
from endpoints.access.permissions import Person
from endpoints.models.event import Event, EventKind, Verb
from endpoints.models.event_sentences import NAMES
from endpoints.models.search import uuid_in
from endpoints.models.service_errors import in_words
from endpoints.models.status import OPEN, ChangeState
from endpoints.pages.activity import results
from endpoints.pages.activity.results import Result

PARTS = 5  # of a bulk change, on its line; those that failed first
_ICONS_OF_VERBS = {
    Verb.REQUESTED_BULK: "bulk",
    **dict.fromkeys((Verb.CANCELED, Verb.REPLACED, Verb.GAVE_UP, Verb.DOWNLOAD_CANCELED), "dismiss"),
    **dict.fromkeys((Verb.FAILED, Verb.REFUSED, Verb.EDIT_FAILED), "status_failed"),
    **dict.fromkeys((Verb.LOGS_REQUESTED, Verb.LOGS_READY, Verb.LOGS_DOWNLOADED), "download"),
    **dict.fromkeys((Verb.PURGE_REQUESTED, Verb.PURGED, Verb.LOGS_REMOVED, Verb.DOWNLOAD_REMOVED), "delete"),
    **dict.fromkeys((Verb.KEY_SHOWN, Verb.FOUND, Verb.LOGS_READ, Verb.LOGS_PLAYED, Verb.TEXT_READ), "eye"),
    Verb.UNDECIDED: "status_unknown",
}
_ICONS = {
    EventKind.DEPLOYMENTS: "deploy",
    EventKind.MODELS: "change",
    EventKind.EDITS: "edit",
    EventKind.DELETIONS: "delete",
    EventKind.ADDRESSES: "address",
    EventKind.LOGS: "log",
    EventKind.RESOURCES: "resource",
    EventKind.VIEWS: "person",
    EventKind.PEOPLE: "person",
    EventKind.OUTSIDE: "warning",
    EventKind.OTHER: "info",
}


@dataclass(frozen=True)
class Part:
    """One change of a bulk change."""

    pk: UUID
    name: str
    url: str
    old: str
    new: str
    reason: str
    result: Result


@dataclass(frozen=True)
class Line:
    """`urls`: by the placeholder of the sentence whose value is a link, and of the `receipt` of a purge.

    `more`: how many parts are not shown.
    """

    event: Event
    icon: str
    result: Result | None
    urls: dict[str, str] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    more: int = 0

    @property
    def icon_name(self) -> str:
        return f"icons/{self.icon}.svg"

    @cached_property
    def text(self) -> str:
        return self.event.text

    @property
    def html(self) -> SafeString:
        """The sentence; names are set apart from its direction, and link to what exists."""
        sentence = self.event.sentence
        names = set(re.findall(r"%\((\w+)\)s", sentence.template))
        template = escape(sentence.template).replace("{", "{{").replace("}", "}}").replace("%%", "%")
        values = {name: _value(name, sentence.values[name], self.urls.get(name, "")) for name in names}
        return format_html(re.sub(r"%\((\w+)\)s", r"{\1}", template), **values)

    @property
    def all_url(self) -> str:
        return f"{reverse('endpoints:activity')}?{urlencode({'bulk': self.event.bulk_id})}"


@dataclass(frozen=True)
class Day:
    """`name`: Today, Yesterday, or empty. `continued`: the heading stands above an earlier part of the page."""

    date: date
    name: str
    lines: list[Line]
    continued: bool = False


def days(lines: Iterable[Line], after: date | None = None) -> list[Day]:
    """The lines of each day of the reader's time zone; `after`: the day that the page has shown last."""
    today, found = timezone.localdate(), list[Day]()
    names = {today: _("Today"), today - timedelta(days=1): _("Yesterday")}
    for line in lines:
        day = timezone.localdate(line.event.at)
        if not found or day < found[-1].date:  # events of one moment may stand in any order around midnight
            found.append(Day(day, names.get(day, ""), [], continued=not found and after == day))
        found[-1].lines.append(line)
    return found


def of_events(person: Person, events: Iterable[Event]) -> list[Line]:
    """The number of queries does not depend on the number of events."""
    events = door.as_seen(person, events)
    about = _About(person, events)
    return [about.line(event) for event in events]


class _About:
    """What is known now of what events are about."""

    def __init__(self, person: Person, events: list[Event]) -> None:
        self.bulks = {event.bulk_id for event in events if event.verb == Verb.REQUESTED_BULK and event.bulk_id}
        parts = self._parts(person) if self.bulks else []
        self.parts: dict[UUID, list[dict[str, Any]]] = {}
        for part in parts:
            self.parts.setdefault(part["bulk_id"], []).append(part)
        changes = door.changes(person).filter(pk__in=_ids(event.change_id for event in events))
        self.change_of: dict[UUID, Mapping[str, Any]] = {
            one["pk"]: one for one in changes.values("pk", "state", "attempt", "scheduled_for", "model_id")
        }
        ids = _ids([*(event.endpoint_id for event in events), *(part["endpoint_id"] for part in parts)])
        there = door.endpoints(person).filter(pk__in=ids)
        self.found_endpoints = set(there.values_list("pk", flat=True))
        resources = (
            door.resources(person, "manage_resources")
            .present()
            .filter(pk__in=_ids(event.resource_id for event in events))
        )
        self.found_resources = set(resources.values_list("pk", flat=True))
        purges = _ids(uuid_in(event.facts.get("purge")) for event in events)
        receipts = door.purges(person).filter(pk__in=purges).values_list("pk", flat=True) if purges else ()
        self.receipts = {str(pk) for pk in receipts}
        self.sums: dict[UUID, list[tuple[str, int]]] = {}
        if self.bulks:
            sums = door.changes(person).filter(bulk__in=self.bulks).order_by().values_list("bulk_id", "state")
            for bulk, state, number in sums.annotate(number=Count("pk")):
                self.sums.setdefault(bulk, []).append((state, number))

    def _parts(self, person: Person) -> list[dict[str, Any]]:
        rank = Case(
            When(state__in=(ChangeState.FAILED, ChangeState.REFUSED), then=Value(0)),
            When(state=ChangeState.UNDECIDED, then=Value(1)),
            When(state__in=OPEN, then=Value(2)),
            default=Value(3),
        )
        number = Window(RowNumber(), partition_by=F("bulk_id"), order_by=(rank.asc(), F("endpoint_name").asc(), "pk"))
        rows = door.changes(person).filter(bulk__in=self.bulks).annotate(number=number).filter(number__lte=PARTS)
        names = ("pk", "bulk_id", "endpoint_id", "endpoint_name", "model_name", "from_model__display_name", "error")
        return list(rows.order_by("number").values(*names, "state", "attempt", "scheduled_for"))

    def line(self, event: Event) -> Line:
        if event.verb == Verb.REQUESTED_BULK and event.bulk_id:
            states = self.sums.get(event.bulk_id, [])
            parts = tuple(self._part(part) for part in self.parts.get(event.bulk_id, []))
            more = sum(number for _state, number in states) - len(parts)
            return Line(event, "bulk", results.of_bulk(states), {}, parts, more)
        change = self.change_of.get(event.change_id) if event.change_id else None
        return Line(event, _icon(event), results.of_event(event, change), self._urls(event, change))

    def _part(self, part: dict[str, Any]) -> Part:
        url = (
            reverse("endpoints:detail", args=[part["endpoint_id"]])
            if part["endpoint_id"] in self.found_endpoints
            else ""
        )
        return Part(
            pk=part["pk"],
            name=part["endpoint_name"],
            url=url,
            old=part["from_model__display_name"] or "",
            new=part["model_name"],
            reason=in_words(part["error"]) if part["error"] else "",
            result=results.of_change(part),
        )

    def _urls(self, event: Event, change: Mapping[str, Any] | None) -> dict[str, str]:
        urls = {}
        if event.endpoint_id in self.found_endpoints:
            urls["endpoint"] = reverse("endpoints:detail", args=[event.endpoint_id])
        if event.resource_id in self.found_resources:
            urls["resource"] = reverse("endpoints:resource-edit", args=[event.resource_id])
        if (purge := event.facts.get("purge")) in self.receipts:
            urls["receipt"] = reverse("endpoints:purge", args=[purge])
        if change and change["model_id"] and (name := event.facts.get("model")):
            urls["model"] = f"{reverse('endpoints:models')}?{urlencode({'q': name})}"
        return urls


def _ids(some: Iterable[UUID | None]) -> set[UUID]:
    return {pk for pk in some if pk}


def _icon(event: Event) -> str:
    if event.verb in Verb.values and (icon := _ICONS_OF_VERBS.get(Verb(event.verb))):
        return icon
    return _ICONS[EventKind(event.kind)]


def _value(name: str, value: str, url: str) -> SafeString | str:
    if url:
        return format_html('<a href="{}"><bdi>{}</bdi></a>', url, value)
    if name in ("actor", "endpoints"):
        return format_html("<strong><bdi>{}</bdi></strong>", value)
    return format_html("<bdi>{}</bdi>", value) if name in NAMES else value
