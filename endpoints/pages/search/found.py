"""What a search over everything finds: endpoints, models, what can be done with the first endpoint, and pages."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count
from uuid import uuid4

from django.db.models import Case, F, IntegerField, Value, When
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from endpoints.access import door
from endpoints.access.permissions import Person, allows
from endpoints.models import Endpoint, SpeechModel
from endpoints.models.expiration import Expiration
from endpoints.models.numbers import grouped
from endpoints.models.search_words import folded, spans, words_of
from endpoints.pages import names, places
from endpoints.pages.addresses.listing import search
from endpoints.pages.endpoint_list import selection
from endpoints.pages.endpoint_list.badges import RequestBadge, badge

LONGEST = 200  # characters of a search
Pieces = list[tuple[str, bool]]


@dataclass
class Option:
    """One result. `label` and `tail` are pieces of text, each with whether it was searched for; `number`: its place."""

    icon: str
    label: Pieces
    url: str
    tail: Pieces = field(default_factory=list)
    keys: str = ""
    badge: RequestBadge | None = None
    expiration: Expiration | None = None
    number: int = 0

    @property
    def name(self) -> str:
        return "".join(text for text, _found in self.label)


@dataclass
class Group:
    """`more_url`: the page that shows all of them, when there are more."""

    label: str
    options: list[Option]
    more_url: str = ""
    more_words: str = ""


@dataclass
class Found:
    """`total`: how many results there are, as text; empty when they were not counted."""

    groups: list[Group]
    total: str = ""

    def __post_init__(self) -> None:
        numbers = count(1)
        for group in self.groups:
            for option in group.options:
                option.number = next(numbers)

    @property
    def count(self) -> int:
        return sum(len(group.options) for group in self.groups)


def find(person: Person, text: str, *, most: int) -> Found:
    """At most `most` endpoints and as many models; without words all pages and actions, and no rows."""
    pages = _places(_("Pages"), places.open_to(person, places.PAGES), text)
    actions = _places(_("Actions"), places.open_to(person, places.ACTIONS), text)
    if not words_of(text):
        return Found([group for group in (actions, pages) if group.options])
    several = door.resources(person).count() > 1
    endpoints, all_endpoints = _endpoints(person, text, most)
    belongs = {one.pk: one.resource.name for one in endpoints if several} | names.places(endpoints)
    models, all_models = _models(person, text, most)
    groups = [
        Group(_("Endpoints"), [_endpoint(one, text, belongs.get(one.pk, "")) for one in endpoints]),
        Group(_("Models"), [_model(one, text, several=several) for one in models]),
    ]
    addresses, all_addresses = _addresses(person, text, most)
    groups.append(addresses)
    if all_endpoints > len(endpoints):
        groups[0].more_url = f"{reverse('endpoints:list')}?{_query(text).urlencode()}"
        groups[0].more_words = _("All endpoints that match")
    if all_models > len(models):
        groups[1].more_url = f"{reverse('endpoints:models')}?{_query(text).urlencode()}"
        groups[1].more_words = _("All models that match")
    if endpoints and _has_found(groups[0].options[0].label):
        groups.append(_actions_for(person, endpoints[0]))
    groups += [actions, pages]
    total = all_endpoints + all_models + all_addresses + len(pages.options) + len(actions.options)
    more = "+" if all_endpoints > selection.COUNTED else ""
    return Found([group for group in groups if group.options], grouped(total) + more)


def _query(text: str) -> QueryDict:
    query = QueryDict(mutable=True)
    query["q"] = text
    return query


def _endpoints(person: Person, text: str, most: int) -> tuple[list[Endpoint], int]:
    """Those whose name begins with the words first; of more than can be sorted quickly, the newest."""
    rows, total = selection.counted(person, _query(text))
    if total > selection.COUNTED:
        ordered = rows.order_by("-created_at", "-id")
    else:
        begins = f" {words_of(text).strip(' ')}"
        ranks = [When(words__startswith=begins, then=Value(0)), When(display_name__icontains=text, then=Value(1))]
        rank = Case(*ranks, default=Value(2), output_field=IntegerField())
        ordered = rows.order_by(rank, "name_key", "id")
    endpoints = list(ordered.for_list().select_related("project")[:most])
    pks = [endpoint.pk for endpoint in endpoints] or [uuid4()]
    changes = {change.endpoint_id: change for change in door.changes(person).open().filter(endpoint__in=pks).order_by()}
    for endpoint in endpoints:
        change = changes.get(endpoint.pk)
        endpoint.open_changes = [change] if change else []
    return endpoints, total


def _models(person: Person, text: str, most: int) -> tuple[list[SpeechModel], int]:
    rows = door.models(person).present().search(text)
    shown = rows.select_related("resource").with_endpoint_count(door.endpoints(person))
    return list(shown.order_by(F("endpoint_count").desc(), "-created_at", "pk")[:most]), rows.count()


def _addresses(person: Person, text: str, most: int) -> tuple[Group, int]:
    """By their names, with where they lead, as far as the person sees it."""
    rows, total = search(person, text, most)
    options = [
        Option("address", _marked(row.address.name, text), row.address.get_absolute_url(), [(row.endpoint.name, False)])
        for row in rows
    ]
    group = Group(_("Addresses"), options)
    if total > len(options):
        group.more_url = f"{reverse('endpoints:addresses')}?{_query(text).urlencode()}"
        group.more_words = _("All addresses that match")
    return group, total


def _endpoint(endpoint: Endpoint, text: str, belongs: str) -> Option:
    """`belongs`: what tells it from others with its name, or its Speech resource when there are several."""
    label = _marked(endpoint.display_name, text)
    place = [(" · ", False), (belongs, False)] if belongs else []
    told = belongs.split(", ")[0] == endpoint.locale
    tail: Pieces = place[1:] if told else [(endpoint.locale, False), *place]
    if not _has_found(label) and _has_found(model := _marked(endpoint.model_name, text)):
        tail = [(_("Model"), False), (" ", False), *model, *place]
    return Option("deploy", label, endpoint.get_absolute_url(), tail, badge=badge(endpoint, None))


def _model(model: SpeechModel, text: str, *, several: bool) -> Option:
    endpoints: int = model.endpoint_count
    used = ngettext("%(count)s endpoint", "%(count)s endpoints", endpoints) % {"count": grouped(endpoints)}
    parts = [model.locale, used if endpoints else _("Not deployed")] + ([model.resource.name] if several else [])
    url = f"{reverse('endpoints:models')}?q={model.remote_id}"
    expiration = model.expiration if model.expiration and model.expiration.level != "ok" else None
    return Option("model", _marked(str(model), text), url, [(" · ".join(parts), False)], expiration=expiration)


def _actions_for(person: Person, endpoint: Endpoint) -> Group:
    """What this person may do with the first endpoint that was found."""
    rows = (
        ("change", _("Change model"), "change-model", "deploy_model", endpoint.remote_id is not None),
        ("log", _("Content logs"), "logs", "read_logs", endpoint.logging_enabled),
        ("edit", _("Edit"), "edit", "deploy_model", endpoint.remote_id is not None),
    )
    options = [
        Option(icon, [(label, False)], reverse(f"endpoints:{name}", args=[endpoint.pk]))
        for icon, label, name, permission, possible in rows
        if possible and allows(person, permission, on=endpoint)
    ]
    return Group(_("Actions for %(name)s") % {"name": endpoint.display_name}, options)


def _places(label: str, some: Iterable[places.Place], text: str) -> Group:
    """Those whose label contains all words of the search."""
    options = [
        Option(place.icon, _marked(str(place.label), text), place.url, keys=place.keys)
        for place in some
        if all(folded(word) in folded(str(place.label)) for word in text.split())
    ]
    return Group(label, options)


def _marked(label: str, text: str) -> Pieces:
    pieces, at = [], 0
    for first, last in spans(label, text):
        pieces += [(label[at:first], False), (label[first:last], True)]
        at = last
    return [piece for piece in (*pieces, (label[at:], False)) if piece[0]]


def _has_found(pieces: Pieces) -> bool:
    return any(found for _text, found in pieces)
