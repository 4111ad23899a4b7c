"""Watching many Speech resources: requests an hour beside a script, how old what people see is, and processor time.

The load is measured in real time, with all resources. An hour of requests is passed by setting back the times of some
resources as soon as nothing is due: each of them sends the same requests as if an hour went by.
"""

import json
import os
import sys
import time
import urllib.request
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
from django.db.models import F, Min
from django.db.models.functions import Now

from bench.durability import rows_of
from bench.figures import Goal, Row, Sample
from bench.installation import Installation
from bench.product import ROOT, Failed, Person, descendants
from bench.script import KEY_HEADER, Service
from endpoints.models import Resource
from endpoints.models.claim import database_now

PART = "watch"
RESOURCES, ENDPOINTS = 200, 50
WATCHED = 20  # resources whose requests are counted
LOOK_SECONDS = 60
HOUR = timedelta(hours=1)
TO_COME_TO_THEIR_PACE = timedelta(minutes=40)  # pauses double up to ten minutes
TOGETHER = timedelta(seconds=5)
WINDOW_SECONDS, WINDOW_SECONDS_FULL = 180, 600
PATIENCE_SECONDS = 600  # until all resources were read for the first time
# What a poll and a sweep remember, by which they decide what is due.
TIMES = ("due_at", "mirrored_at", "cataloged_at", "version_asked_at", "hook_heard_at", "hook_checked_at")


class Watched(Installation):
    """With many simulated resources in one process."""

    def __init__(self, resources: int) -> None:
        super().__init__(endpoints=ENDPOINTS, LOOK_SECONDS=LOOK_SECONDS)
        self.names = [f"resource {number:03}" for number in range(resources)]
        self.env["PUBLIC_URL"] = self.url

    def _set_up(self) -> None:
        super()._set_up()
        command = [sys.executable, "-m", "bench.many_resources", str(len(self.names)), str(ENDPOINTS), self.key]
        line = self.processes.start("services", command, {**self.env, "PYTHONPATH": str(ROOT)}, wait_for_line=True)
        self.ports = dict(zip(self.names, json.loads(line)["ports"], strict=True))

    def start_service(self, name: str) -> None:
        """All of them are in the process that has been started."""

    def requests(self) -> dict[int, int]:
        """To each port so far."""
        port = self.ports[self.names[0]]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_count", timeout=10) as answer:
            return {int(one): int(number) for one, number in json.loads(answer.read()).items()}

    def processor_seconds(self) -> float:
        """Of all processes but the simulated service, so far."""
        ours = {process.pid for name, process in self.processes.running.items() if name != "services"}
        pids = ours | {pid for one in ours for pid in descendants(one)}
        return sum(_processor_seconds(pid) for pid in pids)


def measure(rounds: int, *, full: bool, say: Callable[[str], None]) -> list[Row]:
    say(f"{PART}: starting the product, and adding {RESOURCES} resources of {ENDPOINTS} endpoints")
    with Watched(RESOURCES) as product, rows_of(product):
        person = Person(product).sign_in()
        product.add_resources(person)
        ages, busy, share = under_load(product, WINDOW_SECONDS_FULL if full else WINDOW_SECONDS, say)
        script = requests_of_a_script(product) * HOUR.total_seconds() / LOOK_SECONDS
        watched = product.names[:WATCHED]
        Resource.objects.exclude(name__in=watched).update(due_at=None)
        say(f"{PART}: an hour of {WATCHED} resources without web hooks")
        polled = requests_in(product, watched, HOUR)
        say(f"{PART}: an hour of {WATCHED} resources with web hooks")
        register_hooks(product, person, watched)
        pass_time(product, watched, TO_COME_TO_THEIR_PACE)
        hooked = requests_in(product, watched, HOUR)
    naive = {f"script: the list, then model and project of each, every {LOOK_SECONDS} s": Sample([[script]], "an hour")}
    many = f"{RESOURCES} resources of {ENDPOINTS} endpoints"
    return [
        Row(PART, "requests of a resource", Sample([polled], "an hour"), naive, Goal(times=40)),
        Row(PART, "requests of a resource whose web hook works", Sample([hooked], "an hour"), naive, Goal(times=400)),
        Row(
            PART,
            f"{many}: age of a row, p95",
            Sample([ages], quantile=0.95),
            goal=Goal(at_most=LOOK_SECONDS + 15.0),
            detail={"slowest_s": round(max(ages), 1), "machine_busy": round(busy, 2)},
        ),
        Row(PART, f"{many}: share of a core", Sample([[100 * share]], "%")),
    ]


def under_load(product: Watched, seconds: float, say: Callable[[str], None]) -> tuple[list[float], float, float]:
    """The ages of all rows each second, the load of the machine, and the product's processor time for each second."""
    say(f"{PART}: all resources are polled for {seconds:.0f} s")
    until_none_is_new(product)
    ages: list[float] = []
    began, used = time.monotonic(), product.processor_seconds()
    while time.monotonic() < began + seconds:
        now = database_now()
        ages += [(now - at).total_seconds() for at in Resource.objects.values_list("mirrored_at", flat=True) if at]
        product.check_alive()
        time.sleep(1)
    share = (product.processor_seconds() - used) / (time.monotonic() - began)
    return ages, os.getloadavg()[0], share


def until_none_is_new(product: Watched) -> None:
    """The first reading of each resource takes longer than each later one."""
    _wait(product, lambda: not Resource.objects.filter(cataloged_at=None).exists(), "Not all resources were read")
    # Polls are spread over their interval, as they are after a while.
    for number, pk in enumerate(Resource.objects.values_list("pk", flat=True)):
        wait = timedelta(seconds=LOOK_SECONDS * number / RESOURCES)
        Resource.objects.filter(pk=pk, leased_until=None).update(due_at=Now() + wait)
    time.sleep(LOOK_SECONDS)


def requests_of_a_script(product: Watched) -> float:
    """That shows what our list shows: the endpoints, and for each the name and expiration of its model, its project."""
    name = product.names[-1]
    port = product.ports[name]
    Resource.objects.filter(name=name).update(due_at=None)
    service = Service(f"http://127.0.0.1:{port}", product.key)
    before = product.requests().get(port, 0)
    with httpx.Client(headers={KEY_HEADER: product.key}, timeout=30, trust_env=False) as client:
        address: str | None = service.endpoints
        while address:
            page = client.get(address).raise_for_status().json()
            for endpoint in page["values"]:
                for link in ("model", "project"):
                    if link in endpoint:
                        client.get(endpoint[link]["self"]).raise_for_status()
            address = page.get("@nextLink")
    return float(product.requests()[port] - before)


def requests_in(product: Watched, names: list[str], span: timedelta) -> list[float]:
    """The requests of each resource in this time."""
    before = product.requests()
    pass_time(product, names, span)
    after = product.requests()
    return [float(after[product.ports[name]] - before.get(product.ports[name], 0)) for name in names]


def pass_time(product: Watched, names: list[str], span: timedelta) -> None:
    """Set the times of these resources back to the next poll, again and again, until as much time has passed."""
    rows, left = Resource.objects.filter(name__in=names), span
    idle = rows.filter(leased_until=None, due_at__gt=Now())
    while True:
        _wait(product, lambda: idle.count() == len(names), "The workers do not come to an end")
        following = rows.aggregate(at=Min("due_at"))["at"]
        step: timedelta = max(following - database_now(), timedelta())
        if step > left:
            set_back(rows, left)
            return
        left -= step
        set_back(rows, step)


def set_back(rows: Any, step: timedelta) -> None:
    rows.update(**{name: F(name) - step for name in TIMES})
    # Those that are due a moment later are taken with the first: otherwise each would be waited for.
    rows.filter(due_at__gt=Now(), due_at__lt=Now() + TOGETHER).update(due_at=Now())


def register_hooks(product: Watched, person: Person, names: list[str]) -> None:
    """Register web hooks as a person does, and poll until the service has called each of them."""
    rows = Resource.objects.filter(name__in=names)
    for pk in rows.values_list("pk", flat=True):
        person.post(f"/resources/{pk}/hook/")
    silent = rows.filter(hook_heard_at=None)

    def all_called() -> bool:
        silent.filter(leased_until=None).update(due_at=Now())
        time.sleep(1)
        return not silent.exists()

    _wait(product, all_called, "Not all web hooks were called")


def _wait(product: Watched, true: Callable[[], bool], complaint: str) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not true():
        product.check_alive()
        if time.monotonic() > until:
            raise Failed(f"{complaint} within {PATIENCE_SECONDS} s.")
        time.sleep(0.05)


def _processor_seconds(pid: int) -> float:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            fields = stat.read().rpartition(") ")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
