"""The control addresses under /_world/: ledger, faults, clock, reset. None of them is simulated."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from ..content import container
from ..iso8601 import iso
from ..routes import web_hooks
from ..simulation import Simulation
from .faults import Fault

CENTURY = 3.2e9  # seconds; beyond, dates cannot be written any more


class Advance(msgspec.Struct, forbid_unknown_fields=True):
    seconds: Annotated[float, msgspec.Meta(ge=-CENTURY, le=CENTURY)]


def routes(simulation: Simulation) -> list[Route]:
    async def ledger(_request: Request) -> JSONResponse:
        return JSONResponse(simulation.ledger.plain())

    async def faults(request: Request) -> JSONResponse:
        """Replace the list of faults."""
        try:
            simulation.faults = msgspec.json.decode(await request.body(), type=list[Fault])
        except msgspec.DecodeError as error:
            return _refused(error)
        return JSONResponse({"faults": len(simulation.faults)})

    async def advance(request: Request) -> JSONResponse:
        """Move the clock; negative seconds move it back."""
        try:
            simulation.world.advance(msgspec.json.decode(await request.body(), type=Advance).seconds)
        except msgspec.DecodeError as error:
            return _refused(error)
        return JSONResponse({"now": iso(simulation.world.now())})

    async def stop(_request: Request) -> JSONResponse:
        """Stop the clock."""
        simulation.world.stop()
        return JSONResponse({"now": iso(simulation.world.now())})

    async def go(_request: Request) -> JSONResponse:
        """Let the clock go on from where it stands."""
        simulation.world.go()
        return JSONResponse({"now": iso(simulation.world.now())})

    async def reset(request: Request) -> JSONResponse:
        """Back to the start, with the options of the body instead of those of the process."""
        try:
            wishes = msgspec.json.decode(await request.body() or b"{}", type=dict[str, Any])
            simulation.reset(wishes)
        except msgspec.DecodeError as error:
            return _refused(error)
        return JSONResponse({"now": iso(simulation.world.now()), "options": msgspec.to_builtins(simulation.options)})

    return [
        *web_hooks.control_routes(simulation),
        *container.control_routes(simulation),
        Route("/_world/ledger", ledger),
        Route("/_world/faults", faults, methods=["POST"]),
        Route("/_world/advance", advance, methods=["POST"]),
        Route("/_world/stop", stop, methods=["POST"]),
        Route("/_world/go", go, methods=["POST"]),
        Route("/_world/reset", reset, methods=["POST"]),
    ]


def _refused(error: msgspec.DecodeError) -> JSONResponse:
    return JSONResponse({"code": "InvalidRequest", "message": str(error)}, 400)
