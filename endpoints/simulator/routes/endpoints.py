"""Endpoints_List, _ListSupportedLocales, _Create, _Get, _Update, _Delete."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..api import bodies
from ..api.paging import page
from ..rules import deployment
from .base import Routes, find_or_404, json_response, page_response, retry_after, status_fields


class EndpointRoutes(Routes):
    """All Endpoints_* operations but those on logs (logs.py)."""

    def routes(self) -> list[Route]:
        return [
            Route("/endpoints/locales", self.locales),
            Route("/endpoints", self.list),
            Route("/endpoints", self.create, methods=["POST"]),
            Route("/endpoints/{id:entity_id}", self.get),
            Route("/endpoints/{id:entity_id}", self.update, methods=["PATCH"]),
            Route("/endpoints/{id:entity_id}", self.delete, methods=["DELETE"]),
        ]

    async def list(self, request: Request) -> Response:
        return self.page(request, "endpoints")

    def page(self, request: Request, *path: str, project: str | None = None) -> Response:
        """All endpoints, or those of a project, in order of creation."""
        serializer = self.simulation.serializer(self.version)
        values, next_link = page(
            self.world.endpoints.values(),
            request.query_params,
            address=serializer.address(*path),
            fields=status_fields(serializer.now),
            size=self.world.options.switches.page_size,
            keep=(lambda endpoint: endpoint.project == project) if project else None,
        )
        headers = retry_after(self.world, (endpoint.work for endpoint in values))
        return page_response([serializer.endpoint(endpoint) for endpoint in values], next_link, headers)

    async def create(self, request: Request) -> Response:
        """201 with Location, without Retry-After."""
        new = bodies.new_endpoint(await bodies.read(request), self.version, self.world.options.switches)
        self.world.remove_expired()
        endpoint = deployment.create(self.world, new)
        shape = self.simulation.serializer(self.version).endpoint(endpoint)
        return json_response(shape, 201, {"Location": shape["self"]})

    async def get(self, request: Request) -> Response:
        serializer = self.simulation.serializer(self.version)
        endpoint = find_or_404(self.world.endpoints, request, "endpoint")
        return json_response(serializer.endpoint(endpoint), headers=retry_after(self.world, [endpoint.work]))

    async def update(self, request: Request) -> Response:
        body = await bodies.read(request)
        self.world.remove_expired()
        endpoint = find_or_404(self.world.endpoints, request, "endpoint")
        change = bodies.endpoint_change(body, endpoint.custom, self.version, self.world.options.switches)
        deployment.change(self.world, endpoint, change)
        shape = self.simulation.serializer(self.version).endpoint(endpoint)
        return json_response(shape, headers=retry_after(self.world, [endpoint.work]))

    async def delete(self, request: Request) -> Response:
        """Also during a deployment. A switch decides about a missing endpoint: the contract does not define it."""
        self.world.remove_expired()
        if self.world.options.switches.delete_missing_endpoint == 204:
            endpoint = self.world.endpoints.get(request.path_params["id"].lower())
        else:
            endpoint = find_or_404(self.world.endpoints, request, "endpoint")
        if endpoint:
            self.world.remove_endpoint(endpoint)
        return Response(status_code=204)
