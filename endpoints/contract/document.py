"""Builds an OpenAPI 3.1 document from the tables."""

from __future__ import annotations

import re
from functools import cache

from .enums import DEFAULTS
from .notation import Json, schema, typed
from .schemas import NOTES
from .versions import VersionTables, base_path, dated, version

JSON = "application/json"
PATCH = "application/merge-patch+json"
UUIDS = ("id", "fileId")
HEADERS: dict[str, Json] = {
    "Retry-After": {
        "description": "Seconds to wait before the next poll; omitted if there is nothing to wait for.",
        "schema": {"type": "integer", "format": "int32"},
    },
    **{
        name: {"description": description, "required": True, "schema": {"type": "string", "format": "uri"}}
        for name, description in (("Location", "The created entity."), ("Operation-Location", "The started operation."))
    },
}
QUERIES: dict[str, Json] = {
    "skip": typed("int32") | {"description": "How many entities to skip."},
    "top": typed("int32") | {"description": "How many entities to return at most; the service may return fewer."},
    "filter": typed("string"),
    "skipToken": typed("string") | {"description": "The end of the previous page, from its @nextLink."},
    "endDate": typed("string")
    | {"description": "yyyy-mm-dd, a day in UTC: that day and all before it; without it: all logs."},
    "sasValidityInSeconds": typed("int32") | {"description": "How long content URLs are valid; 12 hours by default."},
    "sasLifetimeMinutes": typed("int32") | {"description": "How long content URLs are valid."},
}


@cache
def describe(name: str) -> Json:
    """The document of one of VERSIONS, the same object at each call; KeyError for other versions."""
    tables = version(name)
    variables = {"endpoint": {"default": "https://westus.api.cognitive.microsoft.com"}}
    document: Json = {
        "openapi": "3.1.0",
        "info": {"title": "Speech to text: endpoints, models, projects and web hooks", "version": name},
        "servers": [{"url": "{endpoint}" + base_path(name), "variables": variables}],
        "security": [{"api_key": []}, {"token": []}],
        "paths": {},
        "components": {"schemas": _schemas(tables), "securitySchemes": _security(name)},
    }
    for line in filter(None, tables.operations.splitlines()):
        method, path, operation = _operation(line, tables)
        document["paths"].setdefault(path, {})[method] = operation
    return _without_unused(document)


def _security(name: str) -> Json:
    """The published documents of later versions name the key only.

    Microsoft Entra tokens: "Role-based access control for Speech resources".
    """
    description = (
        "A Microsoft Entra token."
        if dated(name)
        else "A token of the region's token service, with the scope speechservicesmanagement."
    )
    return {
        "api_key": {"type": "apiKey", "in": "header", "name": "Ocp-Apim-Subscription-Key"},
        "token": {"type": "apiKey", "in": "header", "name": "Authorization", "description": description},
    }


def _schemas(tables: VersionTables) -> Json:
    schemas: Json = {}
    for full_name, table in tables.entities.items():
        schemas[full_name.removesuffix("!")] = schema(table) | _read_only(full_name)
    for full_name, values in tables.closed_enums.items():
        schemas[full_name.removesuffix("!")] = {"type": "string", "enum": values.split()} | _read_only(full_name)
    for full_name, values in tables.open_enums.items():
        schemas[full_name.removesuffix("!")] = {"type": "string", "x-extensible-enum": values.split()} | _read_only(
            full_name
        )
    for full_name, value in DEFAULTS.items():
        schemas[full_name]["default"] = value
    for full_name in tables.open:
        schemas[full_name]["x-open"] = True
    for full_name, description in NOTES.items():
        definition, _, name = full_name.partition(".")
        target = schemas[definition]["properties"].get(name) if name else schemas[definition]
        if target is not None:
            target["description"] = description
    return schemas


def _read_only(full_name: str) -> Json:
    return {"readOnly": True} if full_name.endswith("!") else {}


def _operation(line: str, tables: VersionTables) -> tuple[str, str, Json]:
    definition, _, summary = line.partition(" # ")
    method, path, name, *parts = definition.split()
    operation: Json = {"operationId": name, "tags": [name.partition("_")[0]]}
    if summary:
        operation["summary"] = summary
    operation["parameters"] = [_path_parameter(part) for part in re.findall(r"{(\w+)}", path)]
    if dated(tables.name):
        operation["parameters"].append(
            {
                "in": "query",
                "name": "api-version",
                "required": True,
                "schema": {"type": "string", "enum": [tables.name]},
            }
        )
    operation["responses"] = {}
    for part in parts:
        if part.startswith("?"):
            operation["parameters"] += _query_parameters(part[1:], name, tables)
        elif part.startswith("<"):
            media = (JSON, PATCH) if method == "PATCH" else (JSON,)
            content = {kind: {"schema": typed(part[1:])} for kind in media}
            operation["requestBody"] = {"required": True, "content": content}
        else:
            status, _, kind = part.partition(":")
            operation["responses"][status] = _response(*kind.split("+"))
    operation["responses"]["default"] = _response("Error") | {"description": "An error"}
    return method.lower(), path, operation


def _path_parameter(name: str) -> Json:
    return {"in": "path", "name": name, "required": True, "schema": typed("uuid" if name in UUIDS else "string")}


def _query_parameters(shorthand: str, operation: str, tables: VersionTables) -> list[Json]:
    if shorthand.startswith("page="):
        properties = tables.filters[shorthand.removeprefix("page=")].split()
        return [
            _query_parameter("skip"),
            _query_parameter("top"),
            _query_parameter("filter") | {"x-filter-properties": properties},
        ]
    if shorthand != "sas":
        return [_query_parameter(shorthand)]
    if not dated(tables.name):
        return [_query_parameter("sasValidityInSeconds")]
    return [_query_parameter("sasLifetimeMinutes") | ({"required": True} if operation.endswith("Manifest") else {})]


def _query_parameter(name: str) -> Json:
    return {"in": "query", "name": name, "schema": QUERIES[name]}


def _response(kind: str = "", *headers: str) -> Json:
    response: Json = {"description": kind or "No body"}
    if kind:
        response["content"] = {JSON: {"schema": typed(kind)}}
    if headers:
        response["headers"] = {name: HEADERS[name] for name in headers}
    return response


def _without_unused(document: Json) -> Json:
    """Remove the definitions that no operation refers to."""
    schemas = document["components"]["schemas"]
    used: set[str] = set()
    pending = [str(document["paths"])]
    while pending:
        for name in re.findall(r"'#/components/schemas/(\w+)'", pending.pop()):
            if name not in used:
                used.add(name)
                pending.append(str(schemas[name]))
    document["components"]["schemas"] = {name: schemas[name] for name in schemas if name in used}
    return document
