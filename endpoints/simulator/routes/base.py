"""What the routes of all nouns share: the answer to a list, headers, the entity of an address."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec
from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..api.errors import missing
from ..api.filters import Fields
from ..simulation import Simulation
from ..versions import Version
from ..world.entities import Copying, Endpoint, Model, Project, Work
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
Noun = TypeVar("Noun", Endpoint, Model, Project, Copying)


def worked_fields(now: float) -> Fields:
    """Filterable properties of what has a status (api-facts 3), as of one moment."""
    return {
        **PROJECT_FIELDS,
        "status": lambda entity: entity.work.at(now)[0].value,
        "lastActionDateTime": lambda entity: int(entity.work.at(now)[1]),
    }


def answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(body), status, headers, media_type="application/json; charset=utf-8")


def listed(values: list[Any], following: str | None, headers: dict[str, str] | None = None) -> Response:
    """A page; the last has no @nextLink, as in the contract's examples."""
    return answer({"values": values} | ({"@nextLink": following} if following else {}), headers=headers)


def retry_after(world: World, works: Iterable[Work], *, waiting: bool = False) -> dict[str, str]:
    """Retry-After (api-facts 2) while something in the answer is not terminal; else no header."""
    now = world.now()
    if waiting or any(not work.at(now)[0].terminal for work in works):
        return {"Retry-After": str(int(min(10, max(1, world.options.deploy_seconds // 10))))}
    return {}


def find(entities: dict[str, Noun], request: Request, what: str, inner: str | None = None) -> Noun:
    entity = entities.get(request.path_params["id"].lower())
    if entity is None:
        raise missing(what, inner)
    return entity


class Identifier(Convertor[str]):
    """One segment of a path, but no address of its own (/models/base) and no verb behind it (/models/1:copy)."""

    regex = "(?!(?:base|locales)(?:/|$))[^/:]+"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("thing", Identifier())


class Room(ABC):
    """The routes of one noun in one API version."""

    def __init__(self, simulation: Simulation, version: str) -> None:
        self.simulation = simulation
        self.version = Version(version)

    @abstractmethod
    def routes(self) -> list[Route]:
        """What the version has of the noun."""

    @property
    def world(self) -> World:
        return self.simulation.world

    async def locales(self, _request: Request) -> Response:
        return answer(self.world.locales())
