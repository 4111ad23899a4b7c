"""Validates the traffic between clients and the simulator with the contract.

All responses of the management API are validated. Requests are validated if our own client sent them (User-Agent
speechstudio/...): tests with another HTTP client send invalid requests on purpose. Incomplete requests of clients that
disconnected are ignored, and so are responses that a fault has changed. Violations are kept until POST /_world/reset or
DELETE /_world/violations; GET /_world/violations (with --control) returns them as a list of {"side", "operation",
"method", "path", "status", "what"}.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from endpoints.simulator.control.faults import APPLIED_FAULT
from endpoints.simulator.simulation import Simulation

from .validators import Contract, Operation, contract, version_of

OUR_USER_AGENT = b"speechstudio/"
MANAGEMENT = "/speechtotext/"
MAX_VIOLATIONS = 1000
GATEWAY = {401, 403, 404, 410, 429}  # the gateway in front of the service has its own format for these
KNOWN_HEADERS = {b"retry-after": "Retry-After", b"location": "Location", b"operation-location": "Operation-Location"}


class ObservedExchange:
    """One request and its response."""

    def __init__(self, scope: Scope) -> None:
        self.method: str = scope["method"]
        self.path: str = scope.get("raw_path", scope["path"].encode()).decode("latin-1")
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self.query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        self.ours = self.headers.get(b"user-agent", b"").startswith(OUR_USER_AGENT)
        self.body = b""
        self.client_disconnected = False
        self.status = 0
        self.response_headers: dict[bytes, bytes] = {}
        self.response_body = bytearray()
        self.is_complete = False

    async def read(self, receive: Receive) -> Receive:
        """Read the body of the request; the result replays it."""
        messages: list[Message] = []
        more = True
        while more:
            messages.append(await receive())
            more = messages[-1].get("more_body", False)
        self.client_disconnected = messages[-1]["type"] == "http.disconnect"
        self.body = b"".join(one.get("body", b"") for one in messages)

        async def replay() -> Message:
            return messages.pop(0) if messages else await receive()

        return replay

    def observe(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.response_headers = {name.lower(): value for name, value in message.get("headers", [])}
        elif message["type"] == "http.response.body":
            self.response_body += message.get("body", b"")
            self.is_complete = not message.get("more_body", False)


class TrafficValidator:
    """The simulator's API with all exchanges validated."""

    def __init__(self, app: ASGIApp, simulation: Simulation) -> None:
        self.app = app
        self.simulation = simulation
        self.violations: list[dict[str, Any]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if path == "/_world/violations" and self.simulation.control:
            response = JSONResponse(self.violations)
            if scope["method"] == "DELETE":
                self.violations.clear()
            await response(scope, receive, send)
        elif path.startswith(MANAGEMENT) and not path.endswith("/openapi.json"):
            await self.exchange(scope, receive, send)
        else:
            await self.app(scope, receive, send)
            if path == "/_world/reset":
                self.violations.clear()

    async def exchange(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = ObservedExchange(scope)
        if exchange.ours:
            receive = await exchange.read(receive)

        async def observe_and_send(message: Message) -> None:
            exchange.observe(message)
            if exchange.is_complete:  # before the client can request the violations
                self.check(exchange, scope)
            await send(message)

        await self.app(scope, receive, observe_and_send)
        if not exchange.is_complete:
            self.check(exchange, scope)  # without a complete response the request is validated, too

    def check(self, exchange: ObservedExchange, scope: Scope) -> None:
        if exchange.client_disconnected:
            return
        try:
            contract_of_version = contract(version_of(exchange.path, exchange.query))
        except KeyError:
            contract_of_version = None
        found = contract_of_version.find(exchange.method, exchange.path) if contract_of_version else None
        if exchange.ours:
            if found is None or contract_of_version is None:
                self.report("request", exchange, None, "there is no such operation")
            else:
                operation, match = found
                for what in (*operation.path_errors(match), *_request_errors(exchange, operation, contract_of_version)):
                    self.report("request", exchange, operation, what)
        if exchange.is_complete and not is_changed_by_fault(scope):
            known = found[0] if found else None
            for what in _response_errors(exchange, known, contract_of_version or contract("v3.2")):
                self.report("answer", exchange, known, what)

    def report(self, side: str, exchange: ObservedExchange, operation: Operation | None, what: str) -> None:
        row = {"side": side, "operation": operation.name if operation else None, "method": exchange.method}
        query = "&".join(f"{name}={value}" for name, value in exchange.query)
        path = f"{exchange.path}?{query}" if query else exchange.path
        if len(self.violations) < MAX_VIOLATIONS:
            self.violations.append(row | {"path": path, "status": exchange.status or None, "what": what})


def is_changed_by_fault(scope: Scope) -> bool:
    """Whether a fault has changed the response; a fault that only delays it has not."""
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


def _request_errors(exchange: ObservedExchange, operation: Operation, contract_of_version: Contract) -> list[str]:
    found = list(operation.query_errors(exchange.query))
    if exchange.status < 400:
        found += operation.filter_errors(exchange.query)
    if not contract_of_version.keys & exchange.headers.keys():
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
    return found + contract_of_version.requests.errors(operation.body[media]["schema"], body)


def _response_errors(
    exchange: ObservedExchange, operation: Operation | None, contract_of_version: Contract
) -> list[str]:
    refused = exchange.status >= 400
    described = operation.response_for(exchange.status) if operation else None
    if described is None and not refused:
        return ["an answer of this status is not described"]
    if exchange.status == 500:
        return ["the simulator failed"]
    found = [] if described is None or refused else _headers(exchange, described)
    after = exchange.response_headers.get(b"retry-after", b"1")
    if not after.isdigit():
        found.append(f"Retry-After is no number of seconds: {after!r}")
    if exchange.method == "HEAD":
        return found
    content = described.get("content") if described and not refused else {"application/json": {"schema": ERROR}}
    if not content:
        return found + (["a body is sent where none is described"] if exchange.response_body else [])
    if (media := _media(exchange.response_headers)) not in content:
        return [*found, f"the content type is {media!r}"]
    try:
        body = msgspec.json.decode(bytes(exchange.response_body))
    except msgspec.DecodeError as error:
        return [*found, f"the body is no JSON: {error}"]
    if refused and exchange.status in GATEWAY and isinstance(body, dict) and set(body) == {"error"}:
        return found + contract_of_version.replies.errors(GATEWAY_ERROR, body)
    return found + contract_of_version.replies.errors(content[media]["schema"], body)


def _headers(exchange: ObservedExchange, described: dict[str, Any]) -> list[str]:
    declared = described.get("headers", {})
    found = [
        f"the header {name} is not described here"
        for raw, name in KNOWN_HEADERS.items()
        if raw in exchange.response_headers and name not in declared
    ]
    for name, header in declared.items():
        value = exchange.response_headers.get(name.lower().encode(), b"").decode("latin-1")
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
