"""The differences between a response and the contract.

Texts of the response are quoted only if they are names or values of an enumeration, and only their first characters.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from endpoints.contract import base_path, describe

from .recording import Exchange

Json = dict[str, Any]
JSON = "application/json"
_TYPES: dict[str, tuple[type[Any], ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "array": (list,),
    "object": (dict,),
}
_TYPE_NAMES = {"string": "a text", "boolean": "true or false", "integer": "a whole number", "number": "a number"}
_TYPE_NAMES |= {"array": "a list", "object": "an object"}
# What the service sets, and the product relies on, though the contract does not require it. Entities in another state
# than Succeeded may lack it.
_EXPECTED = {
    "Endpoint": ("self", "status", "createdDateTime", "lastActionDateTime", "model", "links", "properties"),
    "BaseModel": (
        *("self", "status", "properties.features.supportsEndpoints"),
        "properties.deprecationDates.transcriptionDateTime",
    ),
    "CustomModel": (
        *("self", "status", "properties.features.supportsEndpoints"),
        "properties.deprecationDates.transcriptionDateTime",
    ),
    "Project": ("self", "createdDateTime"),
    "File": ("self", "name", "kind", "links.contentUrl"),
    "WebHook": ("self", "status"),
}
_IN_PROGRESS = ("NotStarted", "Running")


def differences(exchange: Exchange, version: str) -> list[str]:
    """One sentence for each difference between a response and the contract of `version`."""
    document = describe(version)
    operation = _operation(document, exchange, base_path(version))
    if operation is None:
        return [f"{exchange.method} {exchange.path} is no operation of the contract"]
    responses = operation["responses"]
    response = responses.get(str(exchange.status))
    found: list[str] = []
    if response is None:
        if exchange.status < 400:
            expected = " or ".join(status for status in responses if status != "default")
            return [f"the status is {exchange.status}, not {expected}"]
        response = responses["default"]
    body, readable = _body(exchange, response, found)
    found += _headers(exchange, response, body)
    if readable:
        schema = response["content"][JSON]["schema"]
        counted = Counter(_validate(document, schema, body, ""))
        found += [text if times == 1 else f"{text} ({times} times)" for text, times in counted.items()]
    return found


def _operation(document: Json, exchange: Exchange, base: str) -> Json | None:
    path = exchange.path.removeprefix(base)
    for path_template in sorted(document["paths"], key=lambda one: one.count("{")):
        if re.fullmatch(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path_template)), path):
            found: Json | None = document["paths"][path_template].get(exchange.method.lower())
            if found:
                return found
    return None


def _body(exchange: Exchange, response: Json, found: list[str]) -> tuple[Any, bool]:
    """The decoded body, and whether it can be compared with a schema."""
    if "content" not in response:
        if exchange.data:
            found.append("there is a body, and the contract has none")
        return None, False
    kind = exchange.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != JSON:
        found.append(f"the content type is {kind[:60] or 'not named'}, not {JSON}")
    try:
        return json.loads(exchange.data), True
    except (ValueError, RecursionError):
        found.append("the body is not JSON")
        return None, False


def _headers(exchange: Exchange, response: Json, body: Any) -> Iterator[str]:
    for name, header in response.get("headers", {}).items():
        value = exchange.headers.get(name)
        if value is None:
            if header.get("required"):
                yield f"the header {name} is missing"
            elif name == "Retry-After" and _in_progress(body):
                yield "the header Retry-After is missing while something is under way"
        elif header["schema"]["type"] == "integer" and not re.fullmatch(r"\d{1,9}", value):
            yield f"the header {name} is no whole number of seconds"


def _in_progress(body: Any) -> bool:
    entities = body.get("values", [body]) if isinstance(body, dict) else []
    if not isinstance(entities, list):
        return False
    return any(isinstance(one, dict) and one.get("status") in _IN_PROGRESS for one in entities)


def _validate(document: Json, schema: Json, value: Any, location: str) -> Iterator[str]:
    name = ""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        schema = document["components"]["schemas"][name]
    subject = f"`{location}`" if location else "the body"
    kind = schema.get("type")
    if kind is None:
        return
    if not isinstance(value, _TYPES[kind]) or (isinstance(value, bool) and kind != "boolean"):
        yield f"{subject} is not {_TYPE_NAMES[kind]}"
    elif kind == "object":
        yield from _missing(name, value, f"{location}." if location else "")
        yield from _validate_object(document, schema, value, location)
    elif kind == "array":
        for item in value:
            yield from _validate(document, schema["items"], item, f"{location}[]")
    else:
        yield from _validate_scalar(schema, value, subject)


def _missing(name: str, entity: Json, prefix: str) -> Iterator[str]:
    """The properties that are expected of an entity of this definition, and absent or null."""
    if entity.get("status", "Succeeded") != "Succeeded":
        return
    for path in _EXPECTED.get(name, ()):
        value: Any = entity
        steps = path.split(".")
        for number, step in enumerate(steps, 1):
            value = value.get(step) if isinstance(value, dict) else None
            if value is None:
                yield f"`{prefix}{'.'.join(steps[:number])}` is missing"
                break


def _validate_object(document: Json, schema: Json, value: Json, location: str) -> Iterator[str]:
    prefix = f"{location}." if location else ""
    if isinstance(schema.get("additionalProperties"), dict):
        for item in value.values():
            yield from _validate(document, schema["additionalProperties"], item, f"{prefix}*")
        return
    known = schema.get("properties", {})
    for name in schema.get("required", ()):
        if value.get(name) is None:
            yield f"`{prefix}{name}` is missing"
    for name, item in value.items():
        if name not in known:
            if not schema.get("x-open"):
                yield f"`{prefix}{_short(name)}` is not in the contract"
        elif item is not None:  # the service may send null for a missing value, which the contract does not define
            yield from _validate(document, known[name], item, f"{prefix}{name}")


def _validate_scalar(schema: Json, value: Any, subject: str) -> Iterator[str]:
    allowed = schema.get("enum") or schema.get("x-extensible-enum")
    if allowed and value not in allowed:
        yield f"{subject} has the unknown value {_short(str(value))!r}"
    format_name = schema.get("format")
    if format_name in _FORMATS and not _FORMATS[format_name](value):
        yield f"{subject} is no {format_name}"
    if len(str(value)) < schema.get("minLength", 0):
        yield f"{subject} is empty"
    if not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        yield f"{subject} is out of its range"


def _date_time(text: str) -> bool:
    try:
        return "T" in text and bool(datetime.fromisoformat(text))
    except ValueError:
        return False


def _uri(text: str) -> bool:
    try:
        return bool(urlsplit(text).scheme)
    except ValueError:
        return False


def _uuid(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False


_FORMATS = {"date-time": _date_time, "uri": _uri, "uuid": _uuid}


def _short(text: str) -> str:
    return re.sub(r"[^\w@.$ -]", "?", text)[:40]
