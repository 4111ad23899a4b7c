"""The list of endpoints at different lengths, compared with Django's admin and django-tables2 over the same rows."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.figures import Goal, Row, Sample
from bench.listing import browser, idle, throughput
from bench.listing.pages import ADMIN, AFTER_CHANGE, FIRST, NEW_ROWS, OURS, PEERS, TABLES2
from bench.product import ROOT, Failed, of_an_installation

PART = "list"
SIZES = (100, 1_000, 10_000, 100_000)
GROWTH = 1.15
TIMES = {ADMIN: 6, TABLES2: 10}


def measure(rounds: int, *, full: bool, say: Callable[[str], None]) -> list[Row]:
    with TemporaryDirectory(prefix="speechstudio-bench-") as place:
        home = Path(place)
        env = of_an_installation(home, "bench.listing.settings")
        pages = in_process(env, home, rounds)
        served = {**env, "VAR": str(home / str(max(SIZES)))}
        found = [*rows_of(pages), *throughput.measure(served, pages["cookie"], home / "log", rounds, say)]
        found += idle.measure(served, pages["cookie"], home / "log", say)
    return [*found, *browser.measure(rounds, full=full, say=say)]


def in_process(env: dict[str, str], home: Path, rounds: int) -> dict[str, Any]:
    """A process with the settings of the product and its peers, which this one has not."""
    command = [sys.executable, "-m", "bench.listing.pages", str(home), str(rounds), *map(str, SIZES)]
    done = subprocess.run(command, env=env, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise Failed("The pages could not be measured; the lines above say why.")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def rows_of(pages: dict[str, Any]) -> list[Row]:
    longest = max(SIZES)
    seconds = {
        name: {size: p95(times[str(size)]) for size in SIZES} for name, times in pages["ours"]["seconds"].items()
    }
    peers = {peer: {name: p95(times) for name, times in found.items()} for peer, found in pages["peers"].items()}
    words = f"{longest:,} endpoints, p95: "
    found = []
    for name in OURS:
        facts = pages["ours"]["facts"][name]
        for what in (name + AFTER_CHANGE, name):
            shorter = {_in_words(size, facts): seconds[what][size] for size in _fair_first(facts)}
            found.append(Row(PART, words + what, seconds[what][longest], shorter, Goal(growth=GROWTH), detail=facts))
    for peer, times in TIMES.items():
        for name in PEERS[peer]:
            beside = {peer: peers[peer][name]}
            found.append(Row(PART, words + name, seconds[name][longest], beside, Goal(times=times)))
            found.append(Row(PART, words + name + AFTER_CHANGE, seconds[name + AFTER_CHANGE][longest], beside))
    found.append(Row(PART, "500 endpoints requested at once", Sample(pages["bulk"]), goal=Goal(at_most=3)))
    first = {peer: times[FIRST] for peer, times in peers.items()}
    detail = {f"with {size:,} endpoints": seconds[NEW_ROWS][size].json() for size in SIZES}
    found.append(Row(PART, words + NEW_ROWS, seconds[NEW_ROWS][longest], {ADMIN: first[ADMIN]}, detail=detail))
    found.append(Row(PART, words + NEW_ROWS, seconds[NEW_ROWS][longest], {TABLES2: first[TABLES2]}, Goal(times=2)))
    return found


def p95(rounds: list[list[float]]) -> Sample:
    return Sample(rounds, quantile=0.95)


def _fair_first(facts: dict[str, Any]) -> list[int]:
    """The other sizes; first the shortest table whose page has as many rows as that of the longest."""
    *others, longest = SIZES
    same = [size for size in others if not facts or facts[str(size)]["rows"] == facts[str(longest)]["rows"]]
    first = same[0] if same else others[-1]
    return [first, *(size for size in others if size != first)]


def _in_words(size: int, facts: dict[str, Any]) -> str:
    rows = facts[str(size)]["rows"] if facts else 50
    return f"with {size:,} endpoints" + (f" ({rows} rows)" if rows < 40 else "")
