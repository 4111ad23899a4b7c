"""Addresses: how soon programs get an answer while pages load, how many get one, and how soon a move is known.

The empty application beside ours runs in the same web server with the same settings.
"""

import contextlib
import json
import secrets
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cryptography.fernet import Fernet

from bench.addresses import clients
from bench.figures import Goal, Row, Sample
from bench.product import ROOT, Failed, descendants, of_an_installation
from speechstudio.demo import processes

PART = "addresses"
NAMES, ENDPOINTS, MOST = 100, 50, 10_000
PER_SECOND, SECONDS = 300, 5.0
MOVES, WATCHED_SECONDS = 2, 2.5  # in each round
EMPTY = "bench.addresses.empty:page"


def measure(rounds: int, *, full: bool, say: Callable[[str], None]) -> list[Row]:
    with TemporaryDirectory(prefix="speechstudio-bench-") as place:
        home = Path(place)
        env = of_an_installation(
            home, "speechstudio.settings", ADDRESS_REQUESTS_PER_MINUTE=1_000_000_000, LOG_LEVEL="WARNING"
        ) | {"ENCRYPTION_KEYS": Fernet.generate_key().decode(), "SECRET_KEY": secrets.token_urlsafe(50)}
        say(f"addresses: setting up {NAMES} addresses")
        made = _run(env, "bench.addresses.made", NAMES, ENDPOINTS)
        with _web(env, "speechstudio.wsgi", 2) as (port, _pids):
            slow, agreed = _while_pages_load(port, home, made, rounds, say)
        rates: dict[str, list[list[float]]] = {"ours": [], "empty": []}
        spent: dict[str, list[list[float]]] = {"ours": [], "empty": []}
        with _web(env, "speechstudio.wsgi", 1) as ours, _web(env, EMPTY, 1) as empty:
            for number in range(rounds):
                say(f"addresses: as many as can be answered, round {number + 1} of {rounds}")
                for name, (port, pids) in {"ours": ours, "empty": empty}.items():
                    before = clients.processor_seconds(pids)
                    count = clients.as_many(port, "address-1", seconds=2.0)
                    rates[name].append([count / 2.0])
                    spent[name].append([(clients.processor_seconds(pids) - before) / count])
        say(f"addresses: the table of {MOST:,}")
        table = _run(env, "bench.addresses.table", MOST, rounds)
    return _rows(slow, agreed, rates, spent, table)


def _while_pages_load(
    port: int, home: Path, made: dict[str, Any], rounds: int, say: Callable[[str], None]
) -> tuple[list[list[float]], list[list[float]]]:
    slow, agreed = [], []
    command = [sys.executable, "-m", "bench.addresses.pages", str(port), made["cookie"]]
    clients.asked(port, "address-1")
    with subprocess.Popen(command, cwd=ROOT) as pages:
        try:
            for number in range(rounds):
                say(f"addresses: {PER_SECOND} connections a second while pages load, round {number + 1} of {rounds}")
                slow.append(clients.at_a_pace(port, "address-1", PER_SECOND, SECONDS))
                agreed.append([_move(port, home, made["endpoints"]) for _ in range(MOVES)])
                if pages.poll() is not None:
                    raise Failed("The pages could not be loaded.")
        finally:
            pages.terminate()
    return slow, agreed


def _move(port: int, home: Path, endpoints: list[str]) -> float:
    """Seconds from a move to the last answer of any process that led to the endpoint before."""
    before = clients.asked(port, "address-1")
    with contextlib.closing(sqlite3.connect(home / "db.sqlite3", timeout=20)) as database:
        (now,) = database.execute("select endpoint_id from endpoints_address where name = 'address-1'").fetchone()
        to = next(one for one in endpoints if one != now)
        database.execute("update endpoints_address set endpoint_id = ? where name = 'address-1'", (to,))
        database.commit()
    moved = last = time.monotonic()
    while time.monotonic() < moved + WATCHED_SECONDS:
        began = time.monotonic()
        if clients.asked(port, "address-1") == before:
            last = began
        time.sleep(0.01)
    return last - moved


def _rows(
    slow: list[list[float]],
    agreed: list[list[float]],
    rates: dict[str, list[list[float]]],
    spent: dict[str, list[list[float]]],
    table: dict[str, Any],
) -> list[Row]:
    beside, what = "an empty WSGI application", f"{PER_SECOND} new connections a second while pages load"
    return [
        Row(PART, f"{what}: p95", Sample(slow, quantile=0.95), goal=Goal(at_most=0.005)),
        Row(PART, f"{what}: median", Sample(slow)),
        Row(
            PART,
            "answers of one web process",
            Sample(rates["ours"], unit="/s"),
            {beside: Sample(rates["empty"], unit="/s")},
            Goal(times=0.5),
        ),
        Row(
            PART,
            "processor time of an answer",
            Sample(spent["ours"]),
            {beside: Sample(spent["empty"])},
            Goal(times=0.5),
        ),
        Row(PART, "until two web processes agree on a move: slowest", Sample(agreed, quantile=1), goal=Goal(at_most=2)),
        Row(PART, "queries of 1,000 answers", Sample([[table["queries"]]], unit=""), goal=Goal(at_most=0)),
        Row(PART, f"memory of {MOST:,} addresses", Sample([[table["MiB"]]], unit="MiB")),
        Row(PART, f"look that finds no change among {MOST:,}", Sample([table["looks"]])),
        Row(PART, f"reading {MOST:,}", Sample([table["loads"]])),
    ]


@contextlib.contextmanager
def _web(env: dict[str, str], module: str, workers: int) -> Iterator[tuple[int, list[int]]]:
    """The port of a web server that answers, and the ids of its processes."""
    port = processes.free_port()
    running = processes.Processes(Path(env["VAR"]) / "log")
    try:
        running.start("web", processes.web(port, "--workers", str(workers), module), env)
        running.wait_for("web", lambda: processes.accepts(("127.0.0.1", port)))
        clients.asked(port, "address-1")
        leader = running.running["web"].pid
        yield port, [leader, *descendants(leader)]
    finally:
        running.stop()


def _run(env: dict[str, str], module: str, *arguments: object) -> dict[str, Any]:
    command = [sys.executable, "-m", module, *map(str, arguments)]
    done = subprocess.run(command, env=env, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise Failed("The addresses could not be made; the lines above say why.")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
