"""The two ASGI applications: the API and, at another origin, the content of the logs."""

from __future__ import annotations

from http import HTTPStatus
from typing import cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.types import ASGIApp

from . import content, control
from .answering import answer
from .endpoint_routes import EndpointRoom
from .gate import Gate
from .log_routes import LogRoom
from .model_routes import ModelRoom
from .project_routes import ProjectRoom
from .recognition import RecognitionRoom
from .refusals import Refusal
from .simulation import Simulation

VERSION = "v3.2"


def build(simulation: Simulation) -> ASGIApp:
    """The API: management, recognition and, when asked for, the control addresses."""
    rooms = (LogRoom, EndpointRoom, ModelRoom, ProjectRoom)
    management = [route for room in rooms for route in room(simulation, VERSION).routes()]
    routes: list[BaseRoute] = [Mount(f"/speechtotext/{VERSION}", routes=management)]
    routes += RecognitionRoom(simulation).routes()
    if simulation.control:
        routes += control.routes(simulation)
    handlers = {Refusal: _refused, HTTPException: _unrouted}
    app = Starlette(routes=routes, exception_handlers=handlers)
    app.router.redirect_slashes = False
    return Gate(app, simulation, keyed=True)


def build_content(simulation: Simulation) -> ASGIApp:
    """The origin of contentUrl."""
    return Gate(content.app(simulation), simulation, keyed=False)


async def _refused(_request: Request, error: Exception) -> Response:
    refusal = cast(Refusal, error)
    return answer(refusal.body, refusal.status, refusal.headers)


async def _unrouted(_request: Request, exception: Exception) -> Response:
    """An address that is none gets the gateway's shape, a method that is none the service's."""
    error = cast(HTTPException, exception)
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        refusal = Refusal(405, "NotAllowed", "The method is not allowed here.")
        return answer(refusal.body, refusal.status, dict(error.headers or {}))
    return answer({"error": {"code": str(error.status_code), "message": "Resource not found"}}, error.status_code)
