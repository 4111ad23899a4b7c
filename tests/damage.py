"""Entities of the service with one property damaged in any way that JSON allows."""

import copy
from typing import Any

from hypothesis import strategies as st

REMOVED = object()
_SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False)
_LIKELY = st.sampled_from(
    ["true", "", "0", "x" * 300, "\0", "9999-99-99", "https://h.example/endpoints/none", "http://[", "P1D"]
)
JSON = st.recursive(
    _SCALARS | st.text() | _LIKELY,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=20), inner, max_size=3),
    max_leaves=6,
)


def properties(entity: dict[str, Any]) -> list[tuple[str, ...]]:
    """The path of each property, nested ones too."""
    found: list[tuple[str, ...]] = []
    for name, value in entity.items():
        found.append((name,))
        if isinstance(value, dict):
            found += [(name, *rest) for rest in properties(value)]
    return found


@st.composite
def damaged(draw: st.DrawFn, entity: dict[str, Any]) -> Any:
    """The entity with one property replaced or removed, or something else in its place."""
    path = draw(st.sampled_from([(), *properties(entity)]))
    value = draw(JSON | st.just(REMOVED))
    if not path:
        return None if value is REMOVED else value
    return _with(entity, path, value)


@st.composite
def incomplete(draw: st.DrawFn, entity: dict[str, Any]) -> Any:
    """The entity with one property removed or null; not its id, and none whose absence says something.

    An endpoint need not have a description, and one without the flag of content logging doesn't log.
    """
    logs = entity["properties"]["loggingEnabled"]
    kept = [("self",), ("description",), *([("properties", "loggingEnabled")] if logs else [])]
    paths = [path for path in properties(entity) if path not in kept]
    return _with(entity, draw(st.sampled_from(paths)), draw(st.sampled_from([None, REMOVED])))


def _with(entity: dict[str, Any], path: tuple[str, ...], value: object) -> dict[str, Any]:
    spoiled = copy.deepcopy(entity)
    inner = spoiled
    for name in path[:-1]:
        inner = inner[name]
    if value is REMOVED:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return spoiled
