"""Manifests of base and custom models, and the files of custom ones."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..api.content_urls import content_url, lifetime, parameter
from ..api.errors import invalid, missing
from ..api.paging import page
from ..api.serializer import Json
from ..content import model_files
from ..world.entities import Model
from .base import FILE_FIELDS, Room, answer, find, listed, retry_after


class ModelFileRoom(Room):
    """Models_GetCustomModelManifest, Models_GetBaseModelManifest, Models_ListFiles, Models_GetFile."""

    def routes(self) -> list[Route]:
        return [
            Route("/models/base/{id:thing}/manifest", self.base_manifest),
            Route("/models/{id:thing}/manifest", self.custom_manifest),
            Route("/models/{id:thing}/files", self.list),
            Route("/models/{id:thing}/files/{file}", self.get),
        ]

    def lifetime(self, request: Request, *, required: bool = False) -> int | None:
        return lifetime(request.query_params, self.version, self.world.options.switches, required=required)

    async def base_manifest(self, request: Request) -> Response:
        return self.manifest(request, find(self.world.base_models, request, "model", "InvalidModel"))

    async def custom_manifest(self, request: Request) -> Response:
        return self.manifest(request, find(self.world.custom_models, request, "model", "InvalidModel"))

    def manifest(self, request: Request, model: Model) -> Response:
        """ModelManifest. The lifetime of its URLs is required from 2024-11-15 on (api-facts 13)."""
        wire = self.simulation.wire(self.version)
        seconds = self.lifetime(request, required=True)
        parts = model_files.parts(self.world, model)
        if not parts:
            raise invalid("InvalidModel", "Only a model with the status Succeeded has a manifest.")
        body: Json = {
            "model": wire.reference(*wire.model_path(model.id)),
            "modelFiles": [
                {"name": part.name, "contentUrl": content_url(wire, model_files.path_of(model, part), seconds)}
                for part in parts
            ],
            "properties": model_files.settings(model),
        }
        return answer(body)

    def shape(self, model: Model, file: model_files.ModelFile, seconds: int | None) -> Json:
        wire = self.simulation.wire(self.version)
        return wire.file(
            file.name,
            file.kind or "",
            file.size,
            file.created,
            content_url(wire, model_files.path_of(model, file), seconds),
            ("models", model.id, "files", file.id),
        )

    async def list(self, request: Request) -> Response:
        """Retry-After while the model is trained: its report is still to come."""
        wire = self.simulation.wire(self.version)
        model = find(self.world.custom_models, request, "model", "InvalidModel")
        seconds = self.lifetime(request)
        values, following = page(
            model_files.files(self.world, model),
            request.query_params,
            address=wire.address("models", model.id, "files"),
            fields=FILE_FIELDS,
            size=self.world.options.switches.page_size,
            carried=(parameter(self.version),),
        )
        shapes = [self.shape(model, file, seconds) for file in values]
        return listed(shapes, following, retry_after(self.world, [model.work]))

    async def get(self, request: Request) -> Response:
        model = find(self.world.custom_models, request, "model", "InvalidModel")
        seconds = self.lifetime(request)
        wanted = request.path_params["file"].lower()
        for file in model_files.files(self.world, model):
            if file.id == wanted:
                return answer(self.shape(model, file, seconds))
        raise missing("file")
