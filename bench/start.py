"""G8: time from `python3 manage.py demo` to rows on the page of a person who is signed in, and memory."""

import re
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from bench import bare
from bench.figures import Goal, Row, Sample
from bench.product import Person, Product, command_line

PART = "start"
ENDPOINTS = 50
IDLE_SECONDS = 12  # longer than the demo waits between two polls, so that the worker has done all of its work
READINGS = 5
NAMES = {
    "valkey-server": "broker",
    "endpoints.simulator": "simulator",
    "celery": "worker",
    "gunicorn": "web",
    "manage.py": "demo",
}


def measure(rounds: int, *, full: bool, say: Callable[[str], None]) -> list[Row]:
    starts, bare_starts = [], []
    with Product("--endpoints", ENDPOINTS) as product:
        say("start: the first start, which is not counted")
        person = Person(product).sign_in()
        person.wait_for_rows(ENDPOINTS)
        product.stop()
        for number in range(rounds):
            say(f"start: round {number + 1} of {rounds}")
            starts.append([until_rows(product, person)])
            if number < rounds - 1:
                product.stop()
            else:
                say("start: weighing")
                time.sleep(IDLE_SECONDS)
                weights, by_process = weigh(product.family())
            with bare.servers() as (took, family):
                bare_starts.append([took])
                if number == rounds - 1:
                    time.sleep(2)
                    bare_weights, bare_by_process = weigh(family)
    nothing = "same servers around nothing"
    return [
        Row(
            PART,
            f"warm start to {ENDPOINTS} rows",
            Sample(starts),
            {f"{nothing}, all ready": Sample(bare_starts)},
            Goal(at_most=5),
        ),
        Row(
            PART,
            "memory of all processes, idle (PSS)",
            Sample([weights], unit="MiB"),
            {nothing: Sample([bare_weights], unit="MiB")},
            Goal(at_most=420),
            detail={"MiB": by_process, f"MiB of {nothing}": bare_by_process},
        ),
    ]


def until_rows(product: Product, person: Person) -> float:
    """Start it and load the page until the rows are there."""
    began = time.monotonic()
    product.start()
    person.wait_until(lambda: person.sees(ENDPOINTS))
    return time.monotonic() - began


def weigh(family: Sequence[int]) -> tuple[list[float], dict[str, float]]:
    """Memory of all processes, shared pages counted once; several readings, and the last one by process."""
    totals: list[float] = []
    for _ in range(READINGS):
        time.sleep(0.5)
        by_process: dict[str, float] = {}
        for pid in family:
            name, number = name_of(pid), 1
            while (numbered := name if number == 1 else f"{name} {number}") in by_process:
                number += 1
            by_process[numbered] = round(proportional_set(pid), 1)
        totals.append(sum(by_process.values()))
    return totals, by_process


def proportional_set(pid: int) -> float:
    """PSS in MiB; 0 for a process that has just ended."""
    with suppress(OSError):
        found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
        return int(found[1]) / 1024 if found else 0
    return 0


def name_of(pid: int) -> str:
    words = command_line(pid)
    return next((name for sign, name in NAMES.items() if sign in words), words.split(" ")[0] or "ended")
