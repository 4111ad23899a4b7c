"""G1: the time until the rows of Deploy models are shown, compared with a script that queries the service each time."""

import time
from collections.abc import Callable
from html import escape

from bench.figures import Goal, Row, Sample
from bench.product import Failed, Person, Product
from bench.script import ManyAtATime, OneAfterTheOther, Service

PART = "rows"
LATENCY = ("--latency-ms", 80)
LOADS_A_ROUND = 8
STOPPED_SECONDS = 12  # longer than the demo waits between two polls, so that one of them hangs
STEPS = {50: None, 1000: 20}  # endpoints: models that the slow script asks for in each round; None: all


def measure(rounds: int, *, full: bool, say: Callable[[str], None]) -> list[Row]:
    found = []
    for count, models in STEPS.items():
        found += beside(count, rounds, models=None if full else models, say=say)
    return found


def beside(count: int, rounds: int, *, models: int | None, say: Callable[[str], None]) -> list[Row]:
    """Our page and the scripts in turns, with the same endpoints."""
    say(f"rows: starting the product and a service with {count} endpoints")
    options = ("--endpoints", count, *LATENCY)
    with Product(*options) as product, Service.started(*options) as service:
        person = Person(product).sign_in()
        person.wait_for_rows(count)
        slow, wide = OneAfterTheOther(service), ManyAtATime(service)
        same_rows(person, slow)
        sampled = models is not None
        first, every, one_by_one, together, list_alone = [], [], [], [], []
        for number in range(rounds):
            say(f"rows: {count} endpoints, round {number + 1} of {rounds}")
            turns: list[Callable[[], None]] = [
                lambda: first.append([timed(person.page) for _ in range(LOADS_A_ROUND)]),
                lambda: every.append([timed(person.all_pages)]),
                lambda: list_alone.append([slow.seconds_of_list()]),
                lambda: together.append([wide.seconds()]),
            ]
            if sampled or count <= 100 or number == 0:  # the whole of a long list is walked once
                turns.append(lambda: one_by_one.append([slow.seconds(models)]))
            for turn in turns if number % 2 == 0 else reversed(turns):
                turn()
        wide.close()
        stopped = while_stopped(product, person, say) if count == min(STEPS) else None
    what = f"{count:,} endpoints: rows of the page" if count <= 50 else f"{count:,} endpoints: first page of rows"
    slow_name = "script, one call after the other" + (f" (from {rounds * (models or 0)} models)" if sampled else "")
    one, many = {slow_name: Sample(one_by_one)}, {"script, 16 calls at a time": Sample(together)}
    found = [
        Row(PART, what, Sample(first), one, Goal(times=100)),
        Row(PART, what, Sample(first), many, Goal(times=10)),
        Row(PART, what, Sample(first), {"script, the list without models": Sample(list_alone)}),
        Row(PART, what, Sample(first), goal=Goal(at_most=0.040)),
    ]
    if stopped:
        found.append(Row(PART, f"{count:,} endpoints: the service stopped", stopped, goal=Goal(at_most=0.040)))
    if count > 50:
        found.append(Row(PART, f"{count:,} endpoints: all pages of rows", Sample(every), {**one, **many}))
    return found


def same_rows(person: Person, script: OneAfterTheOther) -> None:
    """Both must show the same endpoints, or the comparison is meaningless."""
    pages = "".join(person.all_pages())
    missing = [name for endpoint in script.list() if escape(name := str(endpoint["displayName"])) not in pages]
    if missing:
        raise Failed(f"{len(missing)} endpoints of the service are not on our pages, such as {missing[0]}")


def while_stopped(product: Product, person: Person, say: Callable[[str], None]) -> Sample:
    """The page while the service never responds, for so long that the worker hangs too."""
    say("rows: the service is stopped")
    bursts = []
    with product.without_service():
        until = time.monotonic() + STOPPED_SECONDS
        while time.monotonic() < until:
            bursts.append([timed(person.page) for _ in range(LOADS_A_ROUND)])
            time.sleep(2)
    return Sample(bursts)


def timed(load: Callable[[], object]) -> float:
    began = time.perf_counter()
    load()
    return time.perf_counter() - began
