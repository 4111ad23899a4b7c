"""Answers that go wrong on purpose."""

from __future__ import annotations

import asyncio
import re
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..content.transfers import SEND_FILE

HANG_UP = "simulator.hang_up"
STRUCK = "simulator.fault"  # the fault that struck a request, for who watches the traffic
HOOK = "HOOK"  # the method of a fault that strikes a delivery to a web hook
TICK = 0.05  # seconds between two pieces of a dripping answer
CODES = {401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 409: "Conflict", 429: "TooManyRequests"}
CODES |= {500: "InternalServerError", 503: "ServiceUnavailable"}


class Effect(Struct, kw_only=True, forbid_unknown_fields=True):
    """One of these, or a delay together with one of the others. Without a status the answer has its usual one."""

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
        """Whether it says something about deliveries to web hooks that no answer can have."""
        return bool(self.duplicate or self.drop or self.reorder)


class Fault(Struct, kw_only=True, forbid_unknown_fields=True):
    """Strikes the first `times` requests whose method is the same and whose path with its query matches."""

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

    def strikes(self, method: str, path: str) -> bool:
        """Whether this request is struck; counts when it is."""
        if self.times is not None and self.times <= 0:
            return False
        if (self.method or method).upper() != method or not re.search(self.path, path):
            return False
        if self.times is not None:
            self.times -= 1
        return True


class Answer:
    """An answer that the application gave, caught on its way."""

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


async def strike(fault: Fault, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one request as the fault says. What needs the usual answer is carried out at either stage."""
    effect = fault.effect
    scope.setdefault("extensions", {})[STRUCK] = fault
    before = fault.stage == "before"
    scope["extensions"].pop(SEND_FILE, None)  # the answer has to pass through here
    if effect.whole:
        scope = {**scope, "headers": [pair for pair in scope["headers"] if pair[0] not in (b"range", b"x-ms-range")]}
    answer = Answer()
    if before:
        await asyncio.sleep(effect.delay)
    if before and (effect.close or effect.status is not None):
        if effect.status is not None:
            await _drain(receive)
    else:
        await app(scope, receive, answer.send)
    if not before:
        await asyncio.sleep(effect.delay)
    if effect.close:
        hang_up(scope)
        return
    if effect.status is not None:
        answer.status = effect.status
        answer.headers = []
        answer.replace_body(*_encoded(_default(effect.status) if effect.body is UNSET else effect.body))
    elif effect.body is not UNSET:
        answer.replace_body(*_encoded(effect.body))
    names = {name.lower().encode() for name in effect.headers}
    answer.headers = [pair for pair in answer.headers if pair[0].lower() not in names]
    answer.headers += [(name.lower().encode(), value.encode()) for name, value in effect.headers.items()]
    if effect.chunked:
        answer.headers = [pair for pair in answer.headers if pair[0].lower() != b"content-length"]
    await _deliver(effect, answer, scope, send)


def hang_up(scope: Scope) -> None:
    """Close the socket under the request; without a server that can, the application breaks off."""
    close = scope.get("extensions", {}).get(HANG_UP)
    if close is None:
        raise ConnectionResetError("closed by a fault")
    close()


async def _deliver(effect: Effect, answer: Answer, scope: Scope, send: Send) -> None:
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    whole = bytes(answer.body)
    cut = effect.truncate is not None and effect.truncate < len(whole)
    shown = whole[: effect.truncate] if cut else whole
    if effect.drip:
        step = max(1, round(effect.drip * TICK))
        for start in range(0, len(shown), step):
            piece = shown[start : start + step]
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            await asyncio.sleep(len(piece) / effect.drip)
        shown = b""
    if cut:
        await send({"type": "http.response.body", "body": shown, "more_body": True})
        hang_up(scope)
    else:
        await send({"type": "http.response.body", "body": shown})


async def _drain(receive: Receive) -> None:
    while (message := await receive()).get("more_body"):
        pass
    if message["type"] == "http.disconnect":
        raise ClientDisconnect


def _default(status: int) -> Any:
    code = CODES.get(status, "InternalServerError" if status >= 500 else "InvalidRequest")
    return {"code": code, "message": "A fault was asked for."}


def _encoded(body: Any | UnsetType) -> tuple[bytes, bytes]:
    if body is None:
        return b"", b"application/json"
    if isinstance(body, str):
        return body.encode(), b"text/plain; charset=utf-8"
    return msgspec.json.encode(body), b"application/json"
