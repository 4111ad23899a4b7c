"""The command about who answers: the custom model, or the base model in its place."""

from __future__ import annotations

import argparse
import time

from endpoints.api.cli.connection import Connection
from endpoints.api.cli.finding import Facts, endpoint_named
from endpoints.api.cli.outcome import DONE, FAILED, GOING, Interrupted, Unreachable
from endpoints.api.cli.texts import in_words, moment, note, printable, say, say_json

CHECK_PAUSE = 2.0  # seconds between two looks at a check
WHO = {
    "custom": "the custom model",
    "base": "the base model, not the custom one",
    "cannot-tell": "the recording cannot tell",
    "not-logged": "not seen in the content logs",
    "unknown": "not checked yet",
}


def who_answers(connection: Connection, options: argparse.Namespace) -> int:
    """1 when the base model answers. With --wait, the endpoint is checked now."""
    endpoint = endpoint_named(connection, options.name, options.resource)
    path = f"endpoints/{endpoint['id']}/who-answers"
    if options.wait is None:
        found = connection.get(path)
    else:
        ends = time.monotonic() + options.wait
        found = _until_checked(connection, path, connection.post(f"{path}/check", {}, options.key), ends)
    if options.json:
        say_json(found)
    else:
        seen = f" ({moment(found['checked_at'])})" if found["checked_at"] else ""
        say(f"{printable(endpoint['name'])}: {WHO.get(found['verdict'], printable(found['verdict_text']))}{seen}")
    if options.wait is not None and found["checking"]:
        note(f"Still going after {in_words(options.wait)}. Ask again later.")
        return GOING
    if found["error"]:
        note(f"The last check had no answer: {printable(found['error'])}")
    return FAILED if found["verdict"] == "base" or (options.wait is not None and found["error"]) else DONE


def _until_checked(connection: Connection, path: str, found: Facts, ends: float) -> Facts:
    try:
        while found["checking"] and time.monotonic() < ends:
            time.sleep(max(0.0, min(CHECK_PAUSE, ends - time.monotonic())))
            try:
                found = connection.get_once(path)
            except Unreachable as error:
                if error.lasting:
                    raise
    except KeyboardInterrupt:
        raise Interrupted("The check goes on without this command.", code=GOING, facts=found) from None
    return found
