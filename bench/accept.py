"""G9: time from Add in the wizard to the row on the page while the service hangs, compared with a synchronous page."""

import re
import time
from collections.abc import Callable

import httpx

from bench.figures import Goal, Row, Sample
from bench.product import LIST, Failed, Person, Product
from bench.script import KEY_HEADER

PART = "accept"
ADDRESS = "/endpoints/new/"
ENDPOINTS = 9  # with the submissions fewer than a page shows
SUBMISSIONS = 40
PATIENCE_SECONDS = 5.0


def measure(rounds: int, *, full: bool, say: Callable[[str], None]) -> list[Row]:
    ours: list[list[float]] = []
    naive: list[list[float]] = []
    with Product("--endpoints", ENDPOINTS) as product:
        person = Person(product).sign_in()
        person.wait_for_rows(ENDPOINTS)
        say(f"accept: filling in the wizard {SUBMISSIONS} times")
        drafts = {f"Benchmark {number:02}": fill_in(person, f"Benchmark {number:02}") for number in range(SUBMISSIONS)}
        waiting = iter(drafts.items())
        with product.without_service():
            for number in range(rounds):
                say(f"accept: the service hangs, round {number + 1} of {rounds}")
                last = number == rounds - 1
                each = SUBMISSIONS // rounds
                share = [pair for _, pair in zip(range(SUBMISSIONS if last else each), waiting, strict=False)]
                turns: list[Callable[[], None]] = [
                    lambda share=share: ours.append([add(person, draft, name) for name, draft in share]),  # type: ignore[misc]  # mypy infers no lambda with a default
                    lambda: naive.append([wait_for_service(product)]),
                ]
                for turn in turns if number % 2 == 0 else reversed(turns):
                    turn()
    what = "Add to the row on the page, service hangs"
    peers = {f"page that waits for the service, at most {PATIENCE_SECONDS:.0f} s": Sample(naive)}
    return [
        Row(PART, f"{what}: p95 of {SUBMISSIONS}", Sample(ours, quantile=0.95), peers, Goal(at_most=0.100)),
        Row(PART, f"{what}: median", Sample(ours)),
    ]


def fill_in(person: Person, name: str) -> str:
    """Fill in the wizard up to its last page; returns the draft."""
    page = person.page(ADDRESS)
    project = _found(r'<option value="(project:[^"]+)"', page)
    page = _press(person, page, project=project, locale="")
    usable = [radio for radio in re.findall(r'<input type="radio"[^>]+>', page) if " disabled" not in radio]
    page = _press(person, page, model=_found(r'value="([^"]+)"', "".join(usable)))
    page = _press(person, page, name=name, description="")
    if _found(r'name="step" value="([^"]+)"', page) != "review":
        raise Failed("The wizard did not come to its last page.")
    return _found(r'name="draft" value="([^"]+)"', page)


def add(person: Person, draft: str, name: str) -> float:
    """Submit Add and follow to the list; returns the seconds until the body with the new row is here."""
    began = time.perf_counter()
    answer = person.post(ADDRESS, draft=draft, step="review", go="add")
    if answer.status_code != httpx.codes.FOUND or answer.headers["Location"] != LIST:
        raise Failed(f"Add was answered with {answer.status_code} instead of leading to the list.")
    page = person.page(LIST)
    took = time.perf_counter() - began
    if f">{name}</bdi>" not in page:
        raise Failed(f"The list does not show {name}.")
    return took


def wait_for_service(product: Product) -> float:
    """The time of a page that creates the endpoint before it responds."""
    address = f"http://127.0.0.1:{product.simulator_port}/speechtotext/v3.2/endpoints"
    body = {"displayName": "Benchmark, waiting", "locale": "en-US", "text": "Hello", "properties": {}}
    began = time.perf_counter()
    try:
        headers = {KEY_HEADER: product.simulator_key}
        httpx.post(address, json=body, headers=headers, timeout=PATIENCE_SECONDS)
    except httpx.TimeoutException:
        return time.perf_counter() - began
    raise Failed("The service answered although it was stopped.")


def _press(person: Person, page: str, **typed: str) -> str:
    """Submit Next on a page of the wizard; returns the next page."""
    fields = {name: _found(rf'name="{name}" value="([^"]+)"', page) for name in ("draft", "step")}
    answer = person.post(ADDRESS, **fields, go="next", **typed)
    if answer.status_code != httpx.codes.FOUND:
        raise Failed(f"The wizard answered {answer.status_code} on its step {fields['step']}.")
    return person.page(answer.headers["Location"])


def _found(pattern: str, page: str) -> str:
    if found := re.search(pattern, page):
        return found[1]
    raise Failed(f"The page has no {pattern}")
