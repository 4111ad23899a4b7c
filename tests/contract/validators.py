"""Validators for requests and responses, built from the contract of one API version.

They are stricter than the contract for our own code: the client must not send unknown or read-only properties, and the
simulator must not send properties or values of enumerations that the contract does not name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import unquote

import jsonschema_rs

from endpoints.contract import base_path, describe

Json = dict[str, Any]
SCHEMAS = "#/components/schemas/"
LIMITS = {"int32": 2**31, "int64": 2**63}
INTEGER = re.compile(r"-?\d{1,19}")
VERSIONED = re.compile(r"/speechtotext/(v[\w.-]+)(?:/|$)")


class SchemaSet:
    """The schemas for requests (`writes`) or responses; a validator is created once for each."""

    def __init__(self, schemas: Json, *, writes: bool) -> None:
        self.writes = writes
        self.schemas = schemas
        self.document = {"components": {"schemas": {name: self.strict(one) for name, one in schemas.items()}}}
        self.made: dict[str, jsonschema_rs.Validator] = {}

    def errors(self, schema: Json, instance: Any) -> list[str]:
        """The errors, each with its location; empty if the instance is valid."""
        key = repr(schema)
        if key not in self.made:
            whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", **self.strict(schema), **self.document}
            self.made[key] = jsonschema_rs.validator_for(whole, validate_formats=True)
        validator = self.made[key]
        if validator.is_valid(instance):
            return []
        found = validator.iter_errors(instance)
        return [f"{'/'.join(map(str, one.instance_path)) or 'body'}: {one.message[:300]}" for one in found]

    def strict(self, schema: Json) -> Json:
        found = {name: value for name, value in schema.items() if name not in ("x-open", "x-extensible-enum")}
        if (size := LIMITS.get(schema.get("format", ""))) is not None:
            found = {"minimum": -size, "maximum": size - 1} | found
        if "x-extensible-enum" in schema and not self.writes:
            found["enum"] = schema["x-extensible-enum"]
        if "items" in schema:
            found["items"] = self.strict(schema["items"])
        if isinstance(schema.get("additionalProperties"), dict):
            found["additionalProperties"] = self.strict(schema["additionalProperties"])
        if "properties" in schema:
            kept = {name: one for name, one in schema["properties"].items() if not self.may_not_be_written(one)}
            found["properties"] = {name: self.strict(one) for name, one in kept.items()}
            if not schema.get("x-open"):
                found["additionalProperties"] = False
        return found

    def may_not_be_written(self, schema: Json) -> bool:
        """Whether this side must not send the property: it, or what it refers to, is readOnly."""
        aim = self.schemas[schema["$ref"].removeprefix(SCHEMAS)] if "$ref" in schema else {}
        return self.writes and bool(schema.get("readOnly") or aim.get("readOnly"))


class Operation:
    """One operation, with the validation of its requests and responses."""

    def __init__(self, path: str, described: Json, schemas: SchemaSet) -> None:
        self.name: str = described["operationId"]
        self.pattern = re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path)))
        self.fixed_characters = len(re.sub(r"{\w+}", "", path))
        self.path_names = {one["name"]: one["schema"] for one in described["parameters"] if one["in"] == "path"}
        self.query = {one["name"]: one for one in described["parameters"] if one["in"] == "query"}
        self.body = described.get("requestBody", {}).get("content", {})
        self.responses = described["responses"]
        self.request_schemas = schemas

    def path_errors(self, match: re.Match[str]) -> Iterator[str]:
        for name, schema in self.path_names.items():
            if self.request_schemas.errors(schema, unquote(match[name])):
                yield f"the {name} of the path is no {schema.get('format', 'string')}: {match[name]}"

    def query_errors(self, pairs: list[tuple[str, str]]) -> Iterator[str]:
        """The errors in the query."""
        names = [name for name, _ in pairs]
        yield from (f"the query parameter {name} is unknown" for name in names if name not in self.query)
        yield from (f"the query parameter {name} is there twice" for name in set(names) if names.count(name) > 1)
        for name, one in self.query.items():
            if one.get("required") and name not in names:
                yield f"the query parameter {name} is required"
        for name, text in pairs:
            if name in self.query:
                yield from self._value(name, text, self.query[name])

    def _value(self, name: str, text: str, parameter: Json) -> Iterator[str]:
        schema = parameter["schema"]
        if schema["type"] == "integer" and not INTEGER.fullmatch(text):
            yield f"the query parameter {name} is no integer: {text}"
        elif found := self.request_schemas.errors(schema, int(text) if schema["type"] == "integer" else text):
            yield f"the query parameter {name}: {found[0]}"

    def filter_errors(self, pairs: list[tuple[str, str]]) -> Iterator[str]:
        """The errors in the filter. It comes from the client's caller: an error only if it was accepted."""
        for text in (text for name, text in pairs if name == "filter" and name in self.query):
            compared = re.findall(r"(\w+)\s+(?:eq|ne|gt|ge|lt|le)\s", re.sub(r"'(?:[^']|'')*'", "''", text))
            unknown = sorted({*compared} - {*self.query["filter"]["x-filter-properties"]})
            yield from (f"the filter names {one}, which cannot be filtered by" for one in unknown)
            if not compared:
                yield f"the filter compares nothing: {text}"

    def response_for(self, status: int) -> Json | None:
        """The response described for a status; all errors have one description."""
        found: Json | None = self.responses.get(str(status))
        if found is None and status >= 400:
            found = self.responses["default"]
        return found


class Contract:
    """The operations of one version, by method and path."""

    def __init__(self, version: str) -> None:
        document = describe(version)
        self.base = base_path(version)
        schemas = document["components"]["schemas"]
        self.requests, self.replies = SchemaSet(schemas, writes=True), SchemaSet(schemas, writes=False)
        self.keys = {one["name"].lower().encode() for one in document["components"]["securitySchemes"].values()}
        self.operations: dict[str, list[Operation]] = {}
        for path, methods in document["paths"].items():
            for method, described in methods.items():
                found = Operation(path, described, self.requests)
                self.operations.setdefault(method.upper(), []).append(found)
        for those in self.operations.values():
            those.sort(key=lambda one: -one.fixed_characters)  # /models/base goes before /models/{id}

    def find(self, method: str, raw_path: str) -> tuple[Operation, re.Match[str]] | None:
        below = raw_path.removeprefix(self.base)
        for operation in self.operations.get("GET" if method == "HEAD" else method, []):
            if match := operation.pattern.fullmatch(below):
                return operation, match
        return None


@cache
def contract(version: str) -> Contract:
    """Raises KeyError for an unknown version."""
    return Contract(version)


def version_of(path: str, query: list[tuple[str, str]]) -> str:
    """The version of a request; empty if it has none."""
    if named := VERSIONED.match(path):
        return named[1]
    return dict(query).get("api-version", "")
