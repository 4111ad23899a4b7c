"""The tables put together as one OpenAPI 3.1 document."""

from __future__ import annotations

import re
from functools import cache

from .enums import DEFAULTS
from .notation import Json, schema, typed
from .schemas import NOTES
from .versions import Version, base_path, dated, version

JSON = "application/json"
PATCH = "application/merge-patch+json"
UUIDS = ("id", "fileId")
HEADERS: dict[str, Json] = {
    "Retry-After": {
        "description": "Seconds to wait before looking again; left out when there is nothing to wait for.",
        "schema": {"type": "integer", "format": "int32"},
    },
    **{
        name: {"description": words, "required": True, "schema": {"type": "string", "format": "uri"}}
        for name, words in (("Location", "The entity made."), ("Operation-Location", "The operation begun."))
    },
}
QUERIES: dict[str, Json] = {
    "skip": typed("int32") | {"description": "How many entities to pass over."},
    "top": typed("int32") | {"description": "How many entities to show at most; the service may show fewer."},
    "filter": typed("string"),
    "skipToken": typed("string") | {"description": "Where the page before ended, taken from its @nextLink."},
    "endDate": typed("string")
    | {"description": "yyyy-mm-dd, a day in UTC: that day and all before; none: everything."},
    "sasValidityInSeconds": typed("int32") | {"description": "How long links to files work; else 12 hours."},
    "sasLifetimeMinutes": typed("int32") | {"description": "How long links to files work."},
}


@cache
def describe(name: str) -> Json:
    """The document of one of VERSIONS, the same object each time; KeyError for another version."""
    stated = version(name)
    variables = {"endpoint": {"default": "https://westus.api.cognitive.microsoft.com"}}
    document: Json = {
        "openapi": "3.1.0",
        "info": {"title": "Speech to text: endpoints, models, projects and web hooks", "version": name},
        "servers": [{"url": "{endpoint}" + base_path(name), "variables": variables}],
        "security": [{"api_key": []}, {"token": []}],
        "paths": {},
        "components": {"schemas": _schemas(stated), "securitySchemes": _security(name)},
    }
    for row in filter(None, stated.operations.splitlines()):
        method, path, operation = _operation(row, stated)
        document["paths"].setdefault(path, {})[method] = operation
    return _reached(document)


def _security(name: str) -> Json:
    """Later documents name the key only; tokens of Entra are in the service's documentation (service-facts 6)."""
    words = (
        "A token of Microsoft Entra." if dated(name) else "A token of the region's STS, for managing Speech services."
    )
    return {
        "api_key": {"type": "apiKey", "in": "header", "name": "Ocp-Apim-Subscription-Key"},
        "token": {"type": "apiKey", "in": "header", "name": "Authorization", "description": words},
    }


def _schemas(stated: Version) -> Json:
    found: Json = {}
    for title, table in stated.entities.items():
        found[title.removesuffix("!")] = schema(table) | _only_read(title)
    for title, values in stated.closed_enums.items():
        found[title.removesuffix("!")] = {"type": "string", "enum": values.split()} | _only_read(title)
    for title, values in stated.open_enums.items():
        found[title.removesuffix("!")] = {"type": "string", "x-extensible-enum": values.split()} | _only_read(title)
    for title, value in DEFAULTS.items():
        found[title]["default"] = value
    for title in stated.open:
        found[title]["x-open"] = True
    for title, words in NOTES.items():
        noun, _, name = title.partition(".")
        target = found[noun]["properties"].get(name) if name else found[noun]
        if target is not None:
            target["description"] = words
    return found


def _only_read(title: str) -> Json:
    return {"readOnly": True} if title.endswith("!") else {}


def _operation(row: str, stated: Version) -> tuple[str, str, Json]:
    words, _, summary = row.partition(" # ")
    method, path, name, *parts = words.split()
    operation: Json = {"operationId": name, "tags": [name.partition("_")[0]]}
    if summary:
        operation["summary"] = summary
    operation["parameters"] = [_in_path(part) for part in re.findall(r"{(\w+)}", path)]
    if dated(stated.name):
        operation["parameters"].append(
            {
                "in": "query",
                "name": "api-version",
                "required": True,
                "schema": {"type": "string", "enum": [stated.name]},
            }
        )
    operation["responses"] = {}
    for part in parts:
        if part.startswith("?"):
            operation["parameters"] += _in_query(part[1:], name, stated)
        elif part.startswith("<"):
            media = (JSON, PATCH) if method == "PATCH" else (JSON,)
            content = {kind: {"schema": typed(part[1:])} for kind in media}
            operation["requestBody"] = {"required": True, "content": content}
        else:
            status, _, kind = part.partition(":")
            operation["responses"][status] = _answer(*kind.split("+"))
    operation["responses"]["default"] = _answer("Error") | {"description": "A refusal"}
    return method.lower(), path, operation


def _in_path(name: str) -> Json:
    return {"in": "path", "name": name, "required": True, "schema": typed("uuid" if name in UUIDS else "string")}


def _in_query(word: str, operation: str, stated: Version) -> list[Json]:
    if word.startswith("page="):
        properties = stated.filters[word.removeprefix("page=")].split()
        return [_query("skip"), _query("top"), _query("filter") | {"x-filter-properties": properties}]
    if word != "sas":
        return [_query(word)]
    if not dated(stated.name):
        return [_query("sasValidityInSeconds")]
    return [_query("sasLifetimeMinutes") | ({"required": True} if operation.endswith("Manifest") else {})]


def _query(name: str) -> Json:
    return {"in": "query", "name": name, "schema": QUERIES[name]}


def _answer(kind: str = "", *headers: str) -> Json:
    answer: Json = {"description": kind or "Nothing more to say"}
    if kind:
        answer["content"] = {JSON: {"schema": typed(kind)}}
    if headers:
        answer["headers"] = {name: HEADERS[name] for name in headers}
    return answer


def _reached(document: Json) -> Json:
    """Without the definitions that no operation leads to."""
    schemas = document["components"]["schemas"]
    known: set[str] = set()
    waiting = [str(document["paths"])]
    while waiting:
        for name in re.findall(r"'#/components/schemas/(\w+)'", waiting.pop()):
            if name not in known:
                known.add(name)
                waiting.append(str(schemas[name]))
    document["components"]["schemas"] = {name: schemas[name] for name in schemas if name in known}
    return document
