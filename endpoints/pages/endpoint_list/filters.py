"""The menus above the list, and what is set in them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from endpoints.models import Endpoint, Project, Resource, SpeechModel, Status
from endpoints.models.model import ModelKind
from endpoints.models.search import uuid_in
from endpoints.pages.endpoint_list import selection
from endpoints.pages.stamps.data import Stamp

MOST = 500  # options of a menu


@dataclass(frozen=True)
class Option:
    value: str
    label: str
    selected: bool


@dataclass(frozen=True)
class Menu:
    """One filter; `more`: it is used seldom and waits behind a button."""

    name: str
    label: str
    options: list[Option]
    more: bool = False

    @property
    def chosen(self) -> Option | None:
        return next((option for option in self.options if option.selected and option.value), None)


@dataclass(frozen=True)
class Offer:
    """All menus; `version` changes when one offers something else, so that they can be kept as HTML."""

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


def menus(query: QueryDict, stamp: Stamp) -> Offer:
    asked = tuple((name, query[name]) for name in selection.FILTERS if query.get(name))
    return _offer(_locales(stamp.version), stamp.catalogued_at, stamp.resources, asked, get_language())


@lru_cache(maxsize=4)
def _locales(_version: str) -> tuple[str, ...]:
    return tuple(Endpoint.objects.locales())


@lru_cache(maxsize=100)
def _offer(
    locales: tuple[str, ...], catalogued_at: str, count: int, asked: tuple[tuple[str, str], ...], _language: str | None
) -> Offer:
    projects, bases, resources = _catalogue(catalogued_at, count)
    offered: list[tuple[str, str, Iterable[tuple[Any, Any]], bool]] = [
        ("status", _("Status"), [("", _("Any status")), *Status.choices], False),
        ("locale", _("Locale"), [("", _("Any locale")), *((name, name) for name in locales)], False),
        ("expiring", _("Expiring"), [("", _("Any time")), *selection.WITHIN.items()], False),
        ("project", _("Project"), [("", _("All projects")), (selection.NONE, _("No project")), *projects], False),
        ("logging", _("Content logging"), [("", _("On or off")), ("on", _("On")), ("off", _("Off"))], True),
        ("base", _("Base model"), [("", _("Any base model")), *bases], True),
    ]
    if len(resources) > 1:
        offered.append(("resource", _("Speech resource"), [("", _("All resources")), *resources], True))
    menus = [menu(dict(asked), name, label, options, more=more) for name, label, options, more in offered]
    return Offer(menus, str(hash(tuple(option for menu in menus for option in menu.options))))


def menu(
    asked: Mapping[str, Any], name: str, label: str, options: Iterable[tuple[str, Any]], *, more: bool = False
) -> Menu:
    return Menu(name, label, [Option(value, text, value == asked.get(name, "")) for value, text in options], more)


def chips(query: QueryDict, offered: Offer) -> list[Chip]:
    """What is set, each with a way to take it off; a model has no menu, only links lead to it."""
    found = [Chip(menu.label, menu.chosen.label, _without(query, menu.name)) for menu in offered.menus if menu.chosen]
    if (pk := uuid_in(query.get("model"))) and (model := SpeechModel.objects.filter(pk=pk).first()):
        found.append(Chip(_("Model"), str(model), _without(query, "model")))
    return found


def _without(query: QueryDict, name: str) -> str:
    return f"{reverse('endpoints:list')}?{selection.state(query, **{'q': query.get('q', ''), name: None})}"


Options = list[tuple[str, str]]


@lru_cache(maxsize=4)
def _catalogue(catalogued_at: str, count: int) -> tuple[Options, Options, Options]:
    """Projects, base models and resources as options, read anew after each look of the worker at them.

    Of more than a menu can hold there is no menu: a link from one of them leads to its list.
    """
    rows = (Project.objects.present(), _bases(), Resource.objects.order_by("name"))
    return tuple([(str(row.pk), str(row)) for row in some] if len(some) <= MOST else [] for some in map(_few, rows))  # type: ignore[return-value]


def _few(rows: QuerySet[Any]) -> list[Any]:
    return list(rows[: MOST + 1])


def _bases() -> Any:
    """Base models that an endpoint uses, or that a custom model is made of."""
    used = Exists(Endpoint.objects.present().filter(model=OuterRef("pk")))
    built_on = Exists(SpeechModel.objects.present().filter(base_model=OuterRef("pk")))
    bases = SpeechModel.objects.filter(kind=ModelKind.BASE).only("display_name").order_by("display_name")
    return bases.filter(used | built_on)
