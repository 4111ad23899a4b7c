"""What has to be requested so that the endpoints are as a file wants them: a comparison without any request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from endpoints.api.cli.desired import Desired, Document

CREATE, CHANGE, DELETE, UNMANAGED = "create", "change", "delete", "unmanaged"
SAME, WAIT, BLOCKED = "same", "wait", "blocked"
SIGNS = {CREATE: "+", CHANGE: "~", DELETE: "-", UNMANAGED: "?", SAME: "=", WAIT: "~", BLOCKED: "!"}


@dataclass(frozen=True)
class Present:
    """An endpoint as the server has it.

    `model_ids`: by which a file may name its model, too. `failed`: why it serves nothing and no change of the file's
    would help. `requested`: the values of an open change, which the endpoint will have; `requested_ids`: of its model.
    `open_change`: its id; `open_kind`: create, change-model, edit or delete.
    """

    id: str
    resource: str
    name: str
    model: str
    locale: str = ""
    project: str = ""
    description: str = ""
    content_logging: bool = False
    model_ids: frozenset[str] = frozenset()
    failed: str = ""
    open_change: str = ""
    open_kind: str = ""
    undecided: bool = False
    requested: Mapping[str, Any] = field(default_factory=dict)
    requested_ids: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Step:
    """One line of a plan. `changes`: the old and the new value of each property that differs."""

    action: str
    resource: str
    name: str
    desired: Desired | None = None
    present: Present | None = None
    changes: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    why: str = ""


def compare(document: Document, present: Iterable[Present], *, prune: bool = False) -> list[Step]:
    """A step for each endpoint of the file, in its order, and then one for each other endpoint of its resources."""
    by_name: dict[tuple[str, str], list[Present]] = {}
    for endpoint in present:
        by_name.setdefault((endpoint.resource, endpoint.name), []).append(endpoint)
    steps = [_step(desired, by_name.pop((desired.resource, desired.name), [])) for desired in document.endpoints]
    for (resource, name), others in sorted(by_name.items()):
        if resource in document.managed:
            steps += [_unmanaged(resource, name, other, prune) for other in others]
    return steps


def _step(desired: Desired, found: list[Present]) -> Step:
    if not found:
        return Step(CREATE, desired.resource, desired.name, desired)
    if len(found) > 1:
        why = f"{len(found)} endpoints have this name; rename or delete the others"
        return Step(BLOCKED, desired.resource, desired.name, desired, why=why)
    (present,) = found
    changes = differences(desired, present, {})
    facts = (desired.resource, desired.name, desired, present)
    if why := _cannot(desired, present):
        return Step(BLOCKED, *facts, changes, why)
    if not present.open_change:
        return Step(CHANGE if changes else SAME, *facts, changes)
    if present.undecided:
        return Step(BLOCKED, *facts, changes, "its open change needs a decision by a person")
    if present.open_kind != "delete" and not differences(desired, present, present.requested):
        return Step(WAIT, *facts, {}, "already requested")
    return Step(BLOCKED, *facts, changes, "another change of it is open")


def differences(desired: Desired, present: Present, requested: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Old and new values of what differs, if `requested` were done."""
    found = {}
    for name in ("model", "description", "content_logging"):
        wanted, actual = getattr(desired, name), requested.get(name, getattr(present, name))
        ids = present.requested_ids if name in requested else present.model_ids
        same = wanted == actual or (name == "model" and wanted in ids)
        if wanted is not None and not same:
            found[name] = (actual, wanted)
    return found


def _cannot(desired: Desired, present: Present) -> str:
    """Why the endpoint cannot become as it is wanted: the service fixes some properties when it is created."""
    if present.failed and not present.open_change:
        return present.failed
    for name in ("locale", "project"):
        wanted, actual = getattr(desired, name), getattr(present, name)
        if wanted and wanted != actual:
            return f"its {name} is {actual or 'none'}, not {wanted}, and can only be chosen when it is created"
    return ""


def _unmanaged(resource: str, name: str, present: Present, prune: bool) -> Step:
    if not prune:
        return Step(UNMANAGED, resource, name, present=present, why="not in the file")
    if present.open_change and present.open_kind == "delete" and not present.undecided:
        return Step(WAIT, resource, name, present=present, why="already requested")
    if present.open_change:
        return Step(BLOCKED, resource, name, present=present, why="not in the file, but a change of it is open")
    return Step(DELETE, resource, name, present=present, why="not in the file")


def counted(steps: Iterable[Step]) -> str:
    """The last line of a plan: "1 to create, 2 to change"."""
    labels = {CREATE: "to create", CHANGE: "to change", DELETE: "to delete", WAIT: "in progress"}
    labels.update({SAME: "as wanted", UNMANAGED: "unmanaged", BLOCKED: "blocked"})
    counts = dict.fromkeys(labels, 0)
    for step in steps:
        counts[step.action] += 1
    return ", ".join(f"{counts[action]} {label}" for action, label in labels.items() if counts[action])
