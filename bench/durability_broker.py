"""The broker is unavailable for minutes: do pages respond, and are changes done when it is back?"""

import os
import signal
import time
from collections.abc import Callable

from django.utils import timezone

from bench.figures import Goal, Row, Sample
from bench.product import Failed, Person, Product, command_line, environment
from endpoints.models import Change, Sweep
from speechstudio.demo import processes
from speechstudio.var import broker_socket

AWAY_SECONDS, AWAY_SECONDS_FULL = 20, 600
PAGE_EVERY = 5.0  # seconds
BACK_WITHIN = 30.0
PAGE_WITHIN = 1.0
PATIENCE_SECONDS = 180


def measure(
    part: str,
    product: Product,
    person: Person,
    seconds: int,
    ask: Callable[[], None],
    watch: Callable[[], int],
    say: Callable[[str], None],
) -> list[Row]:
    """`ask` requests changes; `watch` restarts workers that have ended, and returns how many."""
    say(f"{part}: the broker is away for {seconds} s")
    for pid in brokers(product):
        os.kill(pid, signal.SIGKILL)
    ask()
    until, pages = time.monotonic() + seconds, []
    while time.monotonic() < until:
        began = time.perf_counter()
        person.page()
        pages.append(time.perf_counter() - began)
        watch()
        time.sleep(min(PAGE_EVERY, max(0, until - time.monotonic())))
    return_of(product)
    back, began = timezone.now(), time.monotonic()
    swept = wait(lambda: Sweep.objects.filter(at__gt=back).exists(), began, watch)
    done = wait(lambda: not Change.objects.open().exists(), began, watch)
    what = f"broker away for {seconds} s"
    return [
        Row(part, f"{what}: slowest page", Sample([pages], quantile=1), goal=Goal(at_most=PAGE_WITHIN)),
        Row(
            part,
            f"{what}: from its return to the first sweep",
            Sample([[swept]]),
            goal=Goal(at_most=BACK_WITHIN),
            detail={"workers_started": watch()},
        ),
        Row(part, f"{what}: from its return to all done", Sample([[done]])),
    ]


def brokers(product: Product) -> list[int]:
    """The broker that the demo has started."""
    found = [pid for pid in product.family() if str(broker_socket(product.var)) in command_line(pid)]
    if not found:
        raise Failed("The demo has no broker of its own: run the part durability without BROKER_URL.")
    return found


def return_of(product: Product) -> None:
    listens = broker_socket(product.var)
    product.processes.start("broker", processes.broker(listens, product.var / "broker"), environment())
    product.processes.wait_for("broker", lambda: processes.accepts(str(listens)))


def wait(true: Callable[[], bool], began: float, watch: Callable[[], int]) -> float:
    """Seconds from `began` until it is true."""
    while not true():
        watch()
        if time.monotonic() - began > PATIENCE_SECONDS:
            raise Failed(f"The worker did not go on within {PATIENCE_SECONDS} s.")
        time.sleep(0.1)
    return time.monotonic() - began
