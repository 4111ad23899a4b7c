"""Faults that tests inject into responses."""

from __future__ import annotations

import asyncio
import re
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..content.transfers import SEND_FILE

CLOSE_CONNECTION = "simulator.hang_up"
APPLIED_FAULT = "simulator.fault"  # ASGI extension: the fault that was applied, for what checks the traffic
HOOK = "HOOK"  # the method of faults for deliveries to web hooks
DRIP_SECONDS = 0.05  # between two chunks of a dripping response
CODES = {401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 409: "Conflict", 429: "TooManyRequests"}
CODES |= {500: "InternalServerError", 503: "ServiceUnavailable"}


class Effect(Struct, kw_only=True, forbid_unknown_fields=True):
    """What happens; README.md says what each field means and which may be combined."""

    status: Annotated[int, Meta(ge=200, le=599)] | None = None
    headers: dict[str, str] = {}
    body: Any = UNSET
    delay: Annotated[float, Meta(ge=0)] = 0
    close: bool = False
    truncate: Annotated[int, Meta(ge=0)] | None = None
    chunked: bool = False
    whole: bool = False
    drip: Annotated[float, Meta(gt=0)] | None = None
    duplicate: Annotated[int, Meta(ge=0, le=1000)] = 0
    drop: bool = False
    reorder: bool = False

    @property
    def for_hooks(self) -> bool:
        """Whether it has an effect that only deliveries to web hooks can have."""
        return bool(self.duplicate or self.drop or self.reorder)


class Fault(Struct, kw_only=True, forbid_unknown_fields=True):
    """Applies to the first `times` requests with this method whose path and query match `path`."""

    effect: Effect
    method: str | None = None
    path: str = ""
    times: int | None = 1
    stage: Literal["before", "after"] = "before"

    def __post_init__(self) -> None:
        try:
            re.compile(self.path)
        except re.error as error:
            raise ValueError(f"path is no regular expression: {error}") from None
        if self.effect.for_hooks and (self.method or "").upper() != HOOK:
            raise ValueError("duplicate, drop and reorder go with the method HOOK")

    def matches(self, method: str, path: str) -> bool:
        """Whether it applies to this request; if so, it is counted."""
        if self.times is not None and self.times <= 0:
            return False
        if (self.method or method).upper() != method or not re.search(self.path, path):
            return False
        if self.times is not None:
            self.times -= 1
        return True


class CapturedResponse:
    """The response of the application, before it is sent."""

    def __init__(self) -> None:
        self.status = 500
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = bytearray()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = list(message.get("headers", []))
        else:
            self.body += message.get("body", b"")

    def replace_body(self, body: bytes, media: bytes) -> None:
        dropped = (b"content-length", b"content-type", b"etag")
        self.headers = [pair for pair in self.headers if pair[0].lower() not in dropped]
        self.headers += [(b"content-type", media), (b"content-length", str(len(body)).encode())]
        self.body = bytearray(body)


async def apply(fault: Fault, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Respond to one request as the fault says. If that needs the usual response, the request is always executed."""
    effect = fault.effect
    if scope["type"] == "websocket":
        await _apply_to_handshake(effect, app, scope, receive, send)
        return
    scope.setdefault("extensions", {})[APPLIED_FAULT] = fault
    before = fault.stage == "before"
    scope["extensions"].pop(SEND_FILE, None)  # the body must pass through this function
    if effect.whole:
        scope = {**scope, "headers": [pair for pair in scope["headers"] if pair[0] not in (b"range", b"x-ms-range")]}
    response = CapturedResponse()
    if before:
        await asyncio.sleep(effect.delay)
    if before and (effect.close or effect.status is not None):
        if effect.status is not None:
            await _read_body(receive)
    else:
        await app(scope, receive, response.send)
    if not before:
        await asyncio.sleep(effect.delay)
    if effect.close:
        close_connection(scope)
        return
    if effect.status is not None:
        response.status = effect.status
        response.headers = []
        response.replace_body(*_encode(_default_body(effect.status) if effect.body is UNSET else effect.body))
    elif effect.body is not UNSET:
        response.replace_body(*_encode(effect.body))
    names = {name.lower().encode() for name in effect.headers}
    response.headers = [pair for pair in response.headers if pair[0].lower() not in names]
    response.headers += [(name.lower().encode(), value.encode()) for name, value in effect.headers.items()]
    if effect.chunked:
        response.headers = [pair for pair in response.headers if pair[0].lower() != b"content-length"]
    await _send(effect, response, scope, send)


async def _apply_to_handshake(effect: Effect, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """A WebSocket can be delayed, or refused with a status; other effects do not apply to it."""
    await asyncio.sleep(effect.delay)
    if effect.status is None:
        await app(scope, receive, send)
        return
    body, media = _encode(_default_body(effect.status) if effect.body is UNSET else effect.body)
    await Response(body, effect.status, {"Content-Type": media.decode()} | effect.headers)(scope, receive, send)


def close_connection(scope: Scope) -> None:
    """Close the connection; raises ConnectionResetError if the server has no such extension."""
    close = scope.get("extensions", {}).get(CLOSE_CONNECTION)
    if close is None:
        raise ConnectionResetError("closed by a fault")
    close()


async def _send(effect: Effect, response: CapturedResponse, scope: Scope, send: Send) -> None:
    await send({"type": "http.response.start", "status": response.status, "headers": response.headers})
    whole = bytes(response.body)
    truncated = effect.truncate is not None and effect.truncate < len(whole)
    body = whole[: effect.truncate] if truncated else whole
    if effect.drip:
        step = max(1, round(effect.drip * DRIP_SECONDS))
        for start in range(0, len(body), step):
            chunk = body[start : start + step]
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await asyncio.sleep(len(chunk) / effect.drip)
        body = b""
    if truncated:
        await send({"type": "http.response.body", "body": body, "more_body": True})
        close_connection(scope)
    else:
        await send({"type": "http.response.body", "body": body})


async def _read_body(receive: Receive) -> None:
    while (message := await receive()).get("more_body"):
        pass
    if message["type"] == "http.disconnect":
        raise ClientDisconnect


def _default_body(status: int) -> Any:
    code = CODES.get(status, "InternalServerError" if status >= 500 else "InvalidRequest")
    return {"code": code, "message": "A fault was asked for."}


def _encode(body: Any | UnsetType) -> tuple[bytes, bytes]:
    if body is None:
        return b"", b"application/json"
    if isinstance(body, str):
        return body.encode(), b"text/plain; charset=utf-8"
    return msgspec.json.encode(body), b"application/json"
