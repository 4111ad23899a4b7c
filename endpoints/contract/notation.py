"""A short notation for schemas: `*name:type!`, separated by blanks. `*` means required, `!` read-only.

Types: string, text (a non-empty string), uri, uuid, date-time, boolean, int32, int64, double, int32(1..100),
any, the name of a definition; `[type]` is an array, `{type}` an object whose values are of the type.
"""

from __future__ import annotations

import re
from typing import Any

Json = dict[str, Any]

PLAIN: dict[str, Json] = {
    "any": {},
    "string": {"type": "string"},
    "text": {"type": "string", "minLength": 1},
    "boolean": {"type": "boolean"},
    "int32": {"type": "integer", "format": "int32"},
    "int64": {"type": "integer", "format": "int64"},
    "double": {"type": "number", "format": "double"},
    **{form: {"type": "string", "format": form} for form in ("uri", "uuid", "date-time")},
}
BOUNDED = re.compile(r"(\w+)\((\d+)\.\.(\d*)\)")


def typed(text: str) -> Json:
    if text in PLAIN:
        return dict(PLAIN[text])
    if text.startswith("["):
        return {"type": "array", "items": typed(text[1:-1])}
    if text.startswith("{"):
        return {"type": "object", "additionalProperties": typed(text[1:-1])}
    if bounds := BOUNDED.fullmatch(text):
        most = {"maximum": int(bounds[3])} if bounds[3] else {}
        return typed(bounds[1]) | {"minimum": int(bounds[2])} | most
    return {"$ref": f"#/components/schemas/{text}"}


def schema(table: str) -> Json:
    """The schema of an object with these properties; additional ones are allowed, as in the specification."""
    properties: dict[str, Json] = {}
    required = []
    for entry in table.split():
        name, _, kind = entry.partition(":")
        if name.startswith("*"):
            name = name[1:]
            required.append(name)
        properties[name] = typed(kind.removesuffix("!")) | ({"readOnly": True} if kind.endswith("!") else {})
    result: Json = {"type": "object", "properties": properties}
    return result | ({"required": required} if required else {})


def without(table: str, *names: str) -> str:
    """The table without some properties; ValueError if one of them is not in it."""
    kept = [entry for entry in table.split() if entry.partition(":")[0].removeprefix("*") not in names]
    if len(kept) != len(table.split()) - len(names):
        raise ValueError(f"not all of {names} are in the table")
    return " ".join(kept)
