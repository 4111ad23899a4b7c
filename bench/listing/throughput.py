"""Responses per second of two web workers over the longest table, with four busy connections."""

import re
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from bench.figures import Goal, Row, Sample
from bench.listing import wire
from bench.product import LIST, Failed
from speechstudio.demo import processes
from speechstudio.demo.processes import free_port

SECONDS = 3
SERVER = ("--workers", "2")  # as docker-compose.yml has it
NO_CONTENT = 204


class Web:
    """The product's web server with the peers' pages, for somebody who is signed in."""

    def __init__(self, env: dict[str, str], cookie: str, logs: Path, *server: str) -> None:
        self.url, self.cookie = f"http://127.0.0.1:{(port := free_port())}", cookie
        self.processes = processes.Processes(logs)
        self.processes.start("web", processes.web(port, *(server or SERVER)), env)
        self.processes.wait_for("web", lambda: processes.accepts(("127.0.0.1", port)))

    def get(self, address: str, **headers: str) -> httpx.Response:
        return httpx.get(self.url + address, headers={"Cookie": self.cookie, **headers}, timeout=30)

    def rate(self, address: str, *headers: str, seconds: int = SECONDS) -> float:
        """Responses per second; fails when one has another status than 2xx."""
        load = ["wrk", "-t1", "-c4", f"-d{seconds}s", "--timeout", "30s"]
        for header in (f"Cookie: {self.cookie}", *headers):
            load += ["-H", header]
        said = subprocess.run([*load, self.url + address], capture_output=True, text=True, check=True).stdout
        found = re.search(r"Requests/sec:\s+([\d.]+)", said)
        if not found or "Non-2xx" in said or "Socket errors" in said:
            raise Failed(f"{address} did not answer well under load: {said}")
        return float(found[1])

    def poll(self) -> str:
        """The address that a page polls, when nothing is new."""
        if (left := 60 - time.time() % 60) < SECONDS + 2:  # a new minute changes the page
            time.sleep(left)
        return f"{LIST}?version={self.get('/peers/version').text}"


def measure(env: dict[str, str], cookie: str, logs: Path, rounds: int, say: Callable[[str], None]) -> list[Row]:
    if not shutil.which("wrk"):
        say("list: requests a second are not measured, because wrk is not installed (Debian's package wrk)")
        return []
    web = Web(env, cookie, logs)
    try:
        return _measure(web, rounds, say)
    finally:
        web.processes.stop()


def _measure(web: Web, rounds: int, say: Callable[[str], None]) -> list[Row]:
    pages: list[list[float]] = []
    tables2: list[list[float]] = []
    polls: list[list[float]] = []
    turns: list[Callable[[], None]] = [
        lambda: pages.append([web.rate(LIST)]),
        lambda: tables2.append([web.rate("/peers/tables2/")]),
        lambda: polls.append([_rate_of_polls(web)]),
    ]
    for address in (LIST, "/peers/tables2/"):
        web.rate(address, seconds=1)
    for number in range(rounds):
        say(f"list: requests a second, round {number + 1} of {rounds}")
        for turn in turns if number % 2 == 0 else reversed(turns):
            turn()
    status, size = wire.answer(web.url + web.poll(), HX_Request="true", Cookie=web.cookie)
    if status != NO_CONTENT:
        raise Failed(f"A poll without news was answered with {status}.")
    what = "2 web workers, longest table"
    return [
        Row(
            "list",
            f"{what}: full pages",
            Sample(pages, "/s"),
            {"django-tables2": Sample(tables2, "/s")},
            Goal(times=12),
        ),
        Row("list", f"{what}: polls without news", Sample(polls, "/s"), goal=Goal(at_least=1500)),
        Row("list", "a poll without news, with its headers", Sample([[size]], "B"), goal=Goal(at_most=300)),
    ]


def _rate_of_polls(web: Web) -> float:
    poll = web.poll()
    rate = web.rate(poll, "HX-Request: true")
    if web.get(poll, **{"HX-Request": "true"}).status_code != NO_CONTENT:
        raise Failed("There was news while polls without news were measured.")
    return rate
