"""What every request passes: the ledger, latency, faults, the rate limit and the key."""

from __future__ import annotations

import asyncio
import math

from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..control import faults
from ..iso8601 import iso
from ..simulation import Simulation
from . import authentication
from .errors import Refusal

CONTROL = "/_world/"
MANAGEMENT = "/speechtotext/"
RECOGNITION = "/speech/recognition/"


class Gate:
    """Stands before the API and before the content; only the API asks for a key and has a rate limit."""

    def __init__(self, app: ASGIApp, simulation: Simulation, *, keyed: bool) -> None:
        self.app = app
        self.simulation = simulation
        self.keyed = keyed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or (self.keyed and scope["path"].startswith(CONTROL)):
            await self.app(scope, receive, send)
            return
        simulation = self.simulation
        query = scope["query_string"].decode("latin-1")
        path = scope.get("raw_path", scope["path"].encode()).decode("latin-1") + (f"?{query}" if query else "")
        entry = None
        if simulation.control:
            entry = simulation.ledger.open(iso(simulation.world.now()), scope["method"], path)

        async def answered(message: Message) -> None:
            if entry and message["type"] == "http.response.start":
                entry.status = message["status"]
            await send(message)

        fault = next((one for one in simulation.faults if one.strikes(scope["method"], path)), None)
        if simulation.options.latency_ms:
            await asyncio.sleep(simulation.options.latency_ms / 1000)
        inside = self.checked if self.keyed else self.app
        if fault:
            await faults.strike(fault, inside, scope, receive, answered)
        else:
            await inside(scope, receive, answered)

    async def checked(self, scope: Scope, receive: Receive, send: Send) -> None:
        simulation = self.simulation
        world = simulation.world
        request = HTTPConnection(scope)
        path = scope["path"]
        answer = None
        if not authentication.allowed(request, simulation.key, world.secret, world.now()):
            # service-facts 8: short audio tells a missing key (403) from a wrong one (401)
            absent = path.startswith(RECOGNITION) and authentication.anonymous(request)
            status = 403 if absent else 401
            answer = JSONResponse({"error": {"code": str(status), "message": authentication.DENIED}}, status)
        elif path.startswith(MANAGEMENT):
            key = request.headers.get(authentication.KEY_HEADER, simulation.key)
            wait = simulation.limit.wait(key, world.now())
            if wait > 0:
                words = "The rate limit of the resource is exceeded. Ask again later."
                refusal = Refusal(429, "TooManyRequests", words)
                answer = JSONResponse(refusal.body, 429, {"Retry-After": str(max(1, math.ceil(wait)))})
        await (answer or self.app)(scope, receive, send)
