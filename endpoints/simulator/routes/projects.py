"""Projects, and the lists of what belongs to them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..api import bodies
from ..api.errors import invalid_argument
from ..api.filters import Fields
from ..api.item_serializer import project_item_json
from ..api.paging import page
from ..api.serializer import Json
from ..control import ledger
from ..simulation import Simulation
from ..world.entities import Project
from ..world.project_items import ProjectItem
from ..world.world import new_id
from .base import PROJECT_FIELDS, Routes, find_or_404, json_response, page_response, retry_after, status_fields
from .endpoints import EndpointRoutes
from .models import ModelRoutes

FOUNDRY = "foundryProjectName"


class ProjectRoutes(Routes):
    """Projects_*, in v3.2 and 2025-10-15."""

    def __init__(self, simulation: Simulation, version: str) -> None:
        super().__init__(simulation, version)
        self.endpoint_routes = EndpointRoutes(simulation, version)
        self.model_routes = ModelRoutes(simulation, version)

    def routes(self) -> list[Route]:
        return [
            Route("/projects/locales", self.locales),
            Route("/projects", self.list),
            Route("/projects", self.create, methods=["POST"]),
            Route("/projects/{id:entity_id}", self.get),
            Route("/projects/{id:entity_id}", self.update, methods=["PATCH"]),
            Route("/projects/{id:entity_id}", self.delete, methods=["DELETE"]),
            Route("/projects/{id:entity_id}/endpoints", self.endpoints),
            Route("/projects/{id:entity_id}/models", self.models),
            Route("/projects/{id:entity_id}/datasets", self.datasets),
            Route("/projects/{id:entity_id}/evaluations", self.evaluations),
            Route("/projects/{id:entity_id}/transcriptions", self.transcriptions),
        ]

    @property
    def fields(self) -> Fields:
        """Filterable properties of projects; 2025-10-15 has one more."""
        if not self.version.foundry:
            return PROJECT_FIELDS
        return {**PROJECT_FIELDS, FOUNDRY: lambda project: project.foundry or ""}

    def shapes(self, projects: list[Project]) -> list[Json]:
        """Projects as JSON; the counts need only one pass over all entities."""
        serializer = self.simulation.serializer(self.version)
        world = self.world
        counters = {
            "datasetCount": _counter(world.datasets),
            "evaluationCount": _counter(world.evaluations),
            "modelCount": _counter(world.custom_models),
            "transcriptionCount": _counter(world.transcriptions),
            "endpointCount": _counter(world.endpoints),
        }
        return [
            serializer.project(project, {name: counter[project.id] for name, counter in counters.items()})
            for project in projects
        ]

    async def list(self, request: Request) -> Response:
        address = self.simulation.serializer(self.version).address("projects")
        size = self.world.options.switches.page_size
        values, next_link = page(
            self.world.projects.values(), request.query_params, address=address, fields=self.fields, size=size
        )
        return page_response(self.shapes(values), next_link)

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
            raise invalid_argument("InvalidLocale", f"The locale '{project.locale}' is not supported.", "locale")
        self.world.projects[project.id] = project
        self.world.mark_changed()
        ledger.made(project.id)
        (shape,) = self.shapes([project])
        return json_response(shape, 201, {"Location": shape["self"]})

    async def get(self, request: Request) -> Response:
        (shape,) = self.shapes([find_or_404(self.world.projects, request, "project", "InvalidProject")])
        return json_response(shape)

    async def update(self, request: Request) -> Response:
        """Read the whole ProjectUpdate before anything is changed."""
        body = await bodies.read(request)
        project = find_or_404(self.world.projects, request, "project", "InvalidProject")
        name = bodies.required(body, "displayName") if "displayName" in body else project.name
        description = bodies.optional(body, "description") if "description" in body else project.description
        foundry, custom = project.foundry, project.custom
        if FOUNDRY in body and self.version.foundry:
            foundry = bodies.optional(body, FOUNDRY)
        if "customProperties" in body:
            custom = bodies.patched_custom_properties(
                body["customProperties"], project.custom, self.world.options.switches
            )
        project.name, project.description = name, description
        project.foundry, project.custom = foundry, custom
        ledger.changed(project.id)
        self.world.mark_changed()
        (shape,) = self.shapes([project])
        return json_response(shape)

    async def delete(self, request: Request) -> Response:
        """204, also for a missing project (contract)."""
        project = self.world.projects.get(request.path_params["id"].lower())
        if project:
            self.world.remove_project(project)
        return Response(status_code=204)

    async def endpoints(self, request: Request) -> Response:
        project = find_or_404(self.world.projects, request, "project", "InvalidProject")
        return self.endpoint_routes.page(request, "projects", project.id, "endpoints", project=project.id)

    async def models(self, request: Request) -> Response:
        project = find_or_404(self.world.projects, request, "project", "InvalidProject")
        return self.model_routes.page(request, "projects", project.id, "models", project=project.id)

    async def datasets(self, request: Request) -> Response:
        """Projects_ListDatasets; `kind` is filterable, too."""
        return self.project_items(
            request, "datasets", self.world.datasets.values(), {"kind": lambda dataset: dataset.kind}
        )

    async def evaluations(self, request: Request) -> Response:
        return self.project_items(request, "evaluations", self.world.evaluations.values(), {})

    async def transcriptions(self, request: Request) -> Response:
        return self.project_items(request, "transcriptions", self.world.transcriptions.values(), {})

    def project_items(
        self, request: Request, kind: str, project_items: Iterable[ProjectItem], more: Fields
    ) -> Response:
        project = find_or_404(self.world.projects, request, "project", "InvalidProject")
        serializer = self.simulation.serializer(self.version)
        values, next_link = page(
            project_items,
            request.query_params,
            address=serializer.address("projects", project.id, kind),
            fields={**status_fields(serializer.now), **more},
            size=self.world.options.switches.page_size,
            keep=lambda one: one.project == project.id,
        )
        headers = retry_after(self.world, (one.work for one in values))
        return page_response([project_item_json(one, serializer) for one in values], next_link, headers)


def _counter(entities: Mapping[str, Any]) -> Counter[str | None]:
    return Counter(entity.project for entity in entities.values())
