"""How long an edit takes on a resource that answers, beside one that does not, and beside slow downloads."""

import os
import signal
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle

from django.db.models.functions import Now

from bench.durability import control, rows_of
from bench.figures import Goal, Row, Sample
from bench.installation import Installation, edited
from bench.product import Failed, Person
from endpoints.changes.turns import CHANGES_AT_ONCE
from endpoints.models import Change, Download, Endpoint, Resource
from endpoints.models.endpoint import EndpointQuerySet
from endpoints.models.status import ChangeState

PART = "bulkhead"
ENDPOINTS = 24  # of each resource
EDITS, ALONE = 20, 8  # in each round beside something, and each time alone
EVERY = 0.3  # seconds between two, which is no multiple of a sweep's interval
DEAD_SECONDS = 30  # until the dead resource answers
DEAD_EDITS = 8  # on it
DOWNLOADS, HOSTS = 12, 4  # and the resources that they are from, one of which is the healthy one
BYTES_PER_SECOND = 500  # of each file
PRESSES, PRESS_WITHIN = 4, 0.5  # while the broker hangs, and the seconds that each may take longer
SLOWER = Goal(growth=1.2)
SLOWEST = 5.0  # seconds; one that waited for the dead resource would take up to DEAD_SECONDS
PATIENCE_SECONDS = 120
HEALTHY, DEAD, *OTHERS = ("healthy", "dead", "second", "third", "fourth")


def measure(rounds: int, *, full: bool, say: Callable[[str], None]) -> list[Row]:
    alone: list[list[float]] = []
    beside_dead: list[list[float]] = []
    beside_downloads: list[list[float]] = []
    hanging: list[list[float]] = []
    with Installation(HEALTHY, DEAD, *OTHERS, endpoints=ENDPOINTS) as product, rows_of(product):
        person = Person(product).sign_in()
        product.register(person)
        edits = Edited(person)
        edits.times(EDITS)  # not counted: what the processes need once only
        for number in range(rounds):
            say(f"bulkhead: an edit alone, beside a dead resource and beside downloads, round {number + 1} of {rounds}")
            between = edits.times(ALONE)  # before, between and after the others, because the machine's speed varies
            with dead_resource(product, person):
                beside_dead.append(edits.times(EDITS))
            between += edits.times(ALONE)
            with slow_downloads(product, person):
                beside_downloads.append(edits.times(EDITS))
            alone.append(between + edits.times(ALONE))
            usual = statistics.median(edits.press() for _press in range(PRESSES))
            with hanging_broker(product):
                hanging.append([edits.press() - usual for _press in range(PRESSES)])
            edits.wait_for_all()
    peer = {"the same edit alone": Sample(alone)}
    what = "an edit, from the press until it is done"
    return [
        Row(PART, f"{what}: alone", Sample(alone)),
        Row(PART, f"{what}: beside a resource that answers after {DEAD_SECONDS} s", Sample(beside_dead), peer, SLOWER),
        Row(
            PART,
            f"{what}: beside that resource, slowest",
            Sample(beside_dead, quantile=1),
            goal=Goal(at_most=SLOWEST),
        ),
        Row(PART, f"{what}: beside {DOWNLOADS} slow downloads", Sample(beside_downloads), peer, SLOWER),
        Row(
            PART,
            "what a press takes longer while the broker hangs: p95",
            Sample(hanging, quantile=0.95),
            goal=Goal(at_most=PRESS_WITHIN),
        ),
    ]


class Edited:
    """Edits of the endpoints of the healthy resource, one after the other."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.endpoints = cycle(present(HEALTHY).filter(logging_enabled=False).values_list("pk", flat=True))

    def times(self, count: int) -> list[float]:
        """Of each, the seconds from the press until it is done."""
        found = []
        for _number in range(count):
            time.sleep(EVERY)
            began = time.perf_counter()
            change = Change.objects.filter(pk=edited(self.person, next(self.endpoints)), closed_at__isnull=False)
            wait_until(change.exists, "An edit of the healthy resource did not end")
            found.append(time.perf_counter() - began)
            if (ended := change.get()).state != ChangeState.DONE:
                raise Failed(f"An edit of the healthy resource was not done: {ended.state}, {ended.error}")
        return found

    def press(self) -> float:
        """The seconds of the press alone, until the page leads on."""
        began = time.perf_counter()
        edited(self.person, next(self.endpoints))
        return time.perf_counter() - began

    def wait_for_all(self) -> None:
        wait_until(lambda: not Change.objects.open().exists(), "Not all edits ended")


@contextmanager
def dead_resource(product: Installation, person: Person) -> Iterator[None]:
    """Inside the block a resource answers nothing sooner than after DEAD_SECONDS, and there is work for it."""
    always(product, DEAD, "", delay=DEAD_SECONDS)
    for endpoint in present(DEAD).filter(logging_enabled=False)[:DEAD_EDITS]:
        edited(person, endpoint.pk)
    Resource.objects.filter(name=DEAD).update(due_at=Now())
    working = Change.objects.open().filter(leased_until__gt=Now())
    wait_until(lambda: working.count() >= CHANGES_AT_ONCE, "The workers do not work on the dead resource")
    try:
        yield
        if not Change.objects.open().filter(endpoint__resource__name=DEAD).exists():
            raise Failed("The dead resource answered.")
    finally:
        product.restart_service(DEAD)
    wait_until(lambda: not working.exists(), "The dead resource still keeps a worker")
    Resource.objects.filter(name=DEAD).update(failing_since=None, failure="", tried_at=None)
    Change.objects.open().update(due_at=Now())
    wait_until(lambda: not Change.objects.open().exists(), "The changes of the dead resource did not end")


@contextmanager
def slow_downloads(product: Installation, person: Person) -> Iterator[None]:
    """Inside the block workers are busy with downloads that go on."""
    names = (HEALTHY, *OTHERS)[:HOSTS]
    for name in names:
        always(product, name, "customspeech-audiologs", drip=BYTES_PER_SECOND)
        for endpoint in present(name).filter(logging_enabled=True)[: DOWNLOADS // HOSTS]:
            if person.post(f"/endpoints/{endpoint.pk}/download/").status_code != 302:
                raise Failed("A download could not be requested.")
    wait_until(Download.objects.active().filter(files_total__gt=0).exists, "No download began")
    try:
        yield
        if Download.objects.active().count() != DOWNLOADS:
            raise Failed("The downloads were not slow enough.")
    finally:
        for download in Download.objects.open():
            person.post(f"/downloads/{download.pk}/cancel/")
        for name in names:
            control(product, "faults", [], port=product.ports[name])
    wait_until(lambda: not Download.objects.filter(leased_until__gt=Now()).exists(), "The downloads did not end")


@contextmanager
def hanging_broker(product: Installation) -> Iterator[None]:
    """Inside the block the broker accepts connections, and answers nothing."""
    broker = product.processes.running["broker"].pid
    os.kill(broker, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(broker, signal.SIGCONT)


def present(name: str) -> EndpointQuerySet:
    """The endpoints of a resource that can be edited."""
    return Endpoint.objects.present().filter(resource__name=name, status="Succeeded").order_by("display_name")


def always(product: Installation, name: str, path: str, **effect: float) -> None:
    """Let the service of a resource answer all requests of a path in this way."""
    control(product, "faults", [{"path": path, "times": None, "effect": effect}], port=product.ports[name])


def wait_until(true: Callable[[], bool], complaint: str) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not true():
        if time.monotonic() > until:
            raise Failed(f"{complaint} within {PATIENCE_SECONDS} s.")
        time.sleep(0.01)
