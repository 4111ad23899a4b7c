"""/projects: list, locales, create, get, update, delete, and what lies in one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..api import bodies
from ..api.errors import invalid
from ..api.filters import Fields
from ..api.item_serializer import study
from ..api.paging import page
from ..api.serializer import Json
from ..control import ledger
from ..simulation import Simulation
from ..world.entities import Project
from ..world.project_items import Study
from ..world.world import new_id
from .base import PROJECT_FIELDS, Room, answer, find, listed, retry_after, worked_fields
from .endpoints import EndpointRoom
from .models import ModelRoom

FOUNDRY = "foundryProjectName"


class ProjectRoom(Room):
    """Projects_*: in v3.2, and again in 2025-10-15 (api-facts 14)."""

    def __init__(self, simulation: Simulation, version: str) -> None:
        super().__init__(simulation, version)
        self.endpoint_room = EndpointRoom(simulation, version)
        self.model_room = ModelRoom(simulation, version)

    def routes(self) -> list[Route]:
        return [
            Route("/projects/locales", self.locales),
            Route("/projects", self.list),
            Route("/projects", self.create, methods=["POST"]),
            Route("/projects/{id:thing}", self.get),
            Route("/projects/{id:thing}", self.update, methods=["PATCH"]),
            Route("/projects/{id:thing}", self.delete, methods=["DELETE"]),
            Route("/projects/{id:thing}/endpoints", self.endpoints),
            Route("/projects/{id:thing}/models", self.models),
            Route("/projects/{id:thing}/datasets", self.datasets),
            Route("/projects/{id:thing}/evaluations", self.evaluations),
            Route("/projects/{id:thing}/transcriptions", self.transcriptions),
        ]

    @property
    def fields(self) -> Fields:
        """Filterable properties of projects; 2025-10-15 has one more."""
        if not self.version.foundry:
            return PROJECT_FIELDS
        return {**PROJECT_FIELDS, "foundryProjectName": lambda project: project.foundry or ""}

    def shapes(self, projects: list[Project]) -> list[Json]:
        """The counts are made in one pass over all entities."""
        wire = self.simulation.wire(self.version)
        world = self.world
        held = {
            "datasetCount": _counter(world.datasets),
            "evaluationCount": _counter(world.evaluations),
            "modelCount": _counter(world.custom_models),
            "transcriptionCount": _counter(world.transcriptions),
            "endpointCount": _counter(world.endpoints),
        }
        return [
            wire.project(project, {name: counter[project.id] for name, counter in held.items()}) for project in projects
        ]

    async def list(self, request: Request) -> Response:
        address = self.simulation.wire(self.version).address("projects")
        size = self.world.options.switches.page_size
        values, following = page(
            self.world.projects.values(), request.query_params, address=address, fields=self.fields, size=size
        )
        return listed(self.shapes(values), following)

    async def create(self, request: Request) -> Response:
        body = await bodies.read(request)
        project = Project(
            id=new_id(),
            name=bodies.required(body, "displayName"),
            locale=bodies.required(body, "locale"),
            created=self.world.now(),
            description=bodies.optional(body, "description"),
            foundry=bodies.optional(body, FOUNDRY) if self.version.foundry else None,
            custom=bodies.custom_properties(body.get("customProperties")),
        )
        if project.locale not in self.world.locales():
            raise invalid("InvalidLocale", f"The locale '{project.locale}' is not supported.", "locale")
        self.world.projects[project.id] = project
        self.world.touch()
        ledger.made(project.id)
        (shape,) = self.shapes([project])
        return answer(shape, 201, {"Location": shape["self"]})

    async def get(self, request: Request) -> Response:
        (shape,) = self.shapes([find(self.world.projects, request, "project", "InvalidProject")])
        return answer(shape)

    async def update(self, request: Request) -> Response:
        """ProjectUpdate; everything is read before anything is changed."""
        body = await bodies.read(request)
        project = find(self.world.projects, request, "project", "InvalidProject")
        name = bodies.required(body, "displayName") if "displayName" in body else project.name
        description = bodies.optional(body, "description") if "description" in body else project.description
        foundry, custom = project.foundry, project.custom
        if FOUNDRY in body and self.version.foundry:
            foundry = bodies.optional(body, FOUNDRY)
        if "customProperties" in body:
            custom = bodies.patched(body["customProperties"], project.custom, self.world.options.switches)
        project.name, project.description = name, description
        project.foundry, project.custom = foundry, custom
        ledger.changed(project.id)
        self.world.touch()
        (shape,) = self.shapes([project])
        return answer(shape)

    async def delete(self, request: Request) -> Response:
        """204 also for one that did not exist (Projects_Delete)."""
        project = self.world.projects.get(request.path_params["id"].lower())
        if project:
            self.world.remove_project(project)
        return Response(status_code=204)

    async def endpoints(self, request: Request) -> Response:
        project = find(self.world.projects, request, "project", "InvalidProject")
        return self.endpoint_room.page(request, "projects", project.id, "endpoints", project=project.id)

    async def models(self, request: Request) -> Response:
        project = find(self.world.projects, request, "project", "InvalidProject")
        return self.model_room.page(request, "projects", project.id, "models", project=project.id)

    async def datasets(self, request: Request) -> Response:
        """Projects_ListDatasets: `kind` can be filtered too."""
        return self.studies(request, "datasets", self.world.datasets.values(), {"kind": lambda dataset: dataset.kind})

    async def evaluations(self, request: Request) -> Response:
        return self.studies(request, "evaluations", self.world.evaluations.values(), {})

    async def transcriptions(self, request: Request) -> Response:
        return self.studies(request, "transcriptions", self.world.transcriptions.values(), {})

    def studies(self, request: Request, noun: str, studies: Iterable[Study], more: Fields) -> Response:
        project = find(self.world.projects, request, "project", "InvalidProject")
        wire = self.simulation.wire(self.version)
        values, following = page(
            studies,
            request.query_params,
            address=wire.address("projects", project.id, noun),
            fields={**worked_fields(wire.now), **more},
            size=self.world.options.switches.page_size,
            keep=lambda one: one.project == project.id,
        )
        headers = retry_after(self.world, (one.work for one in values))
        return listed([study(one, wire) for one in values], following, headers)


def _counter(entities: Mapping[str, Any]) -> Counter[str | None]:
    return Counter(entity.project for entity in entities.values())
