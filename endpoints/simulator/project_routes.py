"""/projects: list, locales, create, get, update, delete, and the endpoints and models of one."""

from __future__ import annotations

from collections import Counter

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from . import bodies, ledger
from .answering import PROJECT_FIELDS, Room, answer, find, listed
from .endpoint_routes import EndpointRoom
from .entities import Project
from .model_routes import ModelRoom
from .paging import page
from .refusals import invalid
from .simulation import Simulation
from .wire import Json
from .world import new_id


class ProjectRoom(Room):
    """speechtotext-v3.2.json, Projects_*."""

    def __init__(self, simulation: Simulation, version: str) -> None:
        super().__init__(simulation, version)
        self.endpoint_room = EndpointRoom(simulation, version)
        self.model_room = ModelRoom(simulation, version)

    def routes(self) -> list[Route]:
        return [
            Route("/projects/locales", self.locales),
            Route("/projects", self.list),
            Route("/projects", self.create, methods=["POST"]),
            Route("/projects/{id}", self.get),
            Route("/projects/{id}", self.update, methods=["PATCH"]),
            Route("/projects/{id}", self.delete, methods=["DELETE"]),
            Route("/projects/{id}/endpoints", self.endpoints),
            Route("/projects/{id}/models", self.models),
        ]

    def shapes(self, projects: list[Project]) -> list[Json]:
        """The counts are made in one pass over all entities."""
        wire = self.simulation.wire(self.version)
        endpoints = Counter(endpoint.project for endpoint in self.world.endpoints.values())
        models = Counter(model.project for model in self.world.custom_models.values())
        return [wire.project(project, endpoints[project.id], models[project.id]) for project in projects]

    async def list(self, request: Request) -> Response:
        address = self.simulation.wire(self.version).address("projects")
        size = self.world.options.switches.page_size
        values, following = page(
            self.world.projects.values(), request.query_params, address=address, fields=PROJECT_FIELDS, size=size
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
        custom = project.custom
        if "customProperties" in body:
            custom = bodies.patched(body["customProperties"], project.custom, self.world.options.switches)
        project.name, project.description, project.custom = name, description, custom
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
