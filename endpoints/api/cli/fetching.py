"""logs download: requests a zip file of content logs, waits for it, and fetches it, continuing where it broke off."""

from __future__ import annotations

import argparse
import hashlib
import os
import time
from typing import Any
from urllib.parse import quote

from endpoints.api.cli.connection import Connection, retry_after, unused
from endpoints.api.cli.finding import endpoint_named
from endpoints.api.cli.outcome import DONE, FAILED, GOING, Stop, Unreachable, Usage
from endpoints.api.cli.texts import amount, note, printable, say, say_json
from endpoints.api.cli.waiting import AWAY_PAUSES

PIECE = 1024 * 1024
LOOK_PAUSES = (0.5, 1.0, 2.0, 3.0)


def download_logs(connection: Connection, options: argparse.Namespace) -> int:
    ends = time.monotonic() + options.wait
    if options.output == "-":
        raise Usage("A zip file is not written to standard output.", "Name a file with -o.")
    if options.output and not os.path.isdir(os.path.dirname(options.output) or "."):
        raise Usage(f"There is no folder {os.path.dirname(options.output)}.")
    endpoint = endpoint_named(connection, options.name, options.resource)
    facts = {"purpose": options.purpose, "from": options.begin, "to": options.end}
    given = {name: value for name, value in facts.items() if value}
    download = connection.post(f"endpoints/{endpoint['id']}/downloads", given, options.key)
    try:
        download = _ready(connection, download, ends)
        if download["open"]:
            raise Stop("The zip file is not ready yet.", _later(), code=GOING, facts=download)
        if not download["file"]:
            why = printable(download["error"]) or printable(download["state_text"])
            raise Stop(f"The zip file was not made: {why}.", "Try again from the Downloads page.", facts=download)
        path = options.output or unused(os.path.basename(download["file_name"]) or "content-logs.zip")
        _fetch(connection, download, path, ends)
    except KeyboardInterrupt:
        raise Stop("The download goes on without this command.", _later(), code=GOING, facts=download) from None
    if options.json:
        say_json({**download, "path": path})
    else:
        say(f"{printable(path)}: {download['files_done']} files, {amount(download['size'])}")
    if download["missing"]:
        note(f"{download['missing']} files are missing; manifest.json in the zip file says why.")
    return FAILED if download["missing"] and options.complete else DONE


def _later() -> str:
    return "The same command takes the same zip file up again."


def _ready(connection: Connection, download: dict[str, Any], ends: float) -> dict[str, Any]:
    """The download when it is no longer open, or as it is when the time is over."""
    shown, looks, failures = "", 0, 0
    while download["open"] and time.monotonic() < ends:
        text = f"{printable(download['state_text'])}, {download['percent']} %"
        if text != shown:
            note(f"{time.strftime('%H:%M:%S')}  {text}")
        shown = text
        time.sleep(max(0.0, min(LOOK_PAUSES[min(looks, len(LOOK_PAUSES) - 1)], ends - time.monotonic())))
        looks += 1
        try:
            download, failures = connection.get_once(f"downloads/{download['id']}"), 0
        except Unreachable as error:
            _wait_for_server(error, failures, ends)
            failures += 1
    return download


def _wait_for_server(error: Unreachable, failures: int, ends: float) -> None:
    pause = max(retry_after(error), AWAY_PAUSES[min(failures, len(AWAY_PAUSES) - 1)])
    if time.monotonic() + pause > ends:
        raise Unreachable(error.sentence, _later()) from None
    if failures == 0:
        note(f"{error.sentence} Still waiting for it.")
    time.sleep(pause)


def _fetch(connection: Connection, download: dict[str, Any], path: str, ends: float) -> None:
    """The file itself: to a partial file beside it, which gets its name when the SHA-256 is right."""
    part, failures = f"{path}.part", 0
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    try:
        # Content logs are personal data: nobody else reads the file.
        with os.fdopen(os.open(part, flags, 0o600), "r+b") as file:
            if os.fstat(file.fileno()).st_size > download["size"]:
                file.truncate(0)
            while (held := file.seek(0, os.SEEK_END)) < download["size"]:
                try:
                    _continue(connection, download, file, held)
                    if file.seek(0, os.SEEK_END) <= held:
                        raise Unreachable(f"{connection.server.url} broke the file off.")
                except Unreachable as error:
                    failures = 0 if file.seek(0, os.SEEK_END) > held else failures + 1
                    _wait_for_server(error, failures, ends)
            file.flush()
            right = _sha256(file) == download["sha256"]
    except OSError as error:
        raise Stop(f"{printable(path)} cannot be written: {error.strerror}.", "Choose another file with -o.") from None
    if not right:
        os.unlink(part)
        raise Stop("What was received is not the zip file: its SHA-256 is another.", "Run the command again.")
    os.replace(part, path)


def _continue(connection: Connection, download: dict[str, Any], file: Any, held: int) -> None:
    headers = {"Range": f"bytes={held}-"} if held else {}
    if download["purpose"]:
        headers["Reading-Purpose"] = quote(download["purpose"])
    path = connection.path(f"downloads/{download['id']}/file", {})
    with connection.open("GET", path, None, {**headers, "Accept": "*/*"}) as answer:
        if held and answer.status != 206:
            file.seek(0)
            file.truncate()
        while piece := answer.read(PIECE):
            file.write(piece)


def _sha256(file: Any) -> str:
    digest = hashlib.sha256()
    file.seek(0)
    while piece := file.read(PIECE):
        digest.update(piece)
    return digest.hexdigest()
