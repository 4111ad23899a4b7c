"""The body of an error response: the contract's, or one of those of the gateway in front of the service."""

import re
from collections.abc import Callable
from typing import Any

from msgspec import Struct

from .reading import Malformed, as_text, decoded

LONGEST = 2000


class ErrorBody(Struct, frozen=True):
    """An error response; texts are empty if they are missing."""

    code: str
    inner_code: str
    message: str
    target: str
    gateway: bool = False  # in a format of the gateway in front of the service, which does not know entities


_VERSION_PATTERN = r"(?:\bapi[- ]?version\b|\bversion\W+{name}\b|\bthis (?:api|version)\b)"
_RETIRED_WORDS = (
    r"unsupported|(?:is|was|are) not supported|not a supported|no longer|retired|deprecated|removed|not available"
    r"|unknown|unrecogni[sz]ed|invalid|not valid|end[- ]of[- ]life"
)
# Enough in the refusal of a request that every version has: the list of a resource's entities.
_RETIRED_LISTS = r"\bretired\b|\bnot supported\b|\bend[- ]of[- ]life\b|\bno longer available\b"


def read_error_body(data: bytes, redact: Callable[[str], str] = str) -> ErrorBody | None:
    """Read any of the formats; None if it is none of them, such as HTML.

    The contract's: {"code", "message", "innerError"}. The gateway's: {"error": {"code", "message"}} and
    {"statusCode", "message"}. `redact` removes secrets, which the service may repeat, from all texts.
    """
    try:
        body = decoded(data)
    except Malformed:
        return None
    if not isinstance(body, dict):
        return None
    wrapped = body.get("error")
    error: dict[str, Any] = wrapped if isinstance(wrapped, dict) else body
    inner = error.get("innerError") or error.get("innererror")
    code, message = _text(error.get("code")), _text(error.get("message"))
    if not code and not message:
        return None
    inner_code = _text(inner.get("code")) if isinstance(inner, dict) else ""
    target = _text(error.get("target"))
    gateway = error is wrapped or "statusCode" in body or not code
    return ErrorBody(redact(code), redact(inner_code), redact(message), redact(target), gateway)


def version_is_retired(
    status: int, error_body: ErrorBody | None, version: str, *, must_exist: bool, plain_list: bool
) -> bool:
    """Whether an error means that the service does not support the API version `version`.

    `must_exist`: the path is one that all supported versions have. `plain_list`: it is read, without a filter. A
    missing entity says nothing about the version, nor does an operation that is "not supported in API version ...".
    """
    if status == 410:
        return True
    if status == 404 and must_exist and (error_body is None or error_body.gateway):
        return True
    if error_body is None or not 400 <= status < 500 or status in (401, 403, 408, 429):
        return False
    if status == 400 and plain_list and re.search(_RETIRED_LISTS, error_body.message, re.IGNORECASE):
        return True
    if re.search("api-?version", f"{error_body.code} {error_body.inner_code}", re.IGNORECASE):
        return True
    name = _VERSION_PATTERN.format(name=re.escape(version))
    text = rf"{name}(?:(?!\. ).){{0,80}}\b(?:{_RETIRED_WORDS})\b|\b(?:unsupported|unknown|retired|invalid)\s+{name}"
    return re.search(text, error_body.message, re.IGNORECASE | re.DOTALL) is not None


def _text(value: object) -> str:
    return (as_text(value) or "")[:LONGEST] if not isinstance(value, bool) else ""
