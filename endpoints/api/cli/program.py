"""Runs a command: signals, exit codes, and errors in one sentence."""

from __future__ import annotations

import argparse
import hashlib
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any

from endpoints.api.cli.arguments import parser_of
from endpoints.api.cli.completion import print_completion
from endpoints.api.cli.connection import Connection
from endpoints.api.cli.outcome import DONE, FAILED, USAGE, Interrupted, Stop, Usage
from endpoints.api.cli.settings import server_of
from endpoints.api.cli.texts import note, printable, say, say_json


def main(arguments: Sequence[str]) -> int:
    """Returns the exit code."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure: Any = getattr(stream, "reconfigure", None)
        if reconfigure:
            reconfigure(errors="backslashreplace")
    # Pipelines end a step with SIGTERM.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        try:
            return _run(arguments)
        except Stop as error:
            return _ended(error, as_json="--json" in arguments)
        except KeyboardInterrupt:
            return _ended(Interrupted("Interrupted.", "Nothing was requested."), as_json="--json" in arguments)
    except OSError as error:
        # Whoever reads the output has gone, or the disk is full; Python would complain once more when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            note(f"The output cannot be written: {error.strerror}.")
        return FAILED


def _ended(error: Stop, *, as_json: bool) -> int:
    if as_json:
        facts = {"exit": error.code, "detail": error.sentence, "advice": error.advice, "facts": error.facts}
        say_json({"error": facts})
    note(f"{printable(error.sentence)}" + (f" {printable(error.advice)}" if error.advice else ""))
    return error.code


def _run(arguments: Sequence[str]) -> int:
    if any("\ud800" <= letter <= "\udfff" for each in arguments for letter in each):
        raise Usage("An argument is not text in the encoding of this terminal.")
    parser = parser_of(os.path.basename(sys.argv[0]) or "speechstudio")
    try:
        options = parser.parse_args(arguments)
    except SystemExit:  # after --help
        sys.stdout.flush()
        return DONE
    if options.version:
        with open(__file__, "rb") as file:
            say(f"SHA-256 {hashlib.sha256(file.read()).hexdigest()}")
        return DONE
    if options.command is None:
        parser.print_help()
        sys.stdout.flush()
        return USAGE
    if options.command == "completion":
        print_completion(parser, options.shell)
        return DONE
    return _with_server(options)


def _with_server(options: argparse.Namespace) -> int:
    code: int = options.act(Connection(server_of(options)), options)
    return code
