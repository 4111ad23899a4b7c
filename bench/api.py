"""The API: how fast a request is accepted while the service hangs, and a list of 100,000 beside the page."""

import json
import re
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from bench.figures import Goal, Row, Sample
from bench.product import ROOT, Failed, Person, Product, of_an_installation

PART = "api"
ENDPOINTS = 9
REQUESTS = 40  # deployments, fewer than the service's quota with the endpoints
MOST = 100_000
GROWTH = 1.15
LISTS = {"newest first": "", "sorted by name": "?sort=name", "searched, a common word": "?q=customer"}


def measure(rounds: int, *, full: bool, say: Callable[[str], None]) -> list[Row]:
    return [*accepted(rounds, say), *lists(rounds, say)]


def accepted(rounds: int, say: Callable[[str], None]) -> list[Row]:
    found: list[list[float]] = []
    with Product("--endpoints", ENDPOINTS) as product:
        person = Person(product).sign_in()
        person.wait_for_rows(ENDPOINTS)
        headers = {"Authorization": f"Bearer {token(person)}"}
        with httpx.Client(base_url=product.url, headers=headers, timeout=30) as program:
            models = program.get("/api/v1/models?deployed=1").json()["items"]
            model = next(one["id"] for one in models if one["deployable"])
            with product.without_service():
                for number in range(rounds):
                    say(f"api: the service hangs, round {number + 1} of {rounds}")
                    share = range(number, REQUESTS, rounds)
                    found.append([accept(program, model, f"Benchmark {one:02}") for one in share])
    what = "POST until it is accepted, service hangs"
    return [
        Row(PART, f"{what}: p95 of {REQUESTS}", Sample(found, quantile=0.95), goal=Goal(at_most=0.050)),
        Row(PART, f"{what}: median", Sample(found)),
    ]


def token(person: Person) -> str:
    """One that the demo's admin makes."""
    address = "/settings/tokens/"
    page = person.post(address, name="Benchmark", days="7", access="all").text
    if not (found := re.search(r'id="token">([^<]+)<', page)):
        raise Failed("No token was made.")
    return found[1]


def accept(program: httpx.Client, model: str, name: str) -> float:
    """The seconds of a request with a new key."""
    began = time.perf_counter()
    answer = program.post(
        "/api/v1/endpoints", json={"name": name, "model": model}, headers={"Idempotency-Key": str(uuid.uuid4())}
    )
    took = time.perf_counter() - began
    if answer.status_code != httpx.codes.ACCEPTED:
        raise Failed(f"A request was answered {answer.status_code}: {answer.text}")
    return took


def lists(rounds: int, say: Callable[[str], None]) -> list[Row]:
    """Each page and list is made anew, after a change of one of its rows."""
    say(f"api: lists of {MOST:,} endpoints")
    with TemporaryDirectory(prefix="speechstudio-bench-") as place:
        home = Path(place)
        env = of_an_installation(home, "bench.listing.settings", API_REQUESTS_PER_MINUTE=1_000_000)
        command = [sys.executable, "-m", "bench.listing.programs", str(home), str(rounds), str(MOST)]
        done = subprocess.run(command, env=env, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise Failed("The lists could not be measured; the lines above say why.")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return [
        Row(
            PART,
            f"{MOST:,} endpoints, list of the API, {name}: p95",
            Sample(times["api"], quantile=0.95),
            {"the page, after a change": Sample(times["page"], quantile=0.95)},
            Goal(growth=GROWTH),
        )
        for name, times in found.items()
    ]
