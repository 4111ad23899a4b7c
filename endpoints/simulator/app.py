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

from .api.description import Described
from .api.errors import Refusal
from .api.middleware import Gate
from .api.versioning import mounts
from .content import blobs, container
from .control.routes import routes as control_routes
from .recognition.routes import RecognitionRoom
from .routes.base import Room, answer
from .routes.endpoints import EndpointRoom
from .routes.logs import LogRoom
from .routes.model_copies import CopyRoom
from .routes.model_files import ModelFileRoom
from .routes.models import ModelRoom
from .routes.projects import ProjectRoom
from .routes.web_hooks import HookRoom
from .simulation import Simulation
from .versions import Version

ROOMS: tuple[type[Room], ...] = (EndpointRoom, ModelRoom, ModelFileRoom, CopyRoom, HookRoom)


def build(simulation: Simulation) -> ASGIApp:
    """The API: management, recognition and, when asked for, the control addresses."""
    routes: list[BaseRoute] = [*mounts(simulation, lambda version: _management(simulation, version))]
    routes += RecognitionRoom(simulation).routes()
    if simulation.control:
        routes += control_routes(simulation)
    handlers: dict[Any, Any] = {Refusal: _refused, HTTPException: _unrouted, ClientDisconnect: _gone}
    app = Starlette(routes=routes, exception_handlers=handlers)
    app.router.redirect_slashes = False
    return Described(Gate(app, simulation, keyed=True))


def _management(simulation: Simulation, version: Version) -> list[Route]:
    """What a version does not have is no address there."""
    rooms = ROOMS
    if version.logs:
        rooms += (LogRoom,)
    if version.projects:
        rooms += (ProjectRoom,)
    return [route for room in rooms for route in room(simulation, version).routes()]


def build_content(simulation: Simulation) -> ASGIApp:
    """The origin of contentUrl."""
    return Gate(blobs.app(simulation, container.routes(simulation)), simulation, keyed=False)


async def _refused(_request: Request, error: Exception) -> Response:
    refusal = cast(Refusal, error)
    return answer(refusal.body, refusal.status, refusal.headers)


async def _gone(_request: Request, _error: Exception) -> None:
    """Half a request is none: whoever sent it is no longer there to be answered."""


async def _unrouted(_request: Request, exception: Exception) -> Response:
    """An address that is none gets the gateway's shape, a method that is none the service's."""
    error = cast(HTTPException, exception)
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        refusal = Refusal(405, "NotAllowed", "The method is not allowed here.")
        return answer(refusal.body, refusal.status, dict(error.headers or {}))
    return answer({"error": {"code": str(error.status_code), "message": "Resource not found"}}, error.status_code)
