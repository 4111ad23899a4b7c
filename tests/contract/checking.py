"""Stands between a client and the simulator and holds both to the description of the service.

Every answer of the management API is checked. A request is checked when our own client sent it (User-Agent
speechstudio/...): tests with an HTTP client of their own ask wrongly on purpose. One whose sender went away before its
body was whole is no request. An answer that a fault has spoiled is not the service's word, and is left alone. What was
wrong is kept until POST /_world/reset or DELETE /_world/violations, and shown at GET /_world/violations (with
--control) as a list of {"side", "operation", "method", "path", "status", "what"}.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from endpoints.simulator.control.faults import APPLIED_FAULT
from endpoints.simulator.simulation import Simulation

from .compiled import Contract, Operation, contract, version_of

OURS = b"speechstudio/"
MANAGEMENT = "/speechtotext/"
MOST = 1000
GATEWAY = {401, 403, 404, 410, 429}  # the gateway before the service answers these in its own shape
DIRECTIONS = {b"retry-after": "Retry-After", b"location": "Location", b"operation-location": "Operation-Location"}


class Exchange:
    """One request and its answer, as they went by."""

    def __init__(self, scope: Scope) -> None:
        self.method: str = scope["method"]
        self.path: str = scope.get("raw_path", scope["path"].encode()).decode("latin-1")
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self.query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        self.ours = self.headers.get(b"user-agent", b"").startswith(OURS)
        self.body = b""
        self.broken = False
        self.status = 0
        self.answered: dict[bytes, bytes] = {}
        self.answer = bytearray()
        self.whole = False

    async def read(self, receive: Receive) -> Receive:
        """Read the body of the request; the result gives it once more."""
        messages: list[Message] = []
        more = True
        while more:
            messages.append(await receive())
            more = messages[-1].get("more_body", False)
        self.broken = messages[-1]["type"] == "http.disconnect"
        self.body = b"".join(one.get("body", b"") for one in messages)

        async def again() -> Message:
            return messages.pop(0) if messages else await receive()

        return again

    def sent(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.answered = {name.lower(): value for name, value in message.get("headers", [])}
        elif message["type"] == "http.response.body":
            self.answer += message.get("body", b"")
            self.whole = not message.get("more_body", False)


class Checked:
    """The simulator's API with every exchange checked."""

    def __init__(self, app: ASGIApp, simulation: Simulation) -> None:
        self.app = app
        self.simulation = simulation
        self.violations: list[dict[str, Any]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if path == "/_world/violations" and self.simulation.control:
            answer = JSONResponse(self.violations)
            if scope["method"] == "DELETE":
                self.violations.clear()
            await answer(scope, receive, send)
        elif path.startswith(MANAGEMENT) and not path.endswith("/openapi.json"):
            await self.exchange(scope, receive, send)
        else:
            await self.app(scope, receive, send)
            if path == "/_world/reset":
                self.violations.clear()

    async def exchange(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = Exchange(scope)
        if exchange.ours:
            receive = await exchange.read(receive)

        async def passed(message: Message) -> None:
            exchange.sent(message)
            if exchange.whole:  # before the client can ask what was wrong
                self.check(exchange, scope)
            await send(message)

        await self.app(scope, receive, passed)
        if not exchange.whole:
            self.check(exchange, scope)  # no answer, or half of one: the request still counts

    def check(self, exchange: Exchange, scope: Scope) -> None:
        if exchange.broken:
            return
        try:
            stated = contract(version_of(exchange.path, exchange.query))
        except KeyError:
            stated = None
        found = stated.find(exchange.method, exchange.path) if stated else None
        if exchange.ours:
            if found is None or stated is None:
                self.complain("request", exchange, None, "there is no such operation")
            else:
                operation, match = found
                for what in (*operation.addressed(match), *_request(exchange, operation, stated)):
                    self.complain("request", exchange, operation, what)
        if exchange.whole and not spoiled(scope):
            known = found[0] if found else None
            for what in _answer(exchange, known, stated or contract("v3.2")):
                self.complain("answer", exchange, known, what)

    def complain(self, side: str, exchange: Exchange, operation: Operation | None, what: str) -> None:
        row = {"side": side, "operation": operation.name if operation else None, "method": exchange.method}
        query = "&".join(f"{name}={value}" for name, value in exchange.query)
        path = f"{exchange.path}?{query}" if query else exchange.path
        if len(self.violations) < MOST:
            self.violations.append(row | {"path": path, "status": exchange.status or None, "what": what})


def spoiled(scope: Scope) -> bool:
    """The answer is a fault's, not the service's; a fault that only slows it down leaves it as it is."""
    fault = scope.get("extensions", {}).get(APPLIED_FAULT)
    if fault is None:
        return False
    effect = fault.effect
    changed = (effect.status, effect.truncate)
    return (
        effect.close
        or bool(effect.headers)
        or effect.body is not msgspec.UNSET
        or any(one is not None for one in changed)
    )


def _request(exchange: Exchange, operation: Operation, stated: Contract) -> list[str]:
    found = list(operation.asked(exchange.query))
    if exchange.status < 400:
        found += operation.filtered(exchange.query)
    if not stated.keys & exchange.headers.keys():
        found.append("neither a key nor a token is sent")
    accepted = exchange.headers.get(b"accept", b"*/*")
    if b"*/*" not in accepted and b"application/json" not in accepted:
        found.append(f"the answer is JSON, but wanted is {accepted.decode('latin-1')}")
    if not operation.body:
        return found + (["a body is sent where none belongs"] if exchange.body else [])
    media = _media(exchange.headers)
    if media not in operation.body:
        return [*found, f"the content type {media!r} is not taken"]
    try:
        body = msgspec.json.decode(exchange.body)
    except msgspec.DecodeError as error:
        return [*found, f"the body is no JSON: {error}"]
    if media.endswith("merge-patch+json"):
        body = _without_null(body)  # RFC 7396: null removes
    return found + stated.requests.complaints(operation.body[media]["schema"], body)


def _answer(exchange: Exchange, operation: Operation | None, stated: Contract) -> list[str]:
    refused = exchange.status >= 400
    described = operation.declared(exchange.status) if operation else None
    if described is None and not refused:
        return ["an answer of this status is not described"]
    if exchange.status == 500:
        return ["the simulator failed"]
    found = [] if described is None or refused else _headers(exchange, described)
    after = exchange.answered.get(b"retry-after", b"1")
    if not after.isdigit():
        found.append(f"Retry-After is no number of seconds: {after!r}")
    if exchange.method == "HEAD":
        return found
    content = described.get("content") if described and not refused else {"application/json": {"schema": ERROR}}
    if not content:
        return found + (["a body is sent where none is described"] if exchange.answer else [])
    if (media := _media(exchange.answered)) not in content:
        return [*found, f"the content type is {media!r}"]
    try:
        body = msgspec.json.decode(bytes(exchange.answer))
    except msgspec.DecodeError as error:
        return [*found, f"the body is no JSON: {error}"]
    if refused and exchange.status in GATEWAY and isinstance(body, dict) and set(body) == {"error"}:
        return found + stated.replies.complaints(GATEWAY_ERROR, body)
    return found + stated.replies.complaints(content[media]["schema"], body)


def _headers(exchange: Exchange, described: dict[str, Any]) -> list[str]:
    declared = described.get("headers", {})
    found = [
        f"the header {name} is not described here"
        for raw, name in DIRECTIONS.items()
        if raw in exchange.answered and name not in declared
    ]
    for name, header in declared.items():
        value = exchange.answered.get(name.lower().encode(), b"").decode("latin-1")
        if not value and header.get("required"):
            found.append(f"the header {name} is missing")
        if value and header["schema"].get("format") == "uri" and not value.startswith(("http://", "https://")):
            found.append(f"the header {name} is no address: {value}")
    return found


def _media(headers: dict[bytes, bytes]) -> str:
    return headers.get(b"content-type", b"").partition(b";")[0].strip().lower().decode("latin-1")


def _without_null(body: Any) -> Any:
    if isinstance(body, dict):
        return {name: _without_null(value) for name, value in body.items() if value is not None}
    return body


ERROR = {"$ref": "#/components/schemas/Error"}
GATEWAY_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {"code": {"type": "string"}, "message": {"type": "string"}},
        }
    },
}
