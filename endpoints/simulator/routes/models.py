"""/models and /models/base: lists, locales, get; create, update and delete of custom models."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..api import bodies
from ..api.errors import conflict
from ..api.paging import page
from ..control import ledger
from ..rules import training
from ..rules.deployment import find_project
from .base import Room, answer, find, listed, retry_after, worked_fields


class ModelRoom(Room):
    """Models_*; files, manifests and copies have rooms of their own."""

    def routes(self) -> list[Route]:
        return [
            Route("/models/locales", self.locales),
            Route("/models/base", self.list_base),
            Route("/models/base/{id:thing}", self.get_base),
            Route("/models", self.list_custom),
            Route("/models", self.create, methods=["POST"]),
            Route("/models/{id:thing}", self.get_custom),
            Route("/models/{id:thing}", self.update, methods=["PATCH"]),
            Route("/models/{id:thing}", self.delete, methods=["DELETE"]),
        ]

    async def list_custom(self, request: Request) -> Response:
        return self.page(request, "models")

    async def list_base(self, request: Request) -> Response:
        return self.page(request, "models", "base", base=True)

    def page(self, request: Request, *path: str, base: bool = False, project: str | None = None) -> Response:
        """Retry-After for custom models only (api-facts 2)."""
        wire = self.simulation.wire(self.version)
        models = self.world.base_models if base else self.world.custom_models
        values, following = page(
            models.values(),
            request.query_params,
            address=wire.address(*path),
            fields=worked_fields(wire.now),
            size=self.world.options.switches.page_size,
            keep=(lambda model: model.project == project) if project else None,
        )
        headers = {} if base else retry_after(self.world, (model.work for model in values))
        return listed([wire.model(model) for model in values], following, headers)

    async def create(self, request: Request) -> Response:
        """201 with Location; no Retry-After (api-facts 2)."""
        model = training.create(self.world, bodies.new_model(await bodies.read(request), self.version))
        shape = self.simulation.wire(self.version).model(model)
        return answer(shape, 201, {"Location": shape["self"]})

    async def get_custom(self, request: Request) -> Response:
        wire = self.simulation.wire(self.version)
        model = find(self.world.custom_models, request, "model", "InvalidModel")
        return answer(wire.model(model), headers=retry_after(self.world, [model.work]))

    async def get_base(self, request: Request) -> Response:
        wire = self.simulation.wire(self.version)
        return answer(wire.model(find(self.world.base_models, request, "model", "InvalidModel")))

    async def update(self, request: Request) -> Response:
        """ModelUpdate; everything is read before anything is changed."""
        body = await bodies.read(request)
        model = find(self.world.custom_models, request, "model", "InvalidModel")
        name = bodies.required(body, "displayName") if "displayName" in body else model.name
        description = bodies.optional(body, "description") if "description" in body else model.description
        project, custom = model.project, model.custom
        if "project" in body and self.version.projects:
            home = find_project(self.world, bodies.project_reference(body), model.locale)
            project = home.id if home else None
        if "customProperties" in body:
            custom = bodies.patched(body["customProperties"], model.custom, self.world.options.switches)
        model.name, model.description, model.project, model.custom = name, description, project, custom
        ledger.changed(model.id)
        self.world.touch()
        shape = self.simulation.wire(self.version).model(model)
        return answer(shape, headers=retry_after(self.world, [model.work]))

    async def delete(self, request: Request) -> Response:
        """204 also for one that did not exist (Models_Delete); refused while an endpoint uses it."""
        self.world.sweep()
        model = self.world.custom_models.get(request.path_params["id"].lower())
        if model:
            model_id = model.id
            if any(self.world.uses(endpoint, model_id) for endpoint in self.world.endpoints.values()):
                raise conflict("InUseViolation", "The model is used by an endpoint and cannot be deleted.")
            self.world.remove_model(model)
        return Response(status_code=204)
