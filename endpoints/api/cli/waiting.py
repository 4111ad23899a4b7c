"""Waits for a change: as long as --wait says, through restarts of the server, until Ctrl-C."""

from __future__ import annotations

import time
from typing import Any

from endpoints.api.cli.connection import Connection, retry_after
from endpoints.api.cli.outcome import DECISION, DONE, FAILED, GOING, Interrupted, Stop, Unreachable
from endpoints.api.cli.texts import colored, in_words, moment, note, printable, say, say_json

HELD = 30  # seconds that the server holds a request
AWAY_PAUSES = (1.0, 2.0, 3.0, 5.0)


def outcome_of(change: dict[str, Any]) -> int:
    """The exit code that a change means now."""
    if change["open"]:
        return DECISION if change["needs_decision"] else GOING
    return DONE if change["state"] == "done" else FAILED


def follow(connection: Connection, change: dict[str, Any], ends: float) -> dict[str, Any]:
    """The change as soon as it is closed or needs a person, or as it is when the monotonic clock shows `ends`.

    Raises Unreachable if the server is away then, and Stop after Ctrl-C.
    """
    shown, failures = "", 0
    try:
        while outcome_of(change) == GOING:
            shown = _progress(change, shown)
            left = ends - time.monotonic()
            if left <= 0:
                return change
            try:
                held = min(HELD, max(1, int(left)))
                change, failures = connection.get_once(f"changes/{change['id']}", wait=held), 0
                # Many programs wait already, and the server did not hold this request.
                time.sleep(max(0.0, min(connection.pause, ends - time.monotonic())))
            except Unreachable as error:
                if error.lasting:
                    raise
                pause = max(retry_after(error), AWAY_PAUSES[min(failures, len(AWAY_PAUSES) - 1)])
                if time.monotonic() + pause > ends:
                    raise Unreachable(error.sentence, resumed(change), facts=change) from None
                if failures == 0:
                    note(f"{error.sentence} Still waiting for it.")
                failures += 1
                time.sleep(pause)
    except KeyboardInterrupt:
        raise left_going(change) from None
    return change


def left_going(change: dict[str, Any]) -> Stop:
    """What is said after Ctrl-C: the change is the server's."""
    return Interrupted("The change goes on without this command.", resumed(change), code=GOING, facts=change)


def resumed(change: dict[str, Any]) -> str:
    address = f"{printable(change['url'])} shows it. " if change.get("url") else ""
    return f"{address}To wait for it: speechstudio wait {change['id']}"


def _progress(change: dict[str, Any], shown: str) -> str:
    """Print the state if it is news; returns what is shown now."""
    text = f"{printable(change['endpoint_name'])}: {printable(change['state_text'])}"
    text += f" ({printable(change['error'])})" if change["error"] else ""
    if text != shown:
        note(f"{time.strftime('%H:%M:%S')}  {text}")
    return text


def report(change: dict[str, Any], *, as_json: bool, waited: float | None) -> int:
    """Print what became of a change; returns the exit code. Without a wait, a request that is accepted is done."""
    code = outcome_of(change)
    if as_json:
        say_json(change)
    else:
        say(f"{printable(change['endpoint_name'])}: {colored(sentence(change), change['state'])}")
        if code in (FAILED, DECISION) or change["open"]:
            say(f"Address: {printable(change['url'])}" if change.get("url") else f"Change: {change['id']}")
    if code == GOING and waited is None:
        return DONE
    if code == GOING:
        note(f"Still going after {in_words(waited or 0)}. {resumed(change)}")
    return code


def sentence(change: dict[str, Any]) -> str:
    """One line about how far a change is."""
    what = {
        "create": f"deployment of {printable(change['model_name'])}",
        "change-model": f"change of the model to {printable(change['model_name'])}",
        "edit": "edit",
        "delete": "deletion",
    }.get(change["kind"], "change")
    state, why = printable(change["state_text"]).lower(), printable(change["error"])
    if change["scheduled_for"] and change["state"] == "queued":
        state = f"starts on {moment(change['scheduled_for'])}"
    return f"{what} {'requested, ' if change['open'] else ''}{state}" + (f": {why}" if why else "")
