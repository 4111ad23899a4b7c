"""A mode: one way in which the real service may differ from its description, and what a person then reads."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .front import Answer, Exchange, header_names

if TYPE_CHECKING:
    from .stage import Stage

Alter = Callable[[Exchange], None]
ODD = "the id of the odd endpoint"  # in `row`
GONE = object()  # the property is missing
API = "/speechtotext/v3.2"


UNWRITTEN = "the error isn't from the Speech service."
ELSEWHERE = "it's a redirect, and redirects aren't followed."
COMPRESSED = "it's compressed, which wasn't requested."


def not_understood(status: int, why: str) -> str:
    return f"The service sent an unexpected response ({status}): {why}"


def refresh(_stage: Stage) -> None:
    """What a worker does anyway: the resource is refreshed."""


@dataclass(frozen=True)
class Mode:
    """`says`: sentences by the page that shows them, or by `check` for manage.py speech_check.

    `act`: what people and workers do, after the first refresh. `change`: the state of their change then. `made`: how
    many new endpoints the service has then. `row`: values that the row of the odd endpoint has then.

    All other rows are live, unless the list is `failing` as a whole, or `frozen` (it answers, without any endpoint):
    then no row is lost. `known`: the resource was refreshed before the service began to differ. `gone`: the odd
    endpoint has no row. `options`: of the simulated service, with its `switches`.
    """

    name: str
    does: str
    alter: Alter | None = None
    says: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    act: Callable[[Stage], None] = refresh
    change: str = ""
    made: int = 0
    row: dict[str, Any] = field(default_factory=dict)
    known: bool = False
    failing: bool = False
    frozen: bool = False
    gone: bool = False
    projects_live: bool = True
    version: str = "v3.2"
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def models_live(self) -> bool:
        """Whether models are read again: not when the list of endpoints, which comes first, is refused."""
        return not self.failing and (self.projects_live or not self.frozen)

    def sentences(self) -> list[tuple[str, str]]:
        """Each page with each of its sentences."""
        return [
            (page, sentence)
            for page, said in self.says.items()
            for sentence in ((said,) if isinstance(said, str) else said)
        ]


def entities(exchange: Exchange, collection: str) -> list[Any]:
    """The list that is answered to a GET of this collection, to be changed in place; [] for other requests."""
    path = exchange.path.partition("?")[0].removeprefix(API)
    if exchange.method != "GET" or path != collection or exchange.answer.status != 200:
        return []
    return list_of(exchange.answer)


def list_of(answer: Answer) -> list[Any]:
    values = answer.body.get("values") if isinstance(answer.body, dict) else None
    return values if isinstance(values, list) else []


def put(entity: dict[str, Any], path: str, value: Any) -> None:
    """Set or remove the property at a path such as `properties.error`."""
    *outer, name = path.split(".")
    for one in outer:
        entity = entity.setdefault(one, {})
    if value is GONE:
        entity.pop(name, None)
    else:
        entity[name] = value


def odd_endpoint(**values: Any) -> Alter:
    """The odd endpoint has these values wherever it is shown; `__` in a name leads into a nested object.

    A function gets the value that the service gave.
    """

    def alter(exchange: Exchange) -> None:
        path = exchange.path.partition("?")[0]
        if not path.startswith(f"{API}/endpoints") or "/files" in path or exchange.answer.status >= 300:
            return
        body = exchange.answer.body
        shown = list_of(exchange.answer) or ([body] if isinstance(body, dict) else [])
        for one in shown:
            if isinstance(one, dict) and str(one.get("self", "")).endswith(exchange.front.odd):
                damage(one, values)

    return alter


def damage(entity: dict[str, Any], values: dict[str, Any]) -> None:
    before = copy.deepcopy(entity)
    for name, value in values.items():
        path = name.replace("__", ".")
        put(entity, path, value(_at(before, path)) if callable(value) else value)


def _at(entity: Any, path: str) -> Any:
    for name in path.split("."):
        entity = entity.get(name) if isinstance(entity, dict) else None
    return entity


def first_of(collection: str, **values: Any) -> Alter:
    """The first entity of a list has these values."""

    def alter(exchange: Exchange) -> None:
        for entity in entities(exchange, collection)[:1]:
            damage(entity, values)

    return alter


def item_is(collection: str, value: Any) -> Alter:
    """Something else stands before the first entity of a list."""

    def alter(exchange: Exchange) -> None:
        if values := entities(exchange, collection):
            values.insert(0, value)

    return alter


def list_is(collection: str, **values: Any) -> Alter:
    """The answer with a list has these properties."""

    def alter(exchange: Exchange) -> None:
        if entities(exchange, collection):
            damage(exchange.answer.body, values)

    return alter


def answers(method: str, path: str, status: int, body: Any = None, times: int | None = None, **headers: str) -> Alter:
    """Requests of this method whose path contains `path` are answered like this, and not carried out.

    `{odd}` in the path is the id of the odd endpoint. `times`: the first ones alone.
    """

    def alter(exchange: Exchange) -> None:
        wanted = path.format(odd=exchange.front.odd)
        if exchange.method == method and wanted in exchange.path and exchange.front.another(times):
            exchange.reply(status, body, **headers)

    return alter


def after(
    method: str, path: str, status: int | None = None, body: Any = GONE, times: int | None = None, **headers: str
) -> Alter:
    """The same, but the service has carried the request out."""

    def alter(exchange: Exchange) -> None:
        wanted = path.format(odd=exchange.front.odd)
        if exchange.method != method or wanted not in exchange.path or not exchange.front.another(times):
            return
        answer = exchange.answer
        answer.status = status or answer.status
        answer.body = answer.body if body is GONE else body
        answer.headers |= header_names(headers)

    return alter
