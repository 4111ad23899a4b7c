"""What an answer has that the contract does not know, and the other way round.

Texts of the answer are quoted only where they stand for a value of an enumeration, and shortly.
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
_WORDS = {"string": "a text", "boolean": "true or false", "integer": "a whole number", "number": "a number"}
_WORDS |= {"array": "a list", "object": "an object"}
_UNDER_WAY = ("NotStarted", "Running")


def differences(exchange: Exchange, version: str) -> list[str]:
    """One sentence for each way in which an answer differs from the contract of `version`."""
    document = describe(version)
    operation = _operation(document, exchange, base_path(version))
    if operation is None:
        return [f"{exchange.method} {exchange.path} is no operation of the contract"]
    answers = operation["responses"]
    answer = answers.get(str(exchange.status))
    found: list[str] = []
    if answer is None:
        if exchange.status < 400:
            expected = " or ".join(status for status in answers if status != "default")
            return [f"the status is {exchange.status}, not {expected}"]
        answer = answers["default"]
    body, readable = _body(exchange, answer, found)
    found += _headers(exchange, answer, body)
    if readable:
        schema = answer["content"][JSON]["schema"]
        counted = Counter(_held_against(document, schema, body, ""))
        found += [text if times == 1 else f"{text} ({times} times)" for text, times in counted.items()]
    return found


def _operation(document: Json, exchange: Exchange, base: str) -> Json | None:
    path = exchange.path.removeprefix(base)
    for template in sorted(document["paths"], key=lambda one: one.count("{")):
        if re.fullmatch(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template)), path):
            found: Json | None = document["paths"][template].get(exchange.method.lower())
            if found:
                return found
    return None


def _body(exchange: Exchange, answer: Json, found: list[str]) -> tuple[Any, bool]:
    """The decoded body, and whether there is one to hold against a schema."""
    if "content" not in answer:
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


def _headers(exchange: Exchange, answer: Json, body: Any) -> Iterator[str]:
    for name, header in answer.get("headers", {}).items():
        value = exchange.headers.get(name)
        if value is None:
            if header.get("required"):
                yield f"the header {name} is missing"
            elif name == "Retry-After" and _under_way(body):
                yield "the header Retry-After is missing while something is under way"
        elif header["schema"]["type"] == "integer" and not re.fullmatch(r"\d{1,9}", value):
            yield f"the header {name} is no whole number of seconds"


def _under_way(body: Any) -> bool:
    entities = body.get("values", [body]) if isinstance(body, dict) else []
    return any(isinstance(one, dict) and one.get("status") in _UNDER_WAY for one in entities)


def _held_against(document: Json, schema: Json, value: Any, where: str) -> Iterator[str]:
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    place = f"`{where}`" if where else "the body"
    kind = schema.get("type")
    if kind is None:
        return
    if not isinstance(value, _TYPES[kind]) or (isinstance(value, bool) and kind != "boolean"):
        yield f"{place} is not {_WORDS[kind]}"
    elif kind == "object":
        yield from _properties(document, schema, value, where)
    elif kind == "array":
        for item in value:
            yield from _held_against(document, schema["items"], item, f"{where}[]")
    else:
        yield from _single(schema, value, place)


def _properties(document: Json, schema: Json, value: Json, where: str) -> Iterator[str]:
    beginning = f"{where}." if where else ""
    if isinstance(schema.get("additionalProperties"), dict):
        for item in value.values():
            yield from _held_against(document, schema["additionalProperties"], item, f"{beginning}*")
        return
    known = schema.get("properties", {})
    for name in schema.get("required", ()):
        if value.get(name) is None:
            yield f"`{beginning}{name}` is missing"
    for name, item in value.items():
        if name not in known:
            if not schema.get("x-open"):
                yield f"`{beginning}{_short(name)}` is not in the contract"
        elif item is not None:  # the contract does not speak of null; the service writes it for what is not there
            yield from _held_against(document, known[name], item, f"{beginning}{name}")


def _single(schema: Json, value: Any, place: str) -> Iterator[str]:
    allowed = schema.get("enum") or schema.get("x-extensible-enum")
    if allowed and value not in allowed:
        yield f"{place} has the unknown value {_short(str(value))!r}"
    form = schema.get("format")
    if form in _FORMS and not _FORMS[form](value):
        yield f"{place} is no {form}"
    if len(str(value)) < schema.get("minLength", 0):
        yield f"{place} is empty"
    if not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        yield f"{place} is out of its range"


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


_FORMS = {"date-time": _date_time, "uri": _uri, "uuid": _uuid}


def _short(text: str) -> str:
    return re.sub(r"[^\w@.$ -]", "?", text)[:40]
