"""How often a client may ask an address in a minute, counted by each web process in its memory.

Several processes together let through as many times more at most. A store that all share would be a request over the
network for each question, and nobody could connect while it is away.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from socket import AF_INET6, inet_pton
from threading import Lock

MINUTE = 60
MOST = 100_000  # clients and addresses that are counted in a minute; more are let through


class Limit:
    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock = most, clock
        self._minute = -1
        self._made: dict[tuple[str, str], int] = {}
        self._lock = Lock()

    def seconds_to_wait(self, name: str, client: str) -> int:
        """0 if `client` may ask for `name`, which counts; otherwise the whole seconds until it may again."""
        now = self._clock()
        minute = int(now // MINUTE)
        key = name, _network(client)
        with self._lock:
            if minute != self._minute:
                self._minute, self._made = minute, {}
            made = self._made.get(key, 0)
            if made < self._most:
                if made or len(self._made) < MOST:
                    self._made[key] = made + 1
                return 0
        return MINUTE - int(now % MINUTE)


def _network(client: str) -> str:
    """A subscriber has 2 to the power of 64 addresses of IPv6, which begin alike, with or without zeros left out."""
    if ":" not in client or client.startswith("::"):
        return client
    try:
        return inet_pton(AF_INET6, client.partition("%")[0])[:8].hex()
    except OSError:
        return client
