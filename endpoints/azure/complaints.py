"""What the service says is wrong, in either of the two shapes in which it says it."""

import re
from typing import Any

from msgspec import Struct

from .wire import Malformed, decoded


class Complaint(Struct, frozen=True):
    """What the service says is wrong."""

    code: str
    inner_code: str
    message: str
    target: str
    gateway: bool = False  # written by the gateway in front of the service


_VERSION = r"(?:\bapi[- ]?version\b|\bversion\W+{name}\b)"
_GONE = (
    r"unsupported|(?:is|was|are) not supported|not a supported|no longer|retired|deprecated|removed|not available"
    r"|unknown|unrecogni[sz]ed|invalid|not valid"
)


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
    return Complaint(code, inner_code, message, _text(error.get("target")), error is inside)


def retired(status: int, said: Complaint | None, version: str, must_exist: bool) -> bool:
    """Tell whether a refusal means that the service does not speak `version` of its API.

    `must_exist`: the address is a collection, which is there in every version that the service speaks. A missing
    entity says nothing about the version, and an operation "not supported in API version ..." neither.
    """
    if status == 410:
        return True
    if said is None or not 400 <= status < 500 or status in (401, 403, 408, 429):
        return False
    if status == 404 and said.gateway and must_exist:
        return True
    if re.search("api-?version", f"{said.code} {said.inner_code}", re.IGNORECASE):
        return True
    name = _VERSION.format(name=re.escape(version))
    text = rf"{name}(?:(?!\. ).){{0,80}}\b(?:{_GONE})\b|\b(?:unsupported|unknown|retired|invalid)\s+{name}"
    return re.search(text, said.message, re.IGNORECASE | re.DOTALL) is not None


def _text(value: object) -> str:
    return str(value)[:2000] if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
