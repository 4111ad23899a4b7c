"""What the service says is wrong, in either of the two shapes in which it says it."""

from typing import Any

from msgspec import Struct

from .wire import Malformed, decoded


class Complaint(Struct, frozen=True):
    """What the service says is wrong."""

    code: str
    inner_code: str
    message: str
    target: str


def complaint(data: bytes) -> Complaint | None:
    """Read either shape: the contract's bare Error, or the gateway's {"error": {...}}; None when it is neither."""
    try:
        body = decoded(data, dict[str, Any])
    except Malformed:
        return None
    inside = body.get("error")
    error: dict[str, Any] = inside if isinstance(inside, dict) else body
    inner = error.get("innerError") or error.get("innererror")
    code, message = _text(error.get("code")), _text(error.get("message"))
    if not code and not message:
        return None
    inner_code = _text(inner.get("code")) if isinstance(inner, dict) else ""
    return Complaint(code, inner_code, message, _text(error.get("target")))


def _text(value: object) -> str:
    return str(value)[:2000] if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
