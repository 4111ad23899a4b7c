"""The peer of the part `rows`: a simple script that queries the service directly."""

import asyncio
import contextlib
import json
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

import httpx

from bench.product import environment
from speechstudio.demo import processes

KEY_HEADER = "Ocp-Apim-Subscription-Key"


class Service:
    """The simulated service alone: the same seed makes the same world as the demo's."""

    def __init__(self, url: str, key: str) -> None:
        self.endpoints = f"{url}/speechtotext/v3.2/endpoints"
        self.headers = {KEY_HEADER: key}

    @classmethod
    @contextlib.contextmanager
    def started(cls, *options: str | int) -> Iterator[Self]:
        key = secrets.token_hex(16)
        with TemporaryDirectory(prefix="speechstudio-bench-") as logs:
            running = processes.Processes(Path(logs))
            try:
                command = processes.simulator(0, key, "--rate-limit", "0/0", *map(str, options))
                line = running.start("simulator", command, environment(HOME=logs), wait_for_line=True)
                yield cls(str(json.loads(line)["url"]), key)
            finally:
                running.stop()


class OneAfterTheOther:
    """Lists the endpoints, then gets the model of each, on one persistent connection."""

    def __init__(self, service: Service) -> None:
        self.first = service.endpoints
        self.client = httpx.Client(headers=service.headers, timeout=30)

    def list(self) -> list[dict[str, Any]]:
        """All endpoints, page by page."""
        found: list[dict[str, Any]] = []
        address: str | None = self.first
        while address:
            page = _json(self.client.get(address))
            found += page["values"]
            address = page.get("@nextLink")
        return found

    def seconds(self, models: int | None = None) -> float:
        """How long it takes; with `models`, measured on as many and projected to all of them."""
        began = time.perf_counter()
        endpoints = self.list()
        listed = time.perf_counter()
        wanted = endpoints[:models]
        for endpoint in wanted:
            _json(self.client.get(endpoint["model"]["self"]))
        return listed - began + (time.perf_counter() - listed) * len(endpoints) / len(wanted)

    def seconds_of_list(self) -> float:
        """The list without the models, which is the minimum for any client of the service."""
        began = time.perf_counter()
        self.list()
        return time.perf_counter() - began


class ManyAtATime:
    """The same calls, `width` of them at a time, on as many persistent connections."""

    def __init__(self, service: Service, width: int = 16) -> None:
        self.first, self.width = service.endpoints, width
        self.loop = asyncio.new_event_loop()
        limits = httpx.Limits(max_connections=width, max_keepalive_connections=width)
        self.client = httpx.AsyncClient(headers=service.headers, timeout=60, limits=limits)

    def seconds(self) -> float:
        began = time.perf_counter()
        self.loop.run_until_complete(self._all())
        return time.perf_counter() - began

    def close(self) -> None:
        self.loop.run_until_complete(self.client.aclose())
        self.loop.close()

    async def _all(self) -> None:
        # The next page is known only when the one before has come, so the list itself cannot be made wider.
        waiting: asyncio.Queue[str | None] = asyncio.Queue()
        hands = [asyncio.create_task(self._hand(waiting)) for _ in range(self.width)]
        address: str | None = self.first
        while address:
            page = _json(await self.client.get(address))
            for endpoint in page["values"]:
                waiting.put_nowait(endpoint["model"]["self"])
            address = page.get("@nextLink")
        for _ in hands:
            waiting.put_nowait(None)
        await asyncio.gather(*hands)

    async def _hand(self, waiting: "asyncio.Queue[str | None]") -> None:
        while address := await waiting.get():
            _json(await self.client.get(address))


def _json(answer: httpx.Response) -> dict[str, Any]:
    found: dict[str, Any] = answer.raise_for_status().json()
    return found
