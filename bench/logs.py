"""Content logs: fetched to disk and packed, beside curl, wget and aria2c with the same files of the same server.

All files are below VAR, so that VAR decides which disk is measured.
"""

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any, cast

import httpx
from django.conf import settings

from bench import log_list, logs_job
from bench.figures import Goal, Row, Sample
from bench.product import ROOT, Failed, environment, room
from bench.script import Service
from speechstudio.var import directory

PART = "logs"
LARGE = 1 << 30
SIZES, SIZES_FULL = (1 << 20, 1 << 28, 1 << 30), (1 << 20, 1 << 28, 1 << 30, 10 << 30)
KILL_AT = 0.9
TIMES = {"curl": 1.0, "wget": 1.5, "aria2c": 1.0}  # how many times faster we are to be; they hash nothing
PEERS: dict[str, list[str]] = {
    "wget": ["wget", "-q", "-O", "{to}", "{url}"],
    "aria2c": ["aria2c", "-q", "--file-allocation=none", "-d", "{directory}", "-o", "{name}", "{url}"],
    "curl": ["curl", "-s", "-f", "-o", "{to}", "{url}"],
    "wget, then sha256sum": ["sh", "-c", 'wget -q -O "$0" "$1" && sha256sum "$0"', "{to}", "{url}"],
}


def measure(rounds: int, *, full: bool, say: Callable[[str], None]) -> list[Row]:
    there = [name for name in PEERS if shutil.which(name.partition(",")[0])]
    for name in PEERS:
        if name not in there:
            say(f"logs: {name} is not installed, so nothing is measured beside it")
    place = directory(settings.VAR)
    with TemporaryDirectory(prefix="speechstudio-bench-", dir=place) as own:
        home = Path(own)
        found = one_large(home, there, rounds, say)
        found += flat_and_resumed(home, rounds, SIZES_FULL if full else SIZES, say)
    found += logs_job.measure(place, rounds, full=full, say=say)
    return [*found, *log_list.measure(rounds, full=full, say=say)]


def one_large(home: Path, there: list[str], rounds: int, say: Callable[[str], None]) -> list[Row]:
    ours: list[list[float]] = []
    peers: dict[str, list[list[float]]] = {name: [] for name in there}
    with Service.started("--endpoints", 12, "--logs", 1, "--log-bytes", LARGE) as service:
        file = recording(service)
        with engine(home, service) as fetch:
            fetch(file)  # not counted: the server writes what it sends when it first sends it
            for number in range(rounds):
                say(f"logs: one large file, round {number + 1} of {rounds}")
                turns: list[Callable[[], None]] = [lambda: ours.append([fetch(file)["seconds"]])]
                for name in there:
                    turns.append(lambda name=name: peers[name].append([seconds_of(name, file, home)]))  # type: ignore[misc]  # mypy infers no lambda with a default
                for turn in turns if number % 2 == 0 else reversed(turns):
                    turn()
    return rows_of_one_large(file["size"], Sample(ours), {name: Sample(peers[name]) for name in there})


def rows_of_one_large(size: int, ours: Sample, peers: dict[str, Sample]) -> list[Row]:
    """A row for each peer, because each has a goal of its own; our own figure alone if there is none."""
    what = f"1 file of {size / (1 << 30):.2f} GiB to disk, with SHA-256"
    rates = {"MiB/s": round(size / (1 << 20) / ours.figure)}
    if not peers:
        return [Row(PART, what, ours, detail=rates)]
    return [
        Row(PART, what, ours, {name: peer}, Goal(times=TIMES[name]) if name in TIMES else None, detail=rates)
        for name, peer in peers.items()
    ]


def flat_and_resumed(home: Path, rounds: int, sizes: tuple[int, ...], say: Callable[[str], None]) -> list[Row]:
    """What the fetching adds to the memory of its process, and what it fetches again after a kill."""
    grown: list[float] = []
    again: list[float] = []
    detail = {}
    for size in sizes:
        if room(home) < 2 * size:
            say(f"logs: no room on the disk for a file of {size >> 20} MiB, so that size is left out")
            continue
        say(f"logs: memory with a file of {size >> 20:,} MiB")
        with Service.started("--endpoints", 12, "--logs", 1, "--log-bytes", size) as service:
            file = recording(service)
            with engine(home, service) as fetch:
                grown.append(fetch(file)["grown"])
            detail[f"{file['size'] >> 20:,} MiB"] = round(grown[-1], 1)
            if size == 1 << 28:
                for number in range(rounds):
                    say(f"logs: killed at {KILL_AT:.0%} and gone on with, round {number + 1} of {rounds}")
                    again.append(resumed(home, service, file))
    largest = list(detail)[-1]
    return [
        Row(
            PART,
            f"memory of the fetching above idle, files up to {largest}",
            Sample([[max(grown)]], unit="MiB"),
            goal=Goal(at_most=16),
            detail=detail,
        ),
        Row(PART, f"killed at {KILL_AT:.0%}: fetched again", Sample([again], unit="%"), goal=Goal(at_most=11)),
    ]


def resumed(home: Path, service: Service, file: dict[str, Any]) -> float:
    """Kill the fetching in the middle; how many percent of the file its successor asks for."""
    part = home / "logs" / ".partial" / f"{file['id']}.part"
    with engine(home, service, wait=False) as fetch:
        fetch(file)
        until = time.monotonic() + 60
        while (there := part.stat().st_size if part.exists() else 0) < KILL_AT * file["size"]:
            if time.monotonic() > until:
                raise Failed("The fetching did not get as far as it should have been killed.")
    if not part.exists() or there >= file["size"]:
        return resumed(home, service, file)  # it was quicker than us
    with httpx.stream("HEAD", file["address"]) as answer:
        etag = answer.headers["ETag"]
    with engine(home, service) as fetch:
        done = fetch({**file, "etag": etag})
    return float(100 * done["asked"] / file["size"])


def recording(service: Service) -> dict[str, Any]:
    """The first recording of the first endpoint that logs."""
    with httpx.Client(headers=service.headers, timeout=60) as client:
        for endpoint in client.get(service.endpoints).json()["values"]:
            if endpoint["properties"].get("loggingEnabled"):
                files = client.get(endpoint["links"]["logs"]).json()["values"]
                if found := [file for file in files if file["kind"] == "Audio"]:
                    return {
                        "id": 1,
                        "address": found[0]["links"]["contentUrl"],
                        "size": found[0]["properties"]["size"],
                    }
    raise Failed("The simulated service has no content logs.")


@contextmanager
def engine(home: Path, service: Service, *, wait: bool = True) -> Iterator[Callable[[dict[str, Any]], dict[str, Any]]]:
    """A process that fetches; without `wait` it is killed when the block ends."""
    env = environment(
        VAR=home,
        HOME=home,
        SECRET_KEY=secrets.token_urlsafe(50),
        DJANGO_SETTINGS_MODULE="speechstudio.settings",
        PYTHONPATH=ROOT,
        BENCH_URL=service.endpoints.partition("/speechtotext")[0],
        BENCH_KEY=service.headers["Ocp-Apim-Subscription-Key"],
    )
    command = [sys.executable, "-m", "bench.logs_engine"]
    with subprocess.Popen(
        command, env=env, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        question, output = cast(IO[str], process.stdin), cast(IO[str], process.stdout)
        if output.readline() != "ready\n":
            raise Failed("The fetching did not start; the lines above say why.")

        def fetch(file: dict[str, Any]) -> dict[str, Any]:
            question.write(json.dumps(file) + "\n")
            question.flush()
            if not wait:
                return {}
            said = output.readline()
            if not said:
                raise Failed("The fetching ended; the lines above say why.")
            answer: dict[str, Any] = json.loads(said)
            return answer

        try:
            yield fetch
        finally:
            if not wait:
                os.kill(process.pid, signal.SIGKILL)
            question.close()
            process.wait(60)


def seconds_of(name: str, file: dict[str, Any], home: Path) -> float:
    """One peer with one file, to a file of its own."""
    target = home / f"{name.partition(',')[0]}.wav"
    words = {"to": str(target), "url": file["address"], "directory": str(home), "name": target.name}
    command = [part.format(**words) for part in PEERS[name]]
    began = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    took = time.perf_counter() - began
    if done.returncode or target.stat().st_size != file["size"]:
        raise Failed(f"{name} did not fetch the file.")
    target.unlink()
    return took
