"""A worker is killed at each failpoint of a step, for each behavior of the service: nothing is lost or made twice."""

import json
import os
import subprocess
import sys
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now

from endpoints import azure
from endpoints.changes import submit
from endpoints.changes.failpoints import FAILPOINTS, KILLED
from endpoints.models import Change, Endpoint, SpeechModel, Status
from endpoints.models.status import ChangeState
from tests.crashes import invariants

TIMEOUT = 0.3  # seconds that the client waits for a response
LATE = 2 * TIMEOUT
OUTCOMES = {
    "ok": None,
    "500-before": {"stage": "before", "effect": {"status": 500}},
    "500-after": {"stage": "after", "effect": {"status": 500}},
    "timeout-before": {"stage": "before", "effect": {"delay": LATE, "close": True}},
    "timeout-after": {"stage": "after", "effect": {"delay": LATE}},
    "reset": {"stage": "after", "effect": {"truncate": 20}},
}
STEPS = 12  # more than any change needs

pytestmark = pytest.mark.django_db(transaction=True)


class KillableWorker:
    """Runs a step in a process of its own, which ends at a failpoint."""

    def __init__(self, process):
        self.process = process

    def step(self, change, failpoint):
        """Returns the exit code of the process that ran the step."""
        self.process.stdin.write(json.dumps({"change": str(change.pk), "failpoint": failpoint}) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


@pytest.fixture(scope="module")
def killable_worker(django_db_setup):
    database = connection.settings_dict["NAME"]
    command = [sys.executable, "-m", "tests.crashes.killable_worker", str(database), str(TIMEOUT)]
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "speechstudio.settings"}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env) as process:
        yield KillableWorker(process)
        process.stdin.close()
        assert process.wait(10) == 0


@pytest.fixture
def change(alice, resource, world, worker):
    world.begin(world="empty", rate_limit="0/0")
    worker.mirror()
    model = SpeechModel.objects.deployable().filter(locale="en-US").first()
    return submit.create(key=uuid.uuid4(), actor=alice.user, model=model, display_name="Support calls")


def let_time_pass(world, change):
    """Pass as much time as leases, backoff, settling and a deployment take."""
    Change.objects.filter(pk=change.pk).update(
        due_at=Now(),
        leased_until=F("leased_until") - timedelta(minutes=11),
        sent_at=F("sent_at") - timedelta(minutes=11),
    )
    change.refresh_from_db()
    if change.state == ChangeState.DEPLOYING:
        world.advance(3600)


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("point", FAILPOINTS)
def test_a_worker_that_dies_anywhere_loses_nothing_and_doubles_nothing(
    point, outcome, change, world, worker, killable_worker, monkeypatch
):
    monkeypatch.setitem(azure.SpeechClient.__init__.__kwdefaults__, "deadline", TIMEOUT)
    if fault := OUTCOMES[outcome]:
        world.fail({"method": "POST", "path": "/endpoints$", "times": 1, **fault})

    for _step in range(STEPS):
        code = killable_worker.step(change, point)
        assert code in (0, KILLED)
        if code == KILLED:
            break
        let_time_pass(world, change)
    assert code == KILLED, "the point was never reached"
    invariants.check(world)

    for _step in range(STEPS):
        let_time_pass(world, change)
        if change.state == ChangeState.DONE:
            break
        worker.step(change)
        invariants.check(world)
    worker.mirror()

    assert change.state == ChangeState.DONE
    assert len(invariants.at_the_service(world)) == 1
    endpoint = Endpoint.objects.get()
    assert (endpoint.status, endpoint.model) == (Status.SUCCEEDED, change.model)
    invariants.check(world, quiet=True)
