"""plan and apply: what the server has, compared with a file, and the requests that follow from it."""

from __future__ import annotations

import argparse
import time
from typing import Any

from endpoints.api.cli.comparing import AGAIN, KEPT, Catalog, compared, is_new
from endpoints.api.cli.connection import Connection
from endpoints.api.cli.finding import Facts
from endpoints.api.cli.outcome import (
    DECISION,
    DONE,
    FAILED,
    GOING,
    INTERRUPTED,
    Interrupted,
    Stop,
    Unreachable,
    Usage,
)
from endpoints.api.cli.plan import (
    BLOCKED,
    CHANGE,
    CREATE,
    DELETE,
    SAME,
    SIGNS,
    UNMANAGED,
    WAIT,
    Step,
    counted,
)
from endpoints.api.cli.texts import colored, note, printable, say, say_json
from endpoints.api.cli.waiting import follow, outcome_of, resumed, sentence

EDITED = {"description": "description", "content_logging": "logging"}
EDIT_SECONDS = 300.0


def plan(connection: Connection, options: argparse.Namespace) -> int:
    """Print the plan. 1 if something of it is blocked, or, with --check, if something is to be done."""
    steps = compared(Catalog(connection), options)
    if options.json:
        say_json({"steps": [_shown(step) for step in steps]})
    else:
        _print(steps)
    todo = [step for step in steps if step.action in (CREATE, CHANGE, DELETE, WAIT)]
    blocked = [step for step in steps if step.action == BLOCKED]
    return FAILED if blocked or (options.check and todo) else DONE


def apply(connection: Connection, options: argparse.Namespace) -> int:
    """Request what the plan says, then wait for all of it."""
    server = Catalog(connection)
    steps = compared(server, options)
    if not options.json:
        _print(steps)
    if not options.reason and any(step.action == DELETE for step in steps):
        raise Usage("A deletion needs a reason.", "Say it with --reason.")
    ends = time.monotonic() + (options.wait or 0)
    done = _Applied()
    try:
        for step in steps:
            done.request(server, step, options)
        for result, change in done.going:
            result["change"] = follow(connection, change, ends) if options.wait else change
            done.codes.append(_told(result["change"], options))
    except Stop as error:
        raise done.cut_short(error) from None
    except KeyboardInterrupt:
        raise done.cut_short(Interrupted("Interrupted.")) from None
    if options.json:
        say_json({"steps": done.results})
    return next((code for code in (FAILED, DECISION, GOING) if code in done.codes), DONE)


class _Applied:
    """What came of each step so far. `going`: with the changes that were requested, or are waited for."""

    def __init__(self) -> None:
        self.results: list[Facts] = []
        self.going: list[tuple[Facts, Facts]] = []
        self.codes: list[int] = []
        self._refused = False  # a new endpoint

    def request(self, server: Catalog, step: Step, options: argparse.Namespace) -> None:
        """Raises Unreachable and Interrupted; what is refused does not keep the other lines."""
        result: Facts = {**_shown(step), "change": None, "error": None}
        self.results.append(result)
        try:
            if step.action == BLOCKED:
                undecided = step.present and step.present.undecided
                raise Stop(f"Left alone: {step.why}.", code=DECISION if undecided else FAILED)
            if step.action == DELETE and self._refused:
                raise Stop(f"Left alone: {KEPT}.")
            change = _carry_out(server, step, options)
        except (Unreachable, Interrupted):
            raise
        except Stop as error:
            result["error"] = error.sentence
            note(f"{printable(step.name)}: {error.sentence}" + (f" {error.advice}" if error.advice else ""))
            self.codes.append(error.code)
            self._refused = self._refused or is_new(step)
            return
        if change:
            self.going.append((result, change))

    def cut_short(self, error: Stop) -> Stop:
        """The end of the command before its work is done: what was requested goes on."""
        left = [change["id"] for result, change in self.going if result["change"] is None]
        advice = [error.advice] if AGAIN in error.advice else [error.advice, AGAIN]
        advice += [f"{len(left)} open: {', '.join(left)}."] if left else []
        code = GOING if left and error.code == INTERRUPTED else error.code
        return type(error)(error.sentence, " ".join(filter(None, advice)), code=code, facts={"steps": self.results})


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


def _carry_out(server: Catalog, step: Step, options: argparse.Namespace) -> Facts | None:
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
    idle = "" if any(step.action not in (SAME, UNMANAGED) for step in steps) else "Nothing to do: "
    say(f"{idle}{counted(steps)}." if steps else "Nothing to do.")


def _value(value: Any) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else printable(value) or '""'


def _shown(step: Step) -> Facts:
    changes = {name: {"from": old, "to": new} for name, (old, new) in step.changes.items()}
    facts = {"action": step.action, "resource": step.resource, "name": step.name, "why": step.why, "changes": changes}
    return {**facts, "endpoint": step.present.id if step.present else None}
