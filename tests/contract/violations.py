"""The violations of the contract that the simulator has recorded (tests.contract.checked --control)."""

from __future__ import annotations

import json
import urllib.request


def violations(url: str, *, forget: bool = False) -> list[str]:
    """One line for each since the last reset; `url` is the simulator's. `forget`: also clear them."""
    request = urllib.request.Request(f"{url}/_world/violations", method="DELETE" if forget else "GET")
    with urllib.request.urlopen(request, timeout=10) as answer:
        rows = json.loads(answer.read())
    return [
        f"{row['side']} of {row['operation'] or 'no operation'}, {row['method']} {row['path']} ({row['status']}):"
        f" {row['what']}"
        for row in rows
    ]
