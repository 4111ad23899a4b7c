"""Who answers, as tests control it: an endpoint that a base model answers for or that logs nothing, a model that has
expired, and a base model that has learned."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from ..iso8601 import iso
from ..simulation import Simulation
from ..world.entities import Endpoint, Model


class Switch(Struct, forbid_unknown_fields=True):
    endpoint: str
    on: bool = True


class Expiration(Struct, forbid_unknown_fields=True):
    endpoint: str
    at: Annotated[datetime, Meta(tz=True)]


def routes(simulation: Simulation) -> list[Route]:
    def found(endpoint_id: str) -> Endpoint:
        """An endpoint; msgspec.ValidationError if there is none."""
        try:
            return simulation.world.endpoints[endpoint_id.lower()]
        except KeyError:
            raise msgspec.ValidationError("There is no such endpoint.") from None

    def model_in_service(endpoint: Endpoint) -> Model:
        model = simulation.world.model(endpoint.in_service(simulation.world.now()) or "")
        if model is None:
            raise msgspec.ValidationError("The endpoint was never deployed.")
        return model

    def switched(name: str) -> Callable[[Request], Awaitable[JSONResponse]]:
        """The endpoints of which this attribute is true; a POST changes one."""

        async def answer(request: Request) -> JSONResponse:
            world = simulation.world
            try:
                if request.method == "POST":
                    asked = msgspec.json.decode(await request.body(), type=Switch)
                    setattr(found(asked.endpoint), name, asked.on)
                    world.mark_changed()
            except msgspec.DecodeError as error:
                return bad_request(error)
            return JSONResponse({"endpoints": [one.id for one in world.endpoints.values() if getattr(one, name)]})

        return answer

    async def expiration(request: Request) -> JSONResponse:
        """The model of an endpoint expires at another time, also one in the past."""
        try:
            asked = msgspec.json.decode(await request.body(), type=Expiration)
            model = model_in_service(found(asked.endpoint))
        except msgspec.DecodeError as error:
            return bad_request(error)
        before, model.transcription_until = model.transcription_until, asked.at.timestamp()
        simulation.world.mark_changed()
        return JSONResponse({"model": model.id, "before": iso(before), "at": iso(model.transcription_until)})

    async def learn(request: Request) -> JSONResponse:
        """The newest base model of an endpoint's locale hears from now on what the endpoint's model hears, or its own
        words again."""
        world = simulation.world
        try:
            asked = msgspec.json.decode(await request.body(), type=Switch)
            endpoint = found(asked.endpoint)
            teacher = model_in_service(endpoint)
            base = world.newest_base_model(endpoint.locale)
            if base is None:
                raise msgspec.ValidationError("The locale has no base model.")
        except msgspec.DecodeError as error:
            return bad_request(error)
        base.hears_as = (teacher.hears_as or teacher.id) if asked.on else None
        world.mark_changed()
        return JSONResponse({"model": base.id, "hears_as": base.hears_as})

    return [
        Route("/_world/serves_base", switched("serves_base"), methods=["GET", "POST"]),
        Route("/_world/logs_nothing", switched("logs_nothing"), methods=["GET", "POST"]),
        Route("/_world/expiration", expiration, methods=["POST"]),
        Route("/_world/learn", learn, methods=["POST"]),
    ]


def bad_request(error: msgspec.DecodeError) -> JSONResponse:
    """Why a control request cannot be carried out."""
    return JSONResponse({"code": "InvalidRequest", "message": str(error)}, 400)
