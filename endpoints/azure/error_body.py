"""The body of an error response, in either of its two formats: the contract's and the gateway's."""

import re
from collections.abc import Callable
from typing import Any

from msgspec import Struct

from .wire import Malformed, decoded


class ErrorBody(Struct, frozen=True):
    """An error response; texts are empty if they are missing."""

    code: str
    inner_code: str
    message: str
    target: str
    gateway: bool = False  # in the format of the gateway in front of the service


_VERSION_PATTERN = r"(?:\bapi[- ]?version\b|\bversion\W+{name}\b)"
_RETIRED_WORDS = (
    r"unsupported|(?:is|was|are) not supported|not a supported|no longer|retired|deprecated|removed|not available"
    r"|unknown|unrecogni[sz]ed|invalid|not valid"
)


def read_error_body(data: bytes, redact: Callable[[str], str] = str) -> ErrorBody | None:
    """Read either format: the contract's Error, or the gateway's {"error": {...}}; None if it is neither.

    `redact` removes secrets, which the service may repeat, from all texts.
    """
    try:
        body = decoded(data, dict[str, Any])
    except Malformed:
        return None
    gateway_error = body.get("error")
    error: dict[str, Any] = gateway_error if isinstance(gateway_error, dict) else body
    inner = error.get("innerError") or error.get("innererror")
    code, message = _text(error.get("code")), _text(error.get("message"))
    if not code and not message:
        return None
    inner_code = _text(inner.get("code")) if isinstance(inner, dict) else ""
    target = _text(error.get("target"))
    return ErrorBody(redact(code), redact(inner_code), redact(message), redact(target), error is gateway_error)


def version_is_retired(status: int, error_body: ErrorBody | None, version: str, must_exist: bool) -> bool:
    """Whether an error means that the service does not support the API version `version`.

    `must_exist`: the path is one that all supported versions have. A missing entity says nothing about the version,
    nor does an operation that is "not supported in API version ...".
    """
    if status == 410:
        return True
    if error_body is None or not 400 <= status < 500 or status in (401, 403, 408, 429):
        return False
    if status == 404 and error_body.gateway and must_exist:
        return True
    if re.search("api-?version", f"{error_body.code} {error_body.inner_code}", re.IGNORECASE):
        return True
    name = _VERSION_PATTERN.format(name=re.escape(version))
    text = rf"{name}(?:(?!\. ).){{0,80}}\b(?:{_RETIRED_WORDS})\b|\b(?:unsupported|unknown|retired|invalid)\s+{name}"
    return re.search(text, error_body.message, re.IGNORECASE | re.DOTALL) is not None


def _text(value: object) -> str:
    return str(value)[:2000] if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
