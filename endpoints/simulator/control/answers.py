"""Who answers, as tests control it: an endpoint that a base model answers for, and a base model that has learned."""

from __future__ import annotations

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from ..simulation import Simulation
from ..world.entities import Endpoint


class ServesBase(Struct, forbid_unknown_fields=True):
    endpoint: str
    on: bool = True


class Learn(Struct, forbid_unknown_fields=True):
    endpoint: str


def routes(simulation: Simulation) -> list[Route]:
    def found(endpoint_id: str) -> Endpoint:
        """An endpoint; msgspec.ValidationError if there is none."""
        try:
            return simulation.world.endpoints[endpoint_id.lower()]
        except KeyError:
            raise msgspec.ValidationError("There is no such endpoint.") from None

    async def serves_base(request: Request) -> JSONResponse:
        """The endpoints that a base model answers for, though their models have not expired; a POST changes one."""
        world = simulation.world
        try:
            if request.method == "POST":
                asked = msgspec.json.decode(await request.body(), type=ServesBase)
                found(asked.endpoint).serves_base = asked.on
                world.mark_changed()
        except msgspec.DecodeError as error:
            return bad_request(error)
        return JSONResponse({"endpoints": [one.id for one in world.endpoints.values() if one.serves_base]})

    async def learn(request: Request) -> JSONResponse:
        """The newest base model of an endpoint's locale hears from now on what the endpoint's model hears."""
        world = simulation.world
        try:
            endpoint = found(msgspec.json.decode(await request.body(), type=Learn).endpoint)
        except msgspec.DecodeError as error:
            return bad_request(error)
        base = world.newest_base_model(endpoint.locale)
        teacher = world.model(endpoint.in_service(world.now()) or "")
        if base is None or teacher is None:
            return bad_request(msgspec.ValidationError("The endpoint was never deployed."))
        base.hears_as = teacher.hears_as or teacher.id
        world.mark_changed()
        return JSONResponse({"model": base.id, "hears_as": base.hears_as})

    return [
        Route("/_world/serves_base", serves_base, methods=["GET", "POST"]),
        Route("/_world/learn", learn, methods=["POST"]),
    ]


def bad_request(error: msgspec.DecodeError) -> JSONResponse:
    """Why a control request cannot be carried out."""
    return JSONResponse({"code": "InvalidRequest", "message": str(error)}, 400)
