"""Custom models and base models."""

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
from .base import Routes, find_or_404, json_response, page_response, retry_after, status_fields


class ModelRoutes(Routes):
    """All Models_* operations but those on files and manifests (model_files.py) and copies (model_copies.py)."""

    def routes(self) -> list[Route]:
        return [
            Route("/models/locales", self.locales),
            Route("/models/base", self.list_base),
            Route("/models/base/{id:entity_id}", self.get_base),
            Route("/models", self.list_custom),
            Route("/models", self.create, methods=["POST"]),
            Route("/models/{id:entity_id}", self.get_custom),
            Route("/models/{id:entity_id}", self.update, methods=["PATCH"]),
            Route("/models/{id:entity_id}", self.delete, methods=["DELETE"]),
        ]

    async def list_custom(self, request: Request) -> Response:
        return self.page(request, "models")

    async def list_base(self, request: Request) -> Response:
        return self.page(request, "models", "base", base=True)

    def page(self, request: Request, *path: str, base: bool = False, project: str | None = None) -> Response:
        """A page of models; with Retry-After for custom models only."""
        serializer = self.simulation.serializer(self.version)
        models = self.world.base_models if base else self.world.custom_models
        values, next_link = page(
            models.values(),
            request.query_params,
            address=serializer.address(*path),
            fields=status_fields(serializer.now),
            size=self.world.options.switches.page_size,
            keep=(lambda model: model.project == project) if project else None,
        )
        headers = {} if base else retry_after(self.world, (model.work for model in values))
        return page_response([serializer.model(model) for model in values], next_link, headers)

    async def create(self, request: Request) -> Response:
        """201 with Location, without Retry-After."""
        model = training.create(self.world, bodies.new_model(await bodies.read(request), self.version))
        shape = self.simulation.serializer(self.version).model(model)
        return json_response(shape, 201, {"Location": shape["self"]})

    async def get_custom(self, request: Request) -> Response:
        serializer = self.simulation.serializer(self.version)
        model = find_or_404(self.world.custom_models, request, "model", "InvalidModel")
        return json_response(serializer.model(model), headers=retry_after(self.world, [model.work]))

    async def get_base(self, request: Request) -> Response:
        serializer = self.simulation.serializer(self.version)
        return json_response(serializer.model(find_or_404(self.world.base_models, request, "model", "InvalidModel")))

    async def update(self, request: Request) -> Response:
        """Read the whole ModelUpdate before anything is changed."""
        body = await bodies.read(request)
        model = find_or_404(self.world.custom_models, request, "model", "InvalidModel")
        name = bodies.required(body, "displayName") if "displayName" in body else model.name
        description = bodies.optional(body, "description") if "description" in body else model.description
        project, custom = model.project, model.custom
        if "project" in body and self.version.projects:
            found = find_project(self.world, bodies.project_reference(body), model.locale)
            project = found.id if found else None
        if "customProperties" in body:
            custom = bodies.patched_custom_properties(
                body["customProperties"], model.custom, self.world.options.switches
            )
        model.name, model.description, model.project, model.custom = name, description, project, custom
        ledger.changed(model.id)
        self.world.mark_changed()
        shape = self.simulation.serializer(self.version).model(model)
        return json_response(shape, headers=retry_after(self.world, [model.work]))

    async def delete(self, request: Request) -> Response:
        """204, also for a missing model (contract); refused while an endpoint uses it."""
        self.world.remove_expired()
        model = self.world.custom_models.get(request.path_params["id"].lower())
        if model:
            model_id = model.id
            if any(self.world.is_used_by(endpoint, model_id) for endpoint in self.world.endpoints.values()):
                raise conflict("InUseViolation", "The model is used by an endpoint and cannot be deleted.")
            self.world.remove_model(model)
        return Response(status_code=204)
