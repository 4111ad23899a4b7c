"""Manifests of base and custom models, and the files of custom ones."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..api.content_urls import content_url, content_url_validity, validity_parameter
from ..api.errors import invalid_argument, not_found
from ..api.paging import page
from ..api.serializer import Json
from ..content import model_files
from ..world.entities import Model
from .base import FILE_FIELDS, Routes, find_or_404, json_response, page_response, retry_after


class ModelFileRoutes(Routes):
    """Models_GetCustomModelManifest, Models_GetBaseModelManifest, Models_ListFiles, Models_GetFile."""

    def routes(self) -> list[Route]:
        return [
            Route("/models/base/{id:entity_id}/manifest", self.base_manifest),
            Route("/models/{id:entity_id}/manifest", self.custom_manifest),
            Route("/models/{id:entity_id}/files", self.list),
            Route("/models/{id:entity_id}/files/{file}", self.get),
        ]

    def content_url_validity(self, request: Request, *, required: bool = False) -> int | None:
        return content_url_validity(request.query_params, self.version, self.world.options.switches, required=required)

    async def base_manifest(self, request: Request) -> Response:
        return self.manifest(request, find_or_404(self.world.base_models, request, "model", "InvalidModel"))

    async def custom_manifest(self, request: Request) -> Response:
        return self.manifest(request, find_or_404(self.world.custom_models, request, "model", "InvalidModel"))

    def manifest(self, request: Request, model: Model) -> Response:
        """Contract: ModelManifest. From 2024-11-15 on the validity of its URLs is required."""
        serializer = self.simulation.serializer(self.version)
        seconds = self.content_url_validity(request, required=True)
        manifest_files = model_files.manifest_files(self.world, model)
        if not manifest_files:
            raise invalid_argument("InvalidModel", "Only a model with the status Succeeded has a manifest.")
        body: Json = {
            "model": serializer.reference(*serializer.model_path(model.id)),
            "modelFiles": [
                {"name": part.name, "contentUrl": content_url(serializer, model_files.path_of(model, part), seconds)}
                for part in manifest_files
            ],
            "properties": model_files.manifest_properties(model),
        }
        return json_response(body)

    def shape(self, model: Model, file: model_files.ModelFile, seconds: int | None) -> Json:
        serializer = self.simulation.serializer(self.version)
        return serializer.file(
            file.name,
            file.kind or "",
            file.size,
            file.created,
            content_url(serializer, model_files.path_of(model, file), seconds),
            ("models", model.id, "files", file.id),
        )

    async def list(self, request: Request) -> Response:
        """Retry-After during training: afterwards there is a report."""
        serializer = self.simulation.serializer(self.version)
        model = find_or_404(self.world.custom_models, request, "model", "InvalidModel")
        seconds = self.content_url_validity(request)
        values, next_link = page(
            model_files.files(self.world, model),
            request.query_params,
            address=serializer.address("models", model.id, "files"),
            fields=FILE_FIELDS,
            size=self.world.options.switches.page_size,
            carried=(validity_parameter(self.version),),
        )
        shapes = [self.shape(model, file, seconds) for file in values]
        return page_response(shapes, next_link, retry_after(self.world, [model.work]))

    async def get(self, request: Request) -> Response:
        model = find_or_404(self.world.custom_models, request, "model", "InvalidModel")
        seconds = self.content_url_validity(request)
        wanted = request.path_params["file"].lower()
        for file in model_files.files(self.world, model):
            if file.id == wanted:
                return json_response(self.shape(model, file, seconds))
        raise not_found("file")
