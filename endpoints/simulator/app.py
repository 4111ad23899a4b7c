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

from . import container, content, control
from .answering import Room, answer
from .copy_routes import CopyRoom
from .description import Described
from .endpoint_routes import EndpointRoom
from .gate import Gate
from .hook_routes import HookRoom
from .log_routes import LogRoom
from .model_file_routes import ModelFileRoom
from .model_routes import ModelRoom
from .project_routes import ProjectRoom
from .recognition import RecognitionRoom
from .refusals import Refusal
from .simulation import Simulation
from .versioned import mounts
from .versions import Version

ROOMS: tuple[type[Room], ...] = (EndpointRoom, ModelRoom, ModelFileRoom, CopyRoom, HookRoom)


def build(simulation: Simulation) -> ASGIApp:
    """The API: management, recognition and, when asked for, the control addresses."""
    routes: list[BaseRoute] = [*mounts(simulation, lambda version: _management(simulation, version))]
    routes += RecognitionRoom(simulation).routes()
    if simulation.control:
        routes += control.routes(simulation)
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
    return Gate(content.app(simulation, container.routes(simulation)), simulation, keyed=False)


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
