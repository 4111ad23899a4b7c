"""plan and apply: what the server has, compared with a file, and the requests that follow from it."""

from __future__ import annotations

import argparse
import time
from typing import Any

from endpoints.api.cli.connection import Connection
from endpoints.api.cli.desired import Desired, Document, read
from endpoints.api.cli.finding import PAGE, Facts, model_named, project_id, resource_id
from endpoints.api.cli.outcome import DECISION, DONE, FAILED, GOING, Stop, Unreachable, Usage
from endpoints.api.cli.plan import (
    BLOCKED,
    CHANGE,
    CREATE,
    DELETE,
    SAME,
    SIGNS,
    UNMANAGED,
    WAIT,
    Present,
    Step,
    compare,
    counted,
)
from endpoints.api.cli.texts import colored, note, printable, say, say_json
from endpoints.api.cli.waiting import follow, outcome_of, resumed, sentence

EDITED = {"description": "description", "content_logging": "logging"}
EDIT_SECONDS = 300.0
AGAIN = "Run the same command again: it compares first, and requests nothing twice."


def plan(connection: Connection, options: argparse.Namespace) -> int:
    """Print the plan. 1 if something of it is blocked, or, with --check, if something is to be done."""
    steps = compare(*_both(connection, options), prune=options.prune)
    if options.json:
        say_json({"steps": [_shown(step) for step in steps]})
    else:
        _print(steps)
    todo = [step for step in steps if step.action in (CREATE, CHANGE, DELETE, WAIT)]
    blocked = [step for step in steps if step.action == BLOCKED]
    return FAILED if blocked or (options.check and todo) else DONE


def apply(connection: Connection, options: argparse.Namespace) -> int:
    """Request what the plan says, then wait for all of it."""
    steps = compare(*_both(connection, options), prune=options.prune)
    if not options.json:
        _print(steps)
    deleted = [step for step in steps if step.action == DELETE]
    if deleted and not options.reason:
        raise Usage("A deletion needs a reason.", "Say it with --reason.")
    ends = time.monotonic() + (options.wait or 0)
    codes, results, going = [], [], []
    for step in steps:
        result: Facts = {**_shown(step), "change": None, "error": None}
        results.append(result)
        try:
            if step.action == BLOCKED:
                raise Stop(f"{step.name} was left alone: {step.why}.")
            change = _carry_out(connection, step, options)
        except Unreachable:
            raise
        except Stop as error:
            result["error"] = error.sentence
            note(f"{printable(step.name)}: {error.sentence}" + (f" {error.advice}" if error.advice else ""))
            codes.append(DECISION if step.present and step.present.undecided else error.code)
            continue
        if change:
            going.append((result, change))
    for result, change in going:
        result["change"] = follow(connection, change, ends) if options.wait else change
        codes.append(_told(result["change"], options))
    if options.json:
        say_json({"steps": results})
    return next((code for code in (FAILED, DECISION, GOING) if code in codes), DONE)


def _told(change: Facts, options: argparse.Namespace) -> int:
    """Print what became of a change; returns the exit code."""
    code = outcome_of(change)
    if not options.json:
        say(f"{printable(change['endpoint_name'])}: {colored(sentence(change), change['state'])}")
    if code == GOING and not options.wait:
        return DONE
    if code in (GOING, DECISION):
        note(resumed(change))
    return code


def _carry_out(connection: Connection, step: Step, options: argparse.Namespace) -> Facts | None:
    """The last change that a step requests; None if it requests nothing."""
    if step.action in (SAME, UNMANAGED):
        return None
    if step.action == CREATE and step.desired:
        return _create(connection, step.desired)
    if step.present is None:
        raise AssertionError(step)
    path = f"endpoints/{step.present.id}"
    if step.action == WAIT:
        return dict(connection.get(f"changes/{step.present.open_change}"))
    if step.action == DELETE:
        return _post(connection, f"{path}/delete", {"name": step.name, "reason": options.reason})
    edited = {EDITED[name]: new for name, (_old, new) in step.changes.items() if name in EDITED}
    change = None
    if edited:
        change = _post(connection, f"{path}/edit", {**edited, "reason": options.reason})
        if "model" not in step.changes:
            return change
        # An endpoint has one open change at most, and an edit takes seconds.
        change = follow(connection, change, time.monotonic() + max(options.wait or 0, EDIT_SECONDS))
        if outcome_of(change) != DONE:
            return change
    wanted = step.changes["model"][1]
    resource = resource_id(connection, step.resource)
    model = model_named(connection, wanted, resource=resource, locale=step.present.locale)
    return _post(connection, f"{path}/change-model", {"model": model["id"], "reason": options.reason})


def _create(connection: Connection, desired: Desired) -> Facts:
    resource = resource_id(connection, desired.resource)
    facts = {
        "name": desired.name,
        "model": model_named(connection, desired.model, resource=resource, locale=desired.locale)["id"],
        "description": desired.description or "",
        "project": project_id(connection, desired.project, resource) or None,
        "logging": bool(desired.content_logging),
    }
    return _post(connection, "endpoints", facts)


def _post(connection: Connection, path: str, facts: Facts) -> Facts:
    return dict(connection.post(path, facts, advice=AGAIN))


def _both(connection: Connection, options: argparse.Namespace) -> tuple[Document, list[Present]]:
    document = read(options.file)
    names = {(desired.resource, desired.name) for desired in document.endpoints}
    present = []
    for resource in sorted(document.managed):
        for each in connection.pages("endpoints", resource=resource_id(connection, resource), limit=PAGE):
            present.append(_present(connection, each, resource, (resource, each["name"]) in names))
    return document, present


def _present(connection: Connection, each: Facts, resource: str, named: bool) -> Present:
    """`named`: the file speaks of it, so that its open change matters."""
    model, opened = each["model"] or {}, each["open_change"]
    change = connection.get(f"changes/{opened['id']}") if opened and named else None
    requested = dict((change or {}).get("requested") or {})
    if change and change["kind"] in ("create", "change-model"):
        requested["model"] = change["model_name"]
    if "logging" in requested:
        requested["content_logging"] = requested.pop("logging")
    failed = each["status"] == "Failed" or not (each["remote_id"] or opened)
    return Present(
        id=each["id"],
        resource=resource,
        name=each["name"],
        model=model.get("name", ""),
        model_ids=frozenset(filter(None, (model.get("id"), model.get("remote_id")))),
        locale=each["locale"],
        project=(each["project"] or {}).get("name", ""),
        description=each["description"],
        content_logging=each["logging"],
        failed=f"its status is {each['status_text']}; see {each['url']}" if failed else "",
        open_change=opened["id"] if opened else "",
        open_kind=opened["kind"] if opened else "",
        undecided=bool(opened) and opened["state"] == "undecided",
        requested=requested,
    )


def _print(steps: list[Step]) -> None:
    for step in steps:
        if step.action == SAME:
            continue
        sign, label = SIGNS[step.action], {UNMANAGED: "unmanaged", WAIT: "in progress"}.get(step.action, step.action)
        why = f": {step.why}" if step.why else ""
        say(f"{colored(sign, sign)} {label} {printable(step.name)} ({printable(step.resource)}){printable(why)}")
        if step.action == CREATE and step.desired:
            say(f"    model: {printable(step.desired.model)}")
        for name, (old, new) in step.changes.items():
            say(f"    {name}: {_value(old)} -> {_value(new)}")
    say(f"{counted(steps)}.")


def _value(value: Any) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else printable(value) or '""'


def _shown(step: Step) -> Facts:
    changes = {name: {"from": old, "to": new} for name, (old, new) in step.changes.items()}
    facts = {"action": step.action, "resource": step.resource, "name": step.name, "why": step.why, "changes": changes}
    return {**facts, "endpoint": step.present.id if step.present else None}
