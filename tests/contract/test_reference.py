"""The project's description of v3.2 agrees with the published specification."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from endpoints.contract import describe

Json = dict[str, Any]
REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "speech-api" / "speechtotext-v3.2.json"
METHODS = {"get", "put", "post", "delete", "patch", "head", "options"}
KEYWORDS = ("type", "format", "enum", "minLength", "maxLength", "pattern", "minimum", "maximum", "default")
pytestmark = pytest.mark.skipif(
    not REFERENCE.exists(), reason=f"the published specification is not available: {REFERENCE.name}"
)


class Swagger:
    """The published specification (OpenAPI 2.0), normalized for the comparison."""

    def __init__(self, document: Json) -> None:
        self.document = document
        self.definitions = document["definitions"]

    def operations(self) -> Json:
        return {
            f"{method.upper()} {path}": self.operation(operation)
            for path, methods in self.document["paths"].items()
            for method, operation in methods.items()
            if method in METHODS
        }

    def known(self, operations: Json) -> Json:
        """Without operations whose paths the excerpt of the specification omits (/operations* and others)."""
        left_out = self.document["info"]["x-derived-from"]["omitted"]
        prefixes = tuple(path.removesuffix("*") for path in left_out if path.startswith("/"))
        return {name: one for name, one in operations.items() if not name.partition(" ")[2].startswith(prefixes)}

    def operation(self, operation: Json) -> Json:
        parameters = [self.resolved(one) for one in operation.get("parameters", [])]
        bodies = [one for one in parameters if one["in"] == "body"]
        found: Json = {"operationId": operation["operationId"], "body": None, "parameters": {}, "answers": {}}
        for one in parameters:
            if one["in"] != "body":
                plain = {"required": one.get("required", False), **keywords(one)}
                if "x-filter-properties" in one:
                    plain["filter"] = sorted(one["x-filter-properties"])
                found["parameters"][f"{one['in']} {one['name']}"] = plain
        for one in bodies:
            media = sorted(operation["consumes"])
            found["body"] = {"required": one["required"], "media": media, "schema": self.schema(one["schema"])}
        for status, answer in operation["responses"].items():
            headers = {name: keywords(header) for name, header in answer.get("headers", {}).items()}
            body = self.schema(answer["schema"]) if "schema" in answer else None
            found["answers"][status] = {"headers": headers, "schema": body}
        return found

    def resolved(self, parameter: Json) -> Json:
        if "$ref" in parameter:
            return self.document["parameters"][parameter["$ref"].rpartition("/")[2]]
        return parameter

    def schema(self, schema: Json) -> Json:
        plain = shape(schema, self.schema)
        if schema.get("x-ms-enum", {}).get("modelAsString"):
            plain["open enum"] = plain.pop("enum")
        for parent in schema.get("allOf", []):
            above = self.schema(self.definitions[parent["$ref"].rpartition("/")[2]])
            plain["properties"] = above.get("properties", {}) | plain.get("properties", {})
            if required := {*above.get("required", []), *plain.get("required", [])}:
                plain["required"] = sorted(required)
        return plain

    def every_definition(self) -> Json:
        """By name, without those that are only bases of others."""
        lent = {
            parent["$ref"].rpartition("/")[2] for one in self.definitions.values() for parent in one.get("allOf", [])
        }
        return {name: self.schema(one) for name, one in self.definitions.items() if name not in lent}


class Ours:
    """The project's description (OpenAPI 3.1), normalized in the same way."""

    def __init__(self, document: Json) -> None:
        self.document = document

    def operations(self) -> Json:
        return {
            f"{method.upper()} {path}": self.operation(operation)
            for path, methods in self.document["paths"].items()
            for method, operation in methods.items()
        }

    def operation(self, operation: Json) -> Json:
        found: Json = {"operationId": operation["operationId"], "body": None, "parameters": {}, "answers": {}}
        for one in operation["parameters"]:
            plain = {"required": one.get("required", False), **keywords(one["schema"])}
            if "x-filter-properties" in one:
                plain["filter"] = sorted(one["x-filter-properties"])
            found["parameters"][f"{one['in']} {one['name']}"] = plain
        if "requestBody" in operation:
            content = operation["requestBody"]["content"]
            (body,) = {json.dumps(one["schema"]) for one in content.values()}
            required = operation["requestBody"]["required"]
            found["body"] = {"required": required, "media": sorted(content), "schema": self.schema(json.loads(body))}
        for status, answer in operation["responses"].items():
            headers = {name: keywords(header["schema"]) for name, header in answer.get("headers", {}).items()}
            told = answer.get("content", {})
            assert set(told) <= {"application/json"}
            schema = self.schema(told["application/json"]["schema"]) if told else None
            found["answers"][status] = {"headers": headers, "schema": schema}
        return found

    def schema(self, schema: Json) -> Json:
        plain = shape(schema, self.schema)
        if "x-extensible-enum" in schema:
            plain["open enum"] = schema["x-extensible-enum"]
        return plain

    def every_definition(self) -> Json:
        return {name: self.schema(one) for name, one in self.document["components"]["schemas"].items()}


def keywords(schema: Json) -> Json:
    return {name: schema[name] for name in KEYWORDS if name in schema}


def shape(schema: Json, inner: Any) -> Json:
    """One schema without descriptions; a reference is the name of its target."""
    plain = keywords(schema) | {"readOnly": schema.get("readOnly", False)}
    if "$ref" in schema:
        plain["is"] = schema["$ref"].rpartition("/")[2]
    if "properties" in schema:
        plain["properties"] = {name: inner(one) for name, one in schema["properties"].items()}
    if schema.get("required"):
        plain["required"] = sorted(schema["required"])
    for name in ("items", "additionalProperties"):
        if isinstance(schema.get(name), dict):
            plain[name] = inner(schema[name])
    if plain.get("type") == "object":
        plain.setdefault("properties", {})
    return plain


def differences(theirs: Any, ours: Any, where: str = "") -> list[str]:
    if isinstance(theirs, dict) and isinstance(ours, dict):
        found = [f"{where}: {name} is missing here" for name in theirs.keys() - ours.keys()]
        found += [f"{where}: {name} is not in the contract" for name in ours.keys() - theirs.keys()]
        for name in theirs.keys() & ours.keys():
            found += differences(theirs[name], ours[name], f"{where} > {name}" if where else name)
        return sorted(found)
    return [] if theirs == ours else [f"{where}: the contract says {theirs!r}, here is {ours!r}"]


@pytest.fixture(scope="module")
def theirs() -> Swagger:
    return Swagger(json.loads(REFERENCE.read_text()))


@pytest.fixture(scope="module")
def ours() -> Ours:
    return Ours(describe("v3.2"))


def test_operations_agree_with_the_published_specification(theirs: Swagger, ours: Ours) -> None:
    wanted = theirs.operations()
    assert len(wanted) == 46
    found = differences(wanted, theirs.known(ours.operations()))
    assert not found, "\n".join(found)


def test_definitions_agree_with_the_published_specification(theirs: Swagger, ours: Ours) -> None:
    found = differences(theirs.every_definition(), ours.every_definition())
    assert not found, "\n".join(found)


def test_security_schemes_and_base_path_agree_with_the_published_specification(theirs: Swagger, ours: Ours) -> None:
    schemes = ours.document["components"]["securitySchemes"]
    told = {name: (one["type"], one["in"], one["name"]) for name, one in schemes.items()}
    contract_of_version = theirs.document["securityDefinitions"]
    assert told == {name: (one["type"], one["in"], one["name"]) for name, one in contract_of_version.items()}
    assert ours.document["security"] == theirs.document["security"]
    assert ours.document["servers"][0]["url"] == theirs.document["x-ms-parameterized-host"]["hostTemplate"]


def test_a_difference_to_the_published_specification_is_detected(theirs: Swagger) -> None:
    is_changed_by_fault = json.loads(json.dumps(describe("v3.2")))
    schemas = is_changed_by_fault["components"]["schemas"]
    schemas["Endpoint"]["properties"]["status"] = {"type": "string"}
    schemas["Endpoint"]["required"] = ["displayName"]
    schemas["Status"]["enum"] = ["Running"]
    schemas["FileLinks"]["properties"]["contentUrl"].pop("readOnly")
    is_changed_by_fault["paths"]["/endpoints"]["get"]["parameters"].pop()
    found = Ours(is_changed_by_fault)
    missed = differences(theirs.every_definition(), found.every_definition())
    missed += differences(theirs.operations(), theirs.known(found.operations()))
    assert len(missed) == 6, "\n".join(missed)
