"""The file of `plan` and `apply`: which endpoints there shall be. JSON, or the part of YAML that yaml_subset reads."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from endpoints.api.cli.outcome import Usage
from endpoints.api.cli.yaml_subset import read_yaml

TOP = {"version": int, "resource": str, "endpoints": list}
EACH = {
    "name": str,
    "model": str,
    "resource": str,
    "locale": str,
    "project": str,
    "description": str,
    "content_logging": bool,
}
TYPES = {int: "a whole number", str: "text", list: "a list", bool: "true or false"}
LARGEST_FILE = 4 * 1024 * 1024


@dataclass(frozen=True)
class Desired:
    """An endpoint as the file wants it; what is None is left as it is."""

    resource: str
    name: str
    model: str
    locale: str = ""
    project: str = ""
    description: str | None = None
    content_logging: bool | None = None


@dataclass(frozen=True)
class Document:
    """`managed`: the Speech resources that the file speaks of."""

    endpoints: tuple[Desired, ...]
    managed: frozenset[str]


def read(name: str) -> Document:
    """Read a file, or standard input if its name is "-". Raises Usage."""
    shown = "standard input" if name == "-" else name
    try:
        if name == "-":
            data = sys.stdin.buffer.read(LARGEST_FILE + 1)
        else:
            with open(name, "rb") as file:
                data = file.read(LARGEST_FILE + 1)
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise Usage(f"{shown} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise Usage(f"{shown} is not UTF-8 at byte {error.start + 1}.") from None
    if len(data) > LARGEST_FILE:
        raise Usage(f"{shown} is larger than 4 MB.")
    return document_of(parsed(text, shown), shown)


def parsed(text: str, name: str) -> Any:
    """JSON if it begins like JSON, otherwise YAML."""
    if not text.lstrip().startswith(("{", "[")):
        return read_yaml(text, name)
    try:
        return json.loads(text, object_pairs_hook=lambda pairs: _once(pairs, name))
    except RecursionError:
        raise Usage(f"{name} is nested too deep.") from None
    except json.JSONDecodeError as error:
        raise Usage(f"{name}, line {error.lineno}, column {error.colno}: {error.msg}.") from None


def _once(pairs: list[tuple[str, Any]], name: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise Usage(f"{name}: the key {key!r} is there twice.")
        found[key] = value
    return found


def document_of(value: Any, name: str) -> Document:
    """Check what was read. Raises Usage, with the place in words."""
    top = _checked(value, TOP, name)
    if top.get("version") != 1:
        raise Usage(f"{name}{line_of(top)}: version: 1 is missing.", "It says which form the file has.")
    if "endpoints" not in top:
        raise Usage(f"{name}: endpoints is missing.", "Write endpoints: [] if there shall be none.")
    default, found, seen = top.get("resource", ""), [], set()
    for number, item in enumerate(top["endpoints"], 1):
        facts = _checked(item, EACH, name, f", endpoint {number}")
        where = f"{name}{line_of(item)}, endpoint {number}"
        for key in ("name", "model"):
            if not facts.get(key):
                raise Usage(f"{where}: {key} is missing.")
            if facts[key] != facts[key].strip():
                raise Usage(f"{where}: {key} begins or ends with a space.", "The server would leave it out.")
        facts = {"resource": default, **facts}
        if "description" in facts:
            facts["description"] = facts["description"].strip()  # as the server does
        if not facts["resource"]:
            raise Usage(f"{where}: resource is missing.", "Name the Speech resource here or at the top of the file.")
        desired = Desired(**facts)
        if (desired.resource, desired.name) in seen:
            raise Usage(f"{where}: {desired.name!r} is there twice.", "Endpoints of a file are known by their names.")
        seen.add((desired.resource, desired.name))
        found.append(desired)
    managed = frozenset({desired.resource for desired in found} | ({default} if default else set()))
    return Document(tuple(found), managed)


def line_of(facts: Any, key: str = "") -> str:
    """Where a mapping of YAML, or a key of it, is; empty for JSON."""
    lines = getattr(facts, "lines", {})
    line = lines.get(key) if key else min(lines.values(), default=None)
    return f", line {line}" if line else ""


def _checked(value: Any, keys: Mapping[str, type], name: str, part: str = "") -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Usage(f"{name}{part}: keys and values are expected.", f"It may have: {', '.join(keys)}.")
    for key, found in value.items():
        where = f"{name}{line_of(value, key)}{part}"
        if key not in keys:
            raise Usage(f"{where}: {key!r} is not known.", f"It may have: {', '.join(keys)}.")
        if type(found) is not keys[key]:
            quotes = " Put it in quotes." if keys[key] is str and not isinstance(found, (dict, list)) else ""
            raise Usage(f"{where}: {key} must be {TYPES[keys[key]]}.{quotes}")
    return value
