"""What applies to every request: the ledger, latency, faults, the key and the rate limit."""

from __future__ import annotations

import asyncio
import math
from uuid import uuid4

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, HTTPConnection
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..control import faults
from ..iso8601 import iso
from ..simulation import Simulation
from . import authentication
from .errors import ApiError

CONTROL = "/_world/"
MANAGEMENT = "/speechtotext/"
RECOGNITION = ("/speech/recognition/", "/stt/speech/recognition/")
REQUEST_ID = "apim-request-id"  # of the gateway in front of the service (Azure API Management)


class Middleware:
    """Wraps the API and the content origin; only the API (`keyed`) checks the key and the rate limit."""

    def __init__(self, app: ASGIApp, simulation: Simulation, *, keyed: bool) -> None:
        self.app = app
        self.simulation = simulation
        self.keyed = keyed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.keyed and scope["path"].startswith(CONTROL):
            await self.app(scope, receive, send)
            return
        simulation = self.simulation
        method = scope.get("method", "GET")  # the handshake of a WebSocket is a GET
        query = scope["query_string"].decode("latin-1")
        path = scope.get("raw_path", scope["path"].encode()).decode("latin-1") + (f"?{query}" if query else "")
        entry = None
        if simulation.control:
            entry = simulation.ledger.open(iso(simulation.world.now()), method, path)

        async def send_and_record(message: Message) -> None:
            if self.keyed and message["type"] == "http.response.start":
                MutableHeaders(scope=message).setdefault(REQUEST_ID, str(uuid4()))
            if entry and message["type"].endswith("http.response.start"):
                entry.status = message["status"]
            elif entry and message["type"] == "websocket.accept":
                entry.status = 101
            await send(message)

        fault = next((one for one in simulation.faults if one.matches(method, path)), None)
        if simulation.options.latency_ms:
            await asyncio.sleep(simulation.options.latency_ms / 1000)
        resets = simulation.resets

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            if simulation.resets != resets:  # its world is gone, and it is no request to the next one
                raise ClientDisconnect
            await (self.check_access if self.keyed else self.app)(scope, receive, send)

        try:
            if fault:
                await faults.apply(fault, app, scope, receive, send_and_record)
            else:
                await app(scope, receive, send_and_record)
        except ClientDisconnect:
            faults.close_connection(scope)

    async def check_access(self, scope: Scope, receive: Receive, send: Send) -> None:
        simulation = self.simulation
        world = simulation.world
        request = HTTPConnection(scope)
        path = scope["path"]
        response = None
        if not authentication.allowed(request, simulation.keys, world.secret, world.now()):
            # "Speech to text REST API for short audio": 403 for a missing key, 401 for a wrong one
            short_audio = scope["type"] == "http" and path.startswith(RECOGNITION)
            key_is_missing = short_audio and authentication.has_no_credentials(request)
            status = 403 if key_is_missing else 401
            response = JSONResponse({"error": {"code": str(status), "message": authentication.DENIED}}, status)
        elif path.startswith(MANAGEMENT):
            key = request.headers.get(authentication.KEY_HEADER, simulation.key)
            wait = simulation.rate_limiter.wait(key, world.now())
            if wait > 0:
                message = "The rate limit of the resource is exceeded. Ask again later."
                refusal = ApiError(429, "TooManyRequests", message)
                response = JSONResponse(refusal.body, 429, {"Retry-After": str(max(1, math.ceil(wait)))})
        await (response or self.app)(scope, receive, send)
