"""plan and apply: what the server has, compared with a file, and the requests that follow from it."""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from typing import Any

from endpoints.api.cli.connection import Connection
from endpoints.api.cli.desired import Document, read
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
from endpoints.api.cli.requesting import with_open_change
from endpoints.api.cli.texts import colored, note, printable, say, say_json
from endpoints.api.cli.waiting import follow, outcome_of, resumed, sentence

EDITED = {"description": "description", "content_logging": "logging"}
EDIT_SECONDS = 300.0
AGAIN = "Run the same command again: it compares first, and requests nothing twice."


def plan(connection: Connection, options: argparse.Namespace) -> int:
    """Print the plan. 1 if something of it is blocked, or, with --check, if something is to be done."""
    steps = _compared(_Server(connection), options)
    if options.json:
        say_json({"steps": [_shown(step) for step in steps]})
    else:
        _print(steps)
    todo = [step for step in steps if step.action in (CREATE, CHANGE, DELETE, WAIT)]
    blocked = [step for step in steps if step.action == BLOCKED]
    return FAILED if blocked or (options.check and todo) else DONE


def apply(connection: Connection, options: argparse.Namespace) -> int:
    """Request what the plan says, then wait for all of it."""
    server = _Server(connection)
    steps = _compared(server, options)
    if not options.json:
        _print(steps)
    if not options.reason and any(step.action == DELETE for step in steps):
        raise Usage("A deletion needs a reason.", "Say it with --reason.")
    ends = time.monotonic() + (options.wait or 0)
    codes, results, going = [], [], []
    for step in steps:
        result: Facts = {**_shown(step), "change": None, "error": None}
        results.append(result)
        try:
            if step.action == BLOCKED:
                undecided = step.present and step.present.undecided
                raise Stop(f"Left alone: {step.why}.", code=DECISION if undecided else FAILED)
            change = _carry_out(server, step, options)
        except Unreachable:
            raise
        except Stop as error:
            result["error"] = error.sentence
            note(f"{printable(step.name)}: {error.sentence}" + (f" {error.advice}" if error.advice else ""))
            codes.append(error.code)
            continue
        if change:
            going.append((result, change))
    for result, change in going:
        try:
            result["change"] = follow(connection, change, ends) if options.wait else change
        except Stop as error:
            left = [each["id"] for done, each in going if done["change"] is None]
            raise type(error)(
                error.sentence, f"{AGAIN} {len(left)} open: {', '.join(left)}.", code=error.code
            ) from None
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


def _carry_out(server: _Server, step: Step, options: argparse.Namespace) -> Facts | None:
    """The last change that a step requests; None if it requests nothing."""
    if step.action == CREATE:
        return server.create(step)
    if step.present is None or step.action in (SAME, UNMANAGED):
        return None
    path = f"endpoints/{step.present.id}"
    if step.action == WAIT:
        return dict(server.connection.get(f"changes/{step.present.open_change}"))
    if step.action == DELETE:
        return server.post(f"{path}/delete", {"name": step.name, "reason": options.reason})
    edited = {EDITED[name]: new for name, (_old, new) in step.changes.items() if name in EDITED}
    if edited:
        change = server.post(f"{path}/edit", {**edited, "reason": options.reason})
        if "model" not in step.changes:
            return change
        # An endpoint has one open change at most, and an edit takes seconds.
        change = follow(server.connection, change, time.monotonic() + max(options.wait or 0, EDIT_SECONDS))
        if outcome_of(change) != DONE:
            return change
    model = server.model(step)
    return server.post(f"{path}/change-model", {"model": model, "reason": options.reason})


class _Server:
    """The API with what a plan looks up by name, each once."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._resources: dict[str, str] = {}
        self._models: dict[tuple[str, str, str], str] = {}

    def resource(self, name: str) -> str:
        if name not in self._resources:
            self._resources[name] = resource_id(self.connection, name)
        return self._resources[name]

    def model(self, step: Step) -> str:
        """The id of the model that the file wants. Raises Stop."""
        if step.desired is None:
            raise AssertionError(step)
        locale = step.present.locale if step.present else step.desired.locale
        key = (step.resource, locale, step.desired.model)
        if key not in self._models:
            resource = self.resource(step.resource)
            found = model_named(self.connection, step.desired.model, resource=resource, locale=locale)
            self._models[key] = found["id"]
        return self._models[key]

    def create(self, step: Step) -> Facts:
        desired = step.desired
        if desired is None:
            raise AssertionError(step)
        facts = {
            "name": desired.name,
            "model": self.model(step),
            "description": desired.description or "",
            "project": project_id(self.connection, desired.project, self.resource(desired.resource)) or None,
            "logging": bool(desired.content_logging),
        }
        return self.post("endpoints", facts)

    def post(self, path: str, facts: Facts) -> Facts:
        try:
            return dict(self.connection.post(path, facts, advice=AGAIN))
        except Stop as error:
            raise with_open_change(self.connection, error) from None


def _compared(server: _Server, options: argparse.Namespace) -> list[Step]:
    """The plan. A model that is not there, or there more than once, blocks its step before anything is requested."""
    document = read(options.file)
    return [
        _with_model(server, step) for step in compare(document, _all_present(server, document), prune=options.prune)
    ]


def _with_model(server: _Server, step: Step) -> Step:
    if step.action == CREATE or (step.action == CHANGE and "model" in step.changes):
        try:
            server.model(step)
        except Unreachable:
            raise
        except Stop as error:
            return replace(step, action=BLOCKED, why=f"{error.sentence} {error.advice}".rstrip(". "))
    return step


def _all_present(server: _Server, document: Document) -> list[Present]:
    names = {(desired.resource, desired.name) for desired in document.endpoints}
    found = []
    for resource in sorted(document.managed):
        for each in server.connection.pages("endpoints", resource=server.resource(resource), limit=PAGE):
            found.append(_present(server.connection, each, resource, (resource, each["name"]) in names))
    return found


def _present(connection: Connection, each: Facts, resource: str, named: bool) -> Present:
    """`named`: the file speaks of it, so that its open change matters."""
    model, opened = each["model"] or {}, each["open_change"]
    change = connection.get(f"changes/{opened['id']}") if opened and named else None
    requested = {name: new for name, new in (change["requested"] if change else {}).items() if new is not None}
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
