"""The control routes under /_world/: ledger, faults, clock, reset. The service has none of them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from ..content import container
from ..iso8601 import iso
from ..routes import web_hooks
from ..simulation import Simulation
from . import answers
from .answers import bad_request
from .faults import Fault

MAX_ADVANCE = 3.2e9  # seconds, about a century; more would exceed the years that dates can have


class Regenerate(msgspec.Struct, forbid_unknown_fields=True):
    key: Literal[1, 2]


class Advance(msgspec.Struct, forbid_unknown_fields=True):
    seconds: Annotated[float, msgspec.Meta(ge=-MAX_ADVANCE, le=MAX_ADVANCE)]


def routes(simulation: Simulation) -> list[Route]:
    async def ledger(_request: Request) -> JSONResponse:
        return JSONResponse(simulation.ledger.as_json())

    async def faults(request: Request) -> JSONResponse:
        """Replace the list of faults."""
        try:
            simulation.faults = msgspec.json.decode(await request.body(), type=list[Fault])
        except msgspec.DecodeError as error:
            return bad_request(error)
        return JSONResponse({"faults": len(simulation.faults)})

    async def advance(request: Request) -> JSONResponse:
        """Move the clock; negative seconds move it back."""
        try:
            simulation.world.advance(msgspec.json.decode(await request.body(), type=Advance).seconds)
        except msgspec.DecodeError as error:
            return bad_request(error)
        return JSONResponse({"now": iso(simulation.world.now())})

    async def keys(request: Request) -> JSONResponse:
        """Both keys; a POST regenerates one of them first."""
        try:
            if request.method == "POST":
                simulation.regenerate(msgspec.json.decode(await request.body(), type=Regenerate).key)
        except msgspec.DecodeError as error:
            return bad_request(error)
        return JSONResponse({"keys": simulation.keys})

    async def stop(_request: Request) -> JSONResponse:
        """Stop the clock."""
        simulation.world.stop()
        return JSONResponse({"now": iso(simulation.world.now())})

    async def go(_request: Request) -> JSONResponse:
        """Start the clock again."""
        simulation.world.resume()
        return JSONResponse({"now": iso(simulation.world.now())})

    async def reset(request: Request) -> JSONResponse:
        """Start again with a new world; options in the body override those of the process."""
        try:
            overrides = msgspec.json.decode(await request.body() or b"{}", type=dict[str, Any])
            simulation.reset(overrides)
        except msgspec.DecodeError as error:
            return bad_request(error)
        return JSONResponse({"now": iso(simulation.world.now()), "options": msgspec.to_builtins(simulation.options)})

    return [
        *web_hooks.control_routes(simulation),
        *container.control_routes(simulation),
        *answers.routes(simulation),
        Route("/_world/ledger", ledger),
        Route("/_world/faults", faults, methods=["POST"]),
        Route("/_world/advance", advance, methods=["POST"]),
        Route("/_world/keys", keys, methods=["GET", "POST"]),
        Route("/_world/stop", stop, methods=["POST"]),
        Route("/_world/go", go, methods=["POST"]),
        Route("/_world/reset", reset, methods=["POST"]),
    ]
