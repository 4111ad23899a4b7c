"""What all routes share: JSON responses and their headers, filterable properties, the entity of a URL."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec
from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..api.errors import not_found
from ..api.filters import Fields
from ..simulation import Simulation
from ..versions import ServedVersion
from ..world.entities import Endpoint, Model, ModelCopy, Project, Work
from ..world.world import World

PROJECT_FIELDS: Fields = {
    "displayName": lambda entity: entity.name,
    "description": lambda entity: entity.description or "",
    "createdDateTime": lambda entity: int(entity.created),
    "locale": lambda entity: entity.locale,
}
FILE_FIELDS: Fields = {
    "name": lambda file: file.name,
    "createdDateTime": lambda file: int(file.created),
    "kind": lambda file: file.kind,
}
Entity = TypeVar("Entity", Endpoint, Model, Project, ModelCopy)


def status_fields(now: float) -> Fields:
    """Filterable properties of entities with a status, at one time (contract: Endpoints_List, filter)."""

    def shown(entity: Any) -> Any:
        return entity.shown(now) if isinstance(entity, Endpoint) else entity.work.at(now)

    return {
        **PROJECT_FIELDS,
        "status": lambda entity: shown(entity)[0].value,
        "lastActionDateTime": lambda entity: int(shown(entity)[1]),
    }


def json_response(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(body), status, headers, media_type="application/json; charset=utf-8")


def page_response(values: list[Any], next_link: str | None, headers: dict[str, str] | None = None) -> Response:
    """One page; the last one has no @nextLink, as in the contract's examples."""
    return json_response({"values": values} | ({"@nextLink": next_link} if next_link else {}), headers=headers)


def retry_after(world: World, operations: Iterable[Work], *, waiting: bool = False) -> dict[str, str]:
    """Retry-After while something in the response is in progress; otherwise no header (contract: Endpoints_Get)."""
    now = world.now()
    if waiting or any(not work.at(now)[0].terminal for work in operations):
        return {"Retry-After": str(int(min(10, max(1, world.options.deploy_seconds // 10))))}
    return {}


def find_or_404(entities: dict[str, Entity], request: Request, kind: str, inner: str | None = None) -> Entity:
    entity = entities.get(request.path_params["id"].lower())
    if entity is None:
        raise not_found(kind, inner)
    return entity


class Identifier(Convertor[str]):
    """An id in a path: not a fixed segment (/models/base), and without an action behind it (/models/1:copy)."""

    regex = "(?!(?:base|locales)(?:/|$))[^/:]+"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("entity_id", Identifier())


class Routes(ABC):
    """The routes of one kind of entity in one API version."""

    def __init__(self, simulation: Simulation, version: str) -> None:
        self.simulation = simulation
        self.version = ServedVersion(version)

    @abstractmethod
    def routes(self) -> list[Route]:
        """The operations of this kind that the version has."""

    @property
    def world(self) -> World:
        return self.simulation.world

    async def locales(self, _request: Request) -> Response:
        return json_response(self.world.locales())
