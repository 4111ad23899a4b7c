"""Changes with faults of the service and killed workers: how many are lost or doubled, and how long they take."""

import json
import os
import random
import signal
import time
import urllib.request
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import F

from bench import durability_broker
from bench.figures import Goal, Row, Sample
from bench.product import ROOT, Failed, Person, Product, command_line, environment
from bench.script import OneAfterTheOther, Service
from endpoints.changes import decisions, submit
from endpoints.changes.reconcile import SETTLE
from endpoints.models import Change, Endpoint, SpeechModel
from endpoints.models.change import MARK
from endpoints.models.status import ChangeKind, ChangeState
from speechstudio.demo import processes

PART = "durability"
CHANGES, CHANGES_FULL = 200, 1000
ENDPOINTS = 40  # fewer than the service's quota; each is changed again and again
KILL_EVERY = 4.0  # seconds
TICK = 0.5
PATIENCE_SECONDS = 600
NONE = Goal(at_most=0)
EFFECTS: list[dict[str, Any]] = [
    {"stage": "before", "effect": {"close": True}},
    {"stage": "after", "effect": {"close": True}},
    {"stage": "before", "effect": {"status": 503}},
    {"stage": "after", "effect": {"status": 503}},
    {"stage": "before", "effect": {"status": 429, "headers": {"Retry-After": "1"}}},
]


def measure(rounds: int, *, full: bool, say: Callable[[str], None]) -> list[Row]:
    count = CHANGES_FULL if full else CHANGES
    with Product("--control", "--deploy-seconds", 1) as product:
        person = Person(product).sign_in()
        control(product, "reset", {"rate_limit": "0/0", "deploy_seconds": 1})
        with rows_of(product):
            person.wait_until(lambda: len(models()) == 2, every=0.2)
            run = Run(product, count, say)
            run.go()
            lost, doubled = run.lost(), run.doubled()
            times = Change.objects.exclude(closed_at=None).values_list("requested_at", "closed_at")
            seconds = [[(closed - asked).total_seconds() for asked, closed in times if closed]]
            away = durability_broker.AWAY_SECONDS_FULL if full else durability_broker.AWAY_SECONDS
            broker = durability_broker.measure(PART, product, person, away, run.ask_more, run.watch, say)
            broker_lost = run.lost() + run.doubled()
    what = f"{count:,} changes, {run.kills} workers killed"
    detail = {"changes": count, "kills": run.kills, "decisions": run.decisions}
    return [
        Row(PART, f"{what}: lost", Sample([[lost]], unit=""), goal=NONE, detail=detail),
        Row(PART, f"{what}: there twice", Sample([[doubled]], unit=""), goal=NONE),
        Row(PART, "from asking to done, settling of lost creations skipped: median", Sample(seconds)),
        Row(PART, "from asking to done, settling of lost creations skipped: p95", Sample(seconds, quantile=0.95)),
        *broker,
        Row(PART, "asked while the broker was away: lost or there twice", Sample([[broker_lost]], unit=""), goal=NONE),
    ]


class Run:
    """Requests changes, causes faults, and waits until all changes have ended."""

    def __init__(self, product: Product, count: int, say: Callable[[str], None]) -> None:
        self.product, self.count, self.say = product, count, say
        self.chance = random.Random(1)
        self.asked = self.kills = self.decisions = self.hired = 0

    def go(self) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        kill_at = time.monotonic() + KILL_EVERY
        said = -1
        while self.asked < self.count or Change.objects.open().exists():
            if time.monotonic() > until:
                self.say(f"durability: given up after {PATIENCE_SECONDS} s")
                return
            self.ask()
            if self.asked // 50 != said:
                said = self.asked // 50
                self.say(f"durability: {self.asked} of {self.count} asked for, {self.kills} workers killed")
            control(self.product, "faults", [self.fault() for _ in range(self.chance.randint(0, 3))])
            self.skip_settling()
            self.decide()
            if time.monotonic() > kill_at and self.asked < self.count:
                self.kill()
                kill_at = time.monotonic() + KILL_EVERY * self.chance.uniform(0.5, 1.5)
            time.sleep(TICK)
        control(self.product, "faults", [])

    def ask(self) -> None:
        """New endpoints until there are enough, then a change of each that has none open."""
        pair = models()
        while (number := Endpoint.objects.count()) < ENDPOINTS and self.asked < self.count:
            model = pair[number % 2]
            submit.create(key=uuid.uuid4(), actor=None, model=model, display_name=f"Benchmark {number}")
            self.asked += 1
        settled = Endpoint.objects.present().exclude(remote_id=None).exclude(changes__in=Change.objects.open())
        for endpoint in settled.select_related("model")[: self.count - self.asked]:
            self.asked += 1
            key, other = uuid.uuid4(), next(model for model in pair if model != endpoint.model)
            if self.asked % 3 == 0:
                submit.change_model(key=key, actor=None, endpoint=endpoint, model=other)
            else:
                desired = {"display_name": f"Benchmark {endpoint.pk} {self.asked}"}
                submit.edit(key=key, actor=None, endpoint=endpoint, desired=desired)

    def ask_more(self) -> None:
        """One more change of each endpoint."""
        self.count += ENDPOINTS
        self.ask()

    def fault(self) -> dict[str, Any]:
        method = self.chance.choice(["POST", "PATCH", "PATCH", "GET"])
        return {"method": method, "path": "/endpoints", "times": 1, **self.chance.choice(EFFECTS)}

    def skip_settling(self) -> None:
        """The service may be ten minutes late with a creation whose answer was lost; this one is not."""
        lost = Change.objects.filter(kind=ChangeKind.CREATE, state=ChangeState.UNKNOWN, empty_listings__gt=0)
        lost.update(sent_at=F("sent_at") - SETTLE - timedelta(seconds=1))

    def decide(self) -> None:
        """Decide as a person would: try again."""
        for change in Change.objects.filter(state=ChangeState.UNDECIDED):
            self.decisions += decisions.decide(change, actor=None, again=True)

    def kill(self) -> None:
        """Kill the worker with its child processes, and start a new one."""
        for group in {os.getpgid(pid) for pid in self.workers()}:
            os.killpg(group, signal.SIGKILL)
        self.product.processes.ended()
        self.kills += 1
        self.start_worker()

    def workers(self) -> list[int]:
        """Workers of the demo, and those that were started here."""
        found = [pid for pid in self.product.family() if "celery -A speechstudio worker" in command_line(pid)]
        running = self.product.processes.running
        return found + [child.pid for name, child in running.items() if name.startswith("worker")]

    def watch(self) -> int:
        """Restart workers that have ended, as docker-compose.yml does; returns how many since the kills."""
        self.product.check_alive()
        if not self.workers():
            self.start_worker()
        return self.hired - self.kills

    def start_worker(self) -> None:
        self.hired += 1
        env = environment(VAR=self.product.var, HOME=self.product.var, DEMO="true", PYTHONPATH=ROOT, LOOK_SECONDS=10)
        alone = ["--concurrency", "2", "--without-mingle", "--without-gossip"]
        self.product.processes.start(f"worker-{self.hired}", processes.worker(*alone), env)

    def lost(self) -> int:
        """Changes that are not done, and endpoints that do not show their last desired state."""
        shown = {each["self"].rpartition("/")[2]: each["displayName"] for each in self.at_the_service()}
        names = Endpoint.objects.values_list("remote_id", "display_name")
        wrong = [name for remote_id, name in names if shown.get(str(remote_id)) != self.last_name(remote_id, name)]
        return Change.objects.exclude(state=ChangeState.DONE).count() + len(wrong)

    def last_name(self, remote_id: str | None, name: str) -> str:
        edits = Change.objects.filter(endpoint__remote_id=remote_id, kind=ChangeKind.EDIT).order_by("-requested_at")
        last = edits.first()
        return str(last.desired["display_name"]) if last else name

    def doubled(self) -> int:
        """Endpoints whose mark another endpoint has too."""
        marks = Counter(each.get("customProperties", {}).get(MARK) for each in self.at_the_service())
        return sum(number - 1 for number in marks.values())

    def at_the_service(self) -> list[dict[str, Any]]:
        url = f"http://127.0.0.1:{self.product.simulator_port}"
        return OneAfterTheOther(Service(url, self.product.simulator_key)).list()


def models() -> list[SpeechModel]:
    """Two models between which an endpoint can change."""
    usable = SpeechModel.objects.deployable().filter(locale="en-US").exclude(display_name__icontains="broken")
    return list(usable.order_by("pk")[:2])


@contextmanager
def rows_of(product: Product) -> Iterator[None]:
    """This process uses the database of the demo inside the block."""
    if not settings.DATABASE_IS_OURS_ALONE:
        raise Failed("The part durability uses the demo's own database: run it without DATABASE_URL.")
    connection.close()
    ours, connection.settings_dict["NAME"] = connection.settings_dict["NAME"], str(product.var / "db.sqlite3")
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = ours


def control(product: Product, what: str, body: Any, port: int | None = None) -> None:
    """Steer the simulated service, or another one at `port`."""
    address = f"http://127.0.0.1:{port or product.simulator_port}/_world/{what}"
    headers = {"Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(address, json.dumps(body).encode(), headers), timeout=10):
        pass
