"""What the service says no with: HTTP status, ErrorCode, DetailedErrorCode (api-facts 4)."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):
    """Shape on the wire: {"code", "message", "target"?, "innerError"?: {"code", "message"}}."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        inner: str | None = None,
        target: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.inner = inner
        self.target = target
        self.headers = headers or {}

    @property
    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.target:
            body["target"] = self.target
        if self.inner:
            body["innerError"] = {"code": self.inner, "message": self.message}
        return body


def invalid(inner: str, message: str, target: str | None = None) -> Refusal:
    """400: a value that cannot be taken."""
    return Refusal(400, "InvalidArgument", message, inner=inner, target=target)


def unreadable(inner: str, message: str) -> Refusal:
    """400: a body that cannot be read."""
    return Refusal(400, "InvalidRequest", message, inner=inner)


def missing(what: str, inner: str | None = None) -> Refusal:
    """404: the contract has no detailed code for every noun, so the inner error may be left out."""
    return Refusal(404, "NotFound", f"The specified {what} cannot be found.", inner=inner)


def conflict(inner: str, message: str) -> Refusal:
    """409: right in itself, but not now."""
    return Refusal(409, "Conflict", message, inner=inner)
