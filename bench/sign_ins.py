"""Another person's list while 16 people sign in at once, because checking a password takes a core for a while."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx

from bench.figures import Goal, Row, Sample
from bench.product import LIST, Failed, Person, Product

PART = "sign-ins"
AT_ONCE = 16
ENDPOINTS = 9
ROUNDS = 3  # an address has 60 attempts in a minute


def measure(_rounds: int, *, full: bool, say: Callable[[str], None]) -> list[Row]:
    busy: list[list[float]] = []
    quiet: list[list[float]] = []
    let_in = 0
    with Product("--endpoints", ENDPOINTS) as product:
        reader = Person(product).sign_in()
        reader.wait_for_rows(ENDPOINTS)
        for number in range(ROUNDS):
            say(f"sign-ins: {AT_ONCE} at once, round {number + 1} of {ROUNDS}")
            quiet.append([asked(reader) for _ in range(20)])
            people = [Person(product) for _ in range(AT_ONCE)]
            for person in people:
                person.browser.get("/sign-in/")
            with ThreadPoolExecutor(AT_ONCE) as pool:
                attempts = [pool.submit(attempt, person) for person in people]
                times = [asked(reader)]
                while not all(one.done() for one in attempts):
                    times.append(asked(reader))
            let_in += sum(one.result() for one in attempts)
            busy.append(times)
    if not let_in:
        raise Failed("Nobody could sign in.")
    what = f"list while {AT_ONCE} people sign in"
    return [
        Row(PART, f"{what}: p95", Sample(busy, quantile=0.95), goal=Goal(at_most=1.0)),
        Row(PART, f"{what}: median", Sample(busy)),
        Row(PART, "list while nobody signs in: p95", Sample(quiet, quantile=0.95)),
    ]


def asked(person: Person) -> float:
    began = time.perf_counter()
    person.page(LIST)
    return time.perf_counter() - began


def attempt(person: Person) -> bool:
    """Whether the person was let in; others are told to try again in a moment."""
    answer = person.post("/sign-in/", username="viewer", password="demo")
    if answer.status_code not in (httpx.codes.OK, httpx.codes.FOUND):
        raise Failed(f"A sign-in was answered with {answer.status_code}.")
    return answer.status_code == httpx.codes.FOUND
