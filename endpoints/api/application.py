"""The API of django-ninja: its operations, how it reads bodies, and what it answers when something goes wrong.

Only web processes load it: it brings pydantic, which costs each process 13 MiB.
"""

import json
import logging
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.parser import Parser

from endpoints.api.auth import Token
from endpoints.api.http import ApiRequest
from endpoints.api.problems import Problem
from endpoints.api.routes import activity, addresses, changes, downloads, logs, models, recognition, requests
from endpoints.pages.problems import of_status, problem

RETRY_SECONDS = "10"
log = logging.getLogger(__name__)


class WholeJSON(Parser):
    """JSON in UTF-8 without NaN, of a depth that can be read."""

    def parse_body(self, request: Any) -> Any:
        if request.content_type not in ("application/json", ""):
            raise Problem("media-type")
        try:
            return json.loads(request.body.decode(), parse_constant=_no_number)
        except RecursionError:
            raise Problem("bad-request", "The body is nested too deeply.") from None
        except ValueError as error:
            raise Problem("bad-request", f"The body is not JSON in UTF-8: {error}") from None


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no number of JSON")


api = NinjaAPI(
    title="Speech Studio",
    version="1",
    description="Deploy models, change them, and bring content logs home. Errors are problem details (RFC 9457).",
    urls_namespace="api-v1",
    openapi_url=None,
    docs_url=None,
    auth=Token(),
    parser=WholeJSON(),
)
for module in (requests, recognition, changes, addresses, models, logs, downloads, activity):
    api.add_router("", module.router)


@api.exception_handler(Problem)
def _problem(_request: ApiRequest, error: Problem) -> HttpResponse:
    return error.response()


@api.exception_handler(ValidationError)
def _not_valid(_request: ApiRequest, error: ValidationError) -> HttpResponse:
    """`pointer` (RFC 6901) of the body's member, or the `parameter`."""
    return problem("not-valid", errors=[{**_place(one["loc"]), "detail": one["msg"]} for one in error.errors])


def _place(location: tuple[Any, ...]) -> dict[str, str]:
    source, *path = location
    if source != "body":
        return {"parameter": str(path[-1])} if path else {}
    return {"pointer": "#" + "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path[1:])}


@api.exception_handler(Http404)
def _not_found(_request: ApiRequest, _error: Http404) -> HttpResponse:
    return problem("not-found")


@api.exception_handler(PermissionDenied)
def _not_permitted(_request: ApiRequest, _error: PermissionDenied) -> HttpResponse:
    return problem("not-permitted")


@api.exception_handler(HttpError)
def _refused(_request: ApiRequest, error: HttpError) -> HttpResponse:
    """django-ninja makes one of what the parser raises."""
    cause = error.__cause__
    if isinstance(cause, SuspiciousOperation):
        return _crafted(_request, cause)
    return cause.response() if isinstance(cause, Problem) else of_status(error.status_code)


@api.exception_handler(SuspiciousOperation)
def _crafted(_request: ApiRequest, error: SuspiciousOperation) -> HttpResponse:
    return problem("too-large" if isinstance(error, RequestDataTooBig) else "bad-request")


@api.exception_handler(OperationalError)
@api.exception_handler(InterfaceError)
def _unavailable(_request: ApiRequest, error: Exception) -> HttpResponse:
    log.error("The database is unavailable: %s", error)
    return problem("unavailable", headers={"Retry-After": RETRY_SECONDS})


@api.exception_handler(Exception)
def _failed(request: ApiRequest, error: Exception) -> HttpResponse:
    log.error("%s %s failed", request.method, request.path, exc_info=error)
    return problem("failed")
