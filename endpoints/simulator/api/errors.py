"""Error responses: HTTP status and the contract's Error, ErrorCode and DetailedErrorCode."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """Raise it to respond with {"code", "message", "target"?, "innerError"?: {"code", "message"}}."""

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


def invalid_argument(inner: str, message: str, target: str | None = None) -> ApiError:
    """400: a value is not acceptable."""
    return ApiError(400, "InvalidArgument", message, inner=inner, target=target)


def invalid_request(inner: str, message: str) -> ApiError:
    """400: the body cannot be read."""
    return ApiError(400, "InvalidRequest", message, inner=inner)


def not_found(what: str, inner: str | None = None) -> ApiError:
    """404. The contract does not have a detailed code for each kind of entity, so `inner` is optional."""
    return ApiError(404, "NotFound", f"The specified {what} cannot be found.", inner=inner)


def conflict(inner: str, message: str) -> ApiError:
    """409: a valid request that the present state does not allow."""
    return ApiError(409, "Conflict", message, inner=inner)
