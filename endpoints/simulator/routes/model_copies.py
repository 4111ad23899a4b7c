"""Copies of custom models between resources."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..api import bodies
from ..api.errors import invalid_argument
from ..iso8601 import iso, parse_moment
from ..rules import copies
from .base import Routes, find_or_404, json_response, retry_after

TARGET_PROPERTIES = ("targetResourceRegion", "targetResourceId", "targetResourceEndpoint")


class ModelCopyRoutes(Routes):
    """Models_AuthorizeCopy, Models_Copy, Operations_GetModelCopy."""

    def routes(self) -> list[Route]:
        return [
            Route("/models:authorizecopy", self.authorize, methods=["POST"]),
            Route("/models/{id:entity_id}:copy", self.copy, methods=["POST"]),
            Route("/operations/models/copy/{id}", self.operation),
        ]

    async def authorize(self, request: Request) -> Response:
        """200 with a ModelCopyAuthorization, which the caller passes to the source resource."""
        source = bodies.required(await bodies.read(request), "sourceResourceId")
        authorization = copies.authorize(self.world, source)
        return json_response(
            {
                "id": authorization.id,
                "sourceResourceId": source,
                "expirationDateTime": iso(authorization.expires),
                "targetResourceRegion": copies.REGION,
                "targetResourceId": copies.RESOURCE,
                "targetResourceEndpoint": self.simulation.origins.api,
            }
        )

    async def copy(self, request: Request) -> Response:
        """202 with an Operation, Operation-Location and Retry-After."""
        body = await bodies.read(request)
        model = find_or_404(self.world.custom_models, request, "model", "InvalidModel")
        for name in TARGET_PROPERTIES:
            bodies.required(body, name)
        try:
            parse_moment(bodies.required(body, "expirationDateTime"))
        except (ValueError, OverflowError):
            raise invalid_argument("InvalidPayload", "expirationDateTime is no date.", "expirationDateTime") from None
        model_copy = copies.copy(
            self.world, model, bodies.required(body, "id"), bodies.required(body, "sourceResourceId")
        )
        shape = self.simulation.serializer(self.version).operation(model_copy)
        headers = {"Operation-Location": shape["self"]} | retry_after(self.world, [model_copy.work])
        return json_response(shape, 202, headers)

    async def operation(self, request: Request) -> Response:
        """Retry-After until the copy is complete; its result then links to the new model."""
        model_copy = find_or_404(self.world.copies, request, "operation")
        shape = self.simulation.serializer(self.version).operation(model_copy)
        return json_response(shape, headers=retry_after(self.world, [model_copy.work]))
