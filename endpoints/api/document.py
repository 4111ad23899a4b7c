"""The document of the API (OpenAPI 3.1): what django-ninja knows, and what holds for every operation."""

from functools import cache
from typing import Any

from django.conf import settings

from endpoints.api.application import api
from endpoints.api.once import HEADER as KEY
from endpoints.api.once import LONGEST
from endpoints.api.reading import HEADER as PURPOSE
from endpoints.pages.problems import API, KINDS, TYPE

PROBLEM: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457. `errors` says what is wrong with which part of the request.",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "change": {"type": "string", "format": "uuid", "description": "The open change that is in the way."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["detail"],
                "properties": {name: {"type": "string"} for name in ("detail", "pointer", "parameter", "header")},
            },
        },
    },
}
ANY = (400, 401, 403, 404, 422, 429, 500, 503)
OF_POST = (409, 412, 413, 415)


@cache
def document() -> dict[str, Any]:
    """As it is served at /api/v1/openapi.json."""
    found: dict[str, Any] = api.get_openapi_schema(path_prefix=f"{settings.FORCE_SCRIPT_NAME or ''}{API}v1/")
    found["components"]["schemas"]["Problem"] = PROBLEM
    for path, methods in found["paths"].items():
        for method, operation in methods.items():
            _complete(path, method, operation)
    return found


def _complete(path: str, method: str, operation: dict[str, Any]) -> None:
    answers = operation["responses"]
    for status in (*ANY, *(OF_POST if method == "post" else ())):
        says = " ".join(text for number, text in KINDS.values() if number == status)
        content = {TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        answers[status] = {"description": says, "content": content}
    parameters = operation["parameters"]
    if method == "post":
        about = "The same request with the same key is carried out once."
        parameters.append(_header(KEY, about, required=True, minLength=1, maxLength=LONGEST, pattern="^[!-~]+$"))
        if path.endswith(("/change-model", "/go-back", "/edit", "/delete")) and "/endpoints/" in path:
            parameters.append(_header("If-Match", "The ETag of the endpoint as it was read."))
        if "/addresses/" in path:
            parameters.append(_header("If-Match", "The ETag of the address as it was read."))
    elif operation["responses"].get(200, {}).get("content"):
        parameters.append(_header("If-None-Match", "An ETag: 304 while the answer would be the same."))
        answers[304] = {"description": "As If-None-Match says."}
    else:
        answers[200]["content"] = {"*/*": {}}
        answers |= {206: {"description": "The range that Range names.", "content": {"*/*": {}}}}
        answers |= {
            416: {
                "description": "Range names nothing of the file.",
                "content": {TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            }
        }
    if "/logs" in path or path.endswith(("/file", "/downloads")):
        parameters.append(_header(PURPOSE, "Why content logs are read; UTF-8 with percent-encoding."))


def _header(name: str, description: str, *, required: bool = False, **schema: Any) -> dict[str, Any]:
    return {
        "in": "header",
        "name": name,
        "required": required,
        "description": description,
        "schema": {"type": "string", **schema},
    }
