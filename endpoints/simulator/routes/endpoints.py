"""/endpoints: list, locales, create, get, update, delete."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..api import bodies
from ..api.paging import page
from ..rules import deployment
from .base import Room, answer, find, listed, retry_after, worked_fields


class EndpointRoom(Room):
    """Endpoints_*; the logs have a room of their own."""

    def routes(self) -> list[Route]:
        return [
            Route("/endpoints/locales", self.locales),
            Route("/endpoints", self.list),
            Route("/endpoints", self.create, methods=["POST"]),
            Route("/endpoints/{id:thing}", self.get),
            Route("/endpoints/{id:thing}", self.update, methods=["PATCH"]),
            Route("/endpoints/{id:thing}", self.delete, methods=["DELETE"]),
        ]

    async def list(self, request: Request) -> Response:
        return self.page(request, "endpoints")

    def page(self, request: Request, *path: str, project: str | None = None) -> Response:
        """All endpoints, or those of a project, in order of creation."""
        wire = self.simulation.wire(self.version)
        values, following = page(
            self.world.endpoints.values(),
            request.query_params,
            address=wire.address(*path),
            fields=worked_fields(wire.now),
            size=self.world.options.switches.page_size,
            keep=(lambda endpoint: endpoint.project == project) if project else None,
        )
        headers = retry_after(self.world, (endpoint.work for endpoint in values))
        return listed([wire.endpoint(endpoint) for endpoint in values], following, headers)

    async def create(self, request: Request) -> Response:
        """201 with Location; no Retry-After (api-facts 2)."""
        wish = bodies.new_endpoint(await bodies.read(request), self.version, self.world.options.switches)
        self.world.sweep()
        endpoint = deployment.create(self.world, wish)
        shape = self.simulation.wire(self.version).endpoint(endpoint)
        return answer(shape, 201, {"Location": shape["self"]})

    async def get(self, request: Request) -> Response:
        wire = self.simulation.wire(self.version)
        endpoint = find(self.world.endpoints, request, "endpoint")
        return answer(wire.endpoint(endpoint), headers=retry_after(self.world, [endpoint.work]))

    async def update(self, request: Request) -> Response:
        body = await bodies.read(request)
        self.world.sweep()
        endpoint = find(self.world.endpoints, request, "endpoint")
        wish = bodies.endpoint_change(body, endpoint.custom, self.version, self.world.options.switches)
        deployment.change(self.world, endpoint, wish)
        shape = self.simulation.wire(self.version).endpoint(endpoint)
        return answer(shape, headers=retry_after(self.world, [endpoint.work]))

    async def delete(self, request: Request) -> Response:
        """Also while a deployment runs. What a missing endpoint gets is a switch: the contract is silent."""
        self.world.sweep()
        if self.world.options.switches.delete_missing_endpoint == 204:
            endpoint = self.world.endpoints.get(request.path_params["id"].lower())
        else:
            endpoint = find(self.world.endpoints, request, "endpoint")
        if endpoint:
            self.world.remove_endpoint(endpoint)
        return Response(status_code=204)
