"""Errors of the API as problem details (RFC 9457), also those that other parts of the product answer with."""

import json
from collections.abc import Mapping
from http.client import responses
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

API, TYPE = "/api/", "application/problem+json"
# By name, which is the end of the member `type`: the status, and what it means.
KINDS = {
    "bad-request": (400, "The request can't be read."),
    "no-key": (400, "The request has no Idempotency-Key, or one that is not valid."),
    "no-token": (401, "The request has no valid token."),
    "not-permitted": (403, "The token doesn't give this right."),
    "not-found": (404, "There's nothing at this address that the token can see."),
    "method": (405, "The address doesn't take this method."),
    "busy": (409, "Another change of the endpoint is in progress."),
    "not-now": (409, "What is there now doesn't allow it."),
    "stale": (412, "It has changed since it was read."),
    "too-large": (413, "The request is too large."),
    "media-type": (415, "The body is not JSON."),
    "not-valid": (422, "A value is missing or not valid."),
    "key-reused": (409, "The Idempotency-Key was used for another request."),
    "no-purpose": (422, "A purpose is required for content logs."),
    "too-many": (429, "The token has made too many requests."),
    "failed": (500, "The request failed here."),
    "unavailable": (503, "The database is unavailable."),
}
_BY_STATUS = {status: name for name, (status, _says) in reversed(KINDS.items())} | {422: "not-valid"}


def is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith(API)


def problem(
    name: str, detail: str = "", *, headers: Mapping[str, str] | None = None, status: int = 0, **more: Any
) -> HttpResponse:
    """`name`: one of KINDS. `more`: further members, like `errors`."""
    usual, says = KINDS[name]
    body = {
        "type": f"{settings.FORCE_SCRIPT_NAME or ''}{API}problems/{name}",
        "title": says,
        "status": status or usual,
        **({"detail": str(detail)} if detail else {}),
        **more,
    }
    return HttpResponse(json.dumps(body), status=status or usual, content_type=TYPE, headers=dict(headers or {}))


def of_status(status: int, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """For an answer that says no more than its status."""
    if name := _BY_STATUS.get(status):
        return problem(name, headers=headers)
    name = "failed" if status >= 500 else "bad-request"
    return problem(name, responses.get(status, ""), status=status, headers=headers)
