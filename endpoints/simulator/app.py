"""The two ASGI applications: the API and, at another origin, the content of logs and models."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from .api.description import DescriptionMiddleware
from .api.errors import ApiError
from .api.middleware import Middleware
from .api.versioning import mount_versions
from .content import blobs, container
from .control.routes import routes as control_routes
from .recognition.routes import RecognitionRoutes
from .routes.base import Routes, json_response
from .routes.endpoints import EndpointRoutes
from .routes.logs import LogRoutes
from .routes.model_copies import ModelCopyRoutes
from .routes.model_files import ModelFileRoutes
from .routes.models import ModelRoutes
from .routes.projects import ProjectRoutes
from .routes.web_hooks import WebHookRoutes
from .simulation import Simulation
from .streaming.routes import StreamingRoutes
from .versions import ServedVersion

ROUTES: tuple[type[Routes], ...] = (EndpointRoutes, ModelRoutes, ModelFileRoutes, ModelCopyRoutes, WebHookRoutes)


def build(simulation: Simulation) -> ASGIApp:
    """The API: management, recognition and, with `control`, the control routes."""
    routes: list[BaseRoute] = [*mount_versions(simulation, lambda version: _management(simulation, version))]
    routes += RecognitionRoutes(simulation).routes()
    routes += StreamingRoutes(simulation).routes()
    if simulation.control:
        routes += control_routes(simulation)
    handlers: dict[Any, Any] = {
        ApiError: _api_error,
        HTTPException: _routing_error,
        ClientDisconnect: _client_disconnected,
    }
    app = Starlette(routes=routes, exception_handlers=handlers)
    app.router.redirect_slashes = False
    return DescriptionMiddleware(Middleware(app, simulation, keyed=True))


def _management(simulation: Simulation, version: ServedVersion) -> list[Route]:
    """The management routes of one version."""
    kinds = ROUTES
    if version.logs:
        kinds += (LogRoutes,)
    if version.projects:
        kinds += (ProjectRoutes,)
    return [route for kind in kinds for route in kind(simulation, version).routes()]


def build_content(simulation: Simulation) -> ASGIApp:
    """The origin of content URLs."""
    return Middleware(blobs.app(simulation, container.routes(simulation)), simulation, keyed=False)


async def _api_error(_request: Request, error: Exception) -> Response:
    api_error = cast(ApiError, error)
    return json_response(api_error.body, api_error.status, api_error.headers)


async def _client_disconnected(_request: Request, _error: Exception) -> None:
    """Send no response: the client has disconnected before its request was complete."""


async def _routing_error(_request: Request, exception: Exception) -> Response:
    """An unknown path gets an error of the gateway, a method that is not allowed one of the service."""
    error = cast(HTTPException, exception)
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        api_error = ApiError(405, "NotAllowed", "The method is not allowed here.")
        return json_response(api_error.body, api_error.status, dict(error.headers or {}))
    return json_response(
        {"error": {"code": str(error.status_code), "message": "Resource not found"}}, error.status_code
    )
