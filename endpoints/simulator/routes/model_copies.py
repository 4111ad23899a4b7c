"""/models:authorizecopy, /models/{id}:copy, and the operation that a copy is."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..api import bodies
from ..api.errors import invalid
from ..iso8601 import iso, moment_of
from ..rules import copies
from .base import Room, answer, find, retry_after

PLACES = ("targetResourceRegion", "targetResourceId", "targetResourceEndpoint")


class CopyRoom(Room):
    """Models_AuthorizeCopy, Models_Copy, Operations_GetModelCopy."""

    def routes(self) -> list[Route]:
        return [
            Route("/models:authorizecopy", self.authorize, methods=["POST"]),
            Route("/models/{id:thing}:copy", self.copy, methods=["POST"]),
            Route("/operations/models/copy/{id}", self.operation),
        ]

    async def authorize(self, request: Request) -> Response:
        """200 ModelCopyAuthorization: what the caller hands to the source."""
        source = bodies.required(await bodies.read(request), "sourceResourceId")
        authorization = copies.authorize(self.world, source)
        return answer(
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
        """202 Operation, Operation-Location and Retry-After."""
        body = await bodies.read(request)
        model = find(self.world.custom_models, request, "model", "InvalidModel")
        for name in PLACES:
            bodies.required(body, name)
        try:
            moment_of(bodies.required(body, "expirationDateTime"))
        except (ValueError, OverflowError):
            raise invalid("InvalidPayload", "expirationDateTime is no date.", "expirationDateTime") from None
        made = copies.copy(self.world, model, bodies.required(body, "id"), bodies.required(body, "sourceResourceId"))
        shape = self.simulation.wire(self.version).operation(made)
        headers = {"Operation-Location": shape["self"]} | retry_after(self.world, [made.work])
        return answer(shape, 202, headers)

    async def operation(self, request: Request) -> Response:
        """Retry-After until the copy is done; the result then leads to the new model."""
        made = find(self.world.copies, request, "operation")
        shape = self.simulation.wire(self.version).operation(made)
        return answer(shape, headers=retry_after(self.world, [made.work]))
