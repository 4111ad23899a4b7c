"""The menus above the list, and what is set in them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from endpoints.access import door
from endpoints.access.caching import BoundedCache
from endpoints.access.door.versions import DataVersion
from endpoints.access.permissions import Person
from endpoints.models.model import ModelKind
from endpoints.models.search import uuid_in
from endpoints.pages.endpoint_list import selection, statuses, verdicts
from endpoints.pages.names import labels

MOST = 500  # options of a menu
Options = list[tuple[str, str]]
_locales = BoundedCache(4)
_owners = BoundedCache(4)
_catalogs = BoundedCache(4)
_menus = BoundedCache(100)


@dataclass(frozen=True)
class Option:
    value: str
    label: str
    selected: bool


@dataclass(frozen=True)
class Menu:
    """One filter; `more`: it is used seldom and stands in the menu More filters."""

    name: str
    label: str
    options: list[Option]
    more: bool = False

    @property
    def chosen(self) -> Option | None:
        return next((option for option in self.options if option.selected and option.value), None)


@dataclass(frozen=True)
class FilterMenus:
    """All menus; `version` changes with their options, so that their HTML can be cached."""

    menus: list[Menu]
    version: str

    def chosen(self, name: str) -> Option | None:
        return next((menu.chosen for menu in self.menus if menu.name == name), None)


@dataclass(frozen=True)
class Chip:
    """A filter that is set, and the address without it."""

    label: str
    value: str
    url: str


def menus(person: Person, query: QueryDict, data: DataVersion) -> FilterMenus:
    asked = tuple((name, value) for name in selection.FILTERS if (value := query.get(name)))
    scope = door.scope(person)
    locales = _locales.get_or_make((scope, data.version), lambda: tuple(door.locales(person)))
    owners = _owners.get_or_make((scope, data.version), lambda: tuple(door.owners(person, MOST + 1)))
    of = (scope, data.cataloged_at, data.resources)  # changes each time a worker has read them from the service
    catalog = _catalogs.get_or_make(of, lambda: _catalog(person))
    known = (data.probe_count > 0, data.judged)
    made: FilterMenus = _menus.get_or_make(
        (*of, locales, owners, asked, known, get_language()),
        lambda: _made(locales, owners, catalog, asked, *known),
    )
    return made


def _made(
    locales: tuple[str, ...],
    owners: tuple[str, ...],
    catalog: tuple[Options, Options, Options],
    asked: tuple[tuple[str, str], ...],
    probes: bool,
    judged: bool,
) -> FilterMenus:
    projects, bases, resources = catalog
    rows: list[tuple[str, str, Iterable[tuple[Any, Any]], bool]] = [
        ("status", _("Status"), [("", _("Any status")), *statuses.WORDS.items()], False),
        ("locale", _("Locale"), [("", _("Any locale")), *((name, name) for name in locales)], False),
        ("expiring", _("Expiring"), [("", _("Any time")), *selection.WITHIN.items()], False),
        ("project", _("Project"), [("", _("All projects")), (selection.NONE, _("No project")), *projects], False),
        ("logging", _("Content logging"), [("", _("On or off")), ("on", _("On")), ("off", _("Off"))], True),
        ("base", _("Base model"), [("", _("Any base model")), *bases], True),
        ("owner", pgettext("column", "Owner"), [("", _("Anyone")), *_people(owners)], True),
    ]
    if probes or "who" in dict(asked):
        rows.append(("who", _("Who answers"), [("", _("Any answer")), *verdicts.FILTER.items()], True))
    if judged or "quality" in dict(asked):
        label = pgettext("column", "Quality")
        rows.append(("quality", label, [("", _("Any quality")), *verdicts.QUALITY.items()], True))
    if len(resources) > 1:
        rows.append(("resource", _("Speech resource"), [("", _("All resources")), *resources], True))
    menus = [menu(dict(asked), name, label, options, more=more) for name, label, options, more in rows]
    return FilterMenus(menus, str(hash(tuple(option for menu in menus for option in menu.options))))


def _people(owners: tuple[str, ...]) -> Options:
    """Of more than a menu can hold, only what nobody requested here."""
    names = [(name, name) for name in owners if name] if len(owners) <= MOST else []
    return [*names, *([(selection.IN_AZURE, _("in Azure"))] if "" in owners else [])]


def menu(
    asked: Mapping[str, Any], name: str, label: str, options: Iterable[tuple[str, Any]], *, more: bool = False
) -> Menu:
    return Menu(name, label, [Option(value, text, value == asked.get(name, "")) for value, text in options], more)


def chips(person: Person, query: QueryDict, found: FilterMenus) -> list[Chip]:
    """What is set out of sight, each with an address without it; a model has no menu, only links lead to it."""
    hidden = [(menu, one) for menu in found.menus if menu.more and (one := menu.chosen)]
    chips = [Chip(menu.label, one.label, _without(query, menu.name)) for menu, one in hidden]
    if (pk := uuid_in(query.get("model"))) and (model := door.models(person).filter(pk=pk).first()):
        chips.append(Chip(_("Model"), str(model), _without(query, "model")))
    return chips


def _without(query: QueryDict, name: str) -> str:
    return f"{reverse('endpoints:list')}?{selection.state(query, **{'q': query.get('q', ''), name: None})}"


def _catalog(person: Person) -> tuple[Options, Options, Options]:
    """Projects, base models and resources as options.

    Of more than a menu can hold there is no menu: a link from one of them leads to its list.
    """
    projects = door.projects(person).present().select_related("resource")
    rows = (projects, _bases(person), door.resources(person).order_by("name"))
    return tuple(_options(some) if len(some) <= MOST else [] for some in map(_few, rows))  # type: ignore[return-value]  # of three


def _options(rows: list[Any]) -> list[tuple[str, str]]:
    return [(str(pk), label) for pk, label in labels(rows).items()]


def _few(rows: QuerySet[Any]) -> list[Any]:
    return list(rows[: MOST + 1])


def _bases(person: Person) -> Any:
    """Base models that an endpoint uses, or that a custom model is made of."""
    models = door.models(person)
    used = Exists(door.endpoints(person).present().filter(model=OuterRef("pk")))
    built_on = Exists(models.present().filter(base_model=OuterRef("pk")))
    shown = ("display_name", "locale", "created_at", "remote_id", "project", "resource__name", "resource__region")
    bases = models.filter(kind=ModelKind.BASE).select_related("resource").only(*shown).order_by("display_name")
    return bases.filter(used | built_on)
