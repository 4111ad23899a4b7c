"""Sends a message over HTTP, by a process of its own, which is killed at the deadline."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from endpoints.azure.network import Network
from endpoints.messages.alerts import signature
from endpoints.messages.alerts.outcome import REFUSED, TIMEOUT, Outcome
from endpoints.messages.alerts.text import Message

DEADLINE = 25.0  # seconds; the soft limit of a task is 45
_ROOT = Path(__file__).resolve().parents[3]
_CHILD = "endpoints.messages.alerts.child"


def web_hook(message: Message, address: str, secret: str, network: Network) -> Outcome:
    """POST the alerts as JSON, signed; docs/alerts.md describes both."""
    body = json.dumps({"id": message.id, "version": 1, "text": message.body, "alerts": message.alerts})
    headers = signature.headers(secret, message_id=message.id, timestamp=int(time.time()), body=body.encode())
    return _send({"kind": "web-hook", "address": address, "headers": headers, "body": body}, network)


def service(message: Message, address: str, network: Network) -> Outcome:
    """By Apprise, to one of addresses.SERVICES."""
    levels = {line.level for line in message.lines}
    level = next((one for one in ("danger", "warning", "success") if one in levels), "info")
    given = {"kind": "service", "address": address, "title": message.subject, "text": message.body, "level": level}
    return _send(given, network)


def _send(given: dict[str, Any], network: Network) -> Outcome:
    """The address and the secrets are the child's input, so that no list of processes shows them."""
    text = json.dumps({**given, "network": asdict(network)})
    try:
        done = subprocess.run(  # noqa: S603 (this interpreter, with a module of ours)
            [sys.executable, "-m", _CHILD],
            input=text,
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            cwd=_ROOT,
            env={"PYTHONPATH": str(_ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Outcome(TIMEOUT)
    try:
        return Outcome(**json.loads(done.stdout))
    except (ValueError, TypeError):
        return Outcome(REFUSED)  # the library failed in a way of its own
