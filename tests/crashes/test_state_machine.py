"""Random sequences of actions of people, workers, the service and time; the invariants hold after each.

STATE_MACHINE_EXAMPLES sets the number of sequences; a long run tries more. A failure prints how to reproduce it.
"""

import os
import uuid
from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from endpoints.changes import decisions, refusals, submit
from endpoints.models import Change, Endpoint, Resource, SpeechModel
from endpoints.models.status import CLOSED, ChangeKind, ChangeState
from tests.crashes import invariants

EXAMPLES = int(os.environ.get("STATE_MACHINE_EXAMPLES", "20"))
LONG = 500  # sequences in a long run
OPTIONS = {"endpoints": 2, "rate_limit": "0/0"}
ROUNDS = 25  # within which all changes must have ended
FAULTS = [
    {"stage": "before", "effect": {"close": True}},
    {"stage": "before", "effect": {"status": 503}},
    {"stage": "before", "effect": {"status": 429, "headers": {"Retry-After": "0"}}},
    {"stage": "before", "effect": {"status": 429, "headers": {"Retry-After": "3600"}}},
    {"stage": "after", "effect": {"close": True}},
    {"stage": "after", "effect": {"status": 500}},
    {"stage": "after", "effect": {"truncate": 20}},
]
picks = st.integers(min_value=0, max_value=7)
NOT_NOW = (refusals.Busy, refusals.NotPossible, refusals.ChangedMeanwhile)


@pytest.mark.parametrize("examples", [EXAMPLES, pytest.param(LONG, marks=pytest.mark.long)])
def test_whatever_happens_in_whatever_order_nothing_is_lost_or_doubled(examples, alice, resource, world, worker):
    world.begin(**OPTIONS)
    worker.mirror()

    class History(Deployments):
        def __init__(self):
            super().__init__(world, worker, alice.user)

    run_state_machine_as_test(
        History,
        settings=settings(
            max_examples=examples,
            stateful_step_count=25,
            deadline=None,
            database=None,
            derandomize=False,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


def picked(rows, number):
    found = list(rows)
    return found[number % len(found)] if found else None


class Deployments(RuleBasedStateMachine):
    def __init__(self, world, worker, user):
        super().__init__()
        self.world, self.worker, self.user = world, worker, user
        self.requests = []
        # The same seed makes the same world, so each sequence begins with matching rows and is rolled back.
        world.begin(**OPTIONS)
        self.rows = transaction.atomic()
        self.rows.__enter__()

    def teardown(self):
        try:
            self.all_changes_end()
        finally:
            transaction.set_rollback(True)
            self.rows.__exit__(None, None, None)

    def all_changes_end(self):
        self.world.fail()
        for _round in range(ROUNDS):
            self.long_time_passes()
            for change in Change.objects.open().exclude(state=ChangeState.UNDECIDED):
                self.worker.step(change)
        self.worker.mirror()
        assert set(Change.objects.values_list("state", flat=True)) <= {*CLOSED, ChangeState.UNDECIDED}
        invariants.check(self.world, quiet=True)

    @invariant()
    def nothing_is_lost_or_doubled(self):
        invariants.check(self.world)

    @property
    def endpoints(self):
        return Endpoint.objects.present().order_by("pk").exclude(remote_id=None)

    @property
    def models(self):
        return SpeechModel.objects.deployable().order_by("pk")

    def request_change(self, verb, **request):
        request = {"key": uuid.uuid4(), "actor": self.user, **request}
        try:
            change = verb(**request)
        except NOT_NOW:
            return
        self.requests.append((change, verb, request))

    # What people do.

    @rule(pick=picks)
    def request_create(self, pick):
        self.request_change(submit.create, model=picked(self.models, pick), display_name=f"Asked {pick}")

    @rule(pick=picks, which=picks, later=st.booleans())
    def request_change_model(self, pick, which, later):
        if endpoint := picked(self.endpoints, pick):
            model = picked(self.models.filter(locale=endpoint.locale), which)
            at = timezone.now() + timedelta(hours=1) if later else None
            if model and model != endpoint.model:
                self.request_change(submit.change_model, endpoint=endpoint, model=model, reason="Better", at=at)

    @rule(pick=picks, name=st.sampled_from(["display_name", "description", "logging_enabled"]), value=picks)
    def request_edit(self, pick, name, value):
        if endpoint := picked(self.endpoints, pick):
            desired = {name: bool(value % 2) if name == "logging_enabled" else f"Edited {value}"}
            self.request_change(submit.edit, endpoint=endpoint, desired=desired)

    @rule(pick=picks)
    def request_delete(self, pick):
        if endpoint := picked(self.endpoints, pick):
            self.request_change(submit.delete, endpoint=endpoint)

    @precondition(lambda self: self.requests)
    @rule(pick=picks)
    def submit_twice(self, pick):
        change, verb, request = picked(self.requests, pick)
        count = Change.objects.count()
        if endpoint := request.get("endpoint"):
            endpoint.refresh_from_db()
        assert verb(**request).pk == change.pk
        assert Change.objects.count() == count

    @precondition(lambda self: self.requests)
    @rule(pick=picks)
    def cancel(self, pick):
        change = picked(self.requests, pick)[0]
        change.refresh_from_db()
        started = change.state != ChangeState.QUEUED or change.attempt
        assert decisions.cancel(change, actor=self.user) is not bool(started)

    @rule(again=st.booleans())
    def decide(self, again):
        if change := Change.objects.filter(state=ChangeState.UNDECIDED).first():
            assert decisions.decide(change, actor=self.user, again=again)

    # What workers do.

    @rule(pick=picks)
    def step(self, pick):
        if change := picked(Change.objects.open().order_by("pk"), pick):
            self.worker.step(change)

    @rule()
    def mirror(self):
        self.worker.mirror()

    @rule(pick=picks, arrives=st.booleans())
    def die_while_sending(self, pick, arrives):
        """A worker dies while sending, with the state committed before. `arrives`: the service gets the request."""
        change = picked(Change.objects.filter(state=ChangeState.QUEUED).order_by("pk"), pick)
        if change is None or not self.sends(change, arrives):
            return
        Change.objects.filter(pk=change.pk).update(
            state=ChangeState.SENDING, attempt=F("attempt") + 1, sent_at=Now(), due_at=Now()
        )

    def sends(self, change, arrives):
        if not arrives:
            return change.kind in (ChangeKind.CREATE, ChangeKind.DELETE)
        attempt = change.attempt
        with transaction.atomic():
            sent = self.worker.step(change).attempt > attempt
            transaction.set_rollback(True)
        return sent

    # What the service and time do.

    @rule(method=st.sampled_from(["POST", "PATCH", "DELETE"]), fault=st.sampled_from(FAULTS))
    def next_request_goes_wrong(self, method, fault):
        self.world.fail({"method": method, "path": "/endpoints", "times": 1, **fault})

    @rule(pick=picks)
    def somebody_deletes_in_the_portal(self, pick):
        if remote_id := picked(sorted(invariants.at_the_service(self.world)), pick):
            self.world.fail()
            self.world.call("DELETE", f"/endpoints/{remote_id}")

    @rule(pick=picks, which=picks)
    def somebody_changes_the_model_in_the_portal(self, pick, which):
        remotes = invariants.at_the_service(self.world)
        remote_id = picked(sorted(remotes), pick)
        if remote_id is None or remotes[remote_id]["status"] not in ("Succeeded", "Failed"):
            return
        model = picked(self.models.filter(locale=remotes[remote_id]["locale"]), which)
        kind = "models/base" if model.kind == "base" else "models"
        self.world.fail()
        body = {"model": {"self": f"{self.world.url}/speechtotext/v3.2/{kind}/{model.remote_id}"}}
        self.world.call("PATCH", f"/endpoints/{remote_id}", body)

    @rule(seconds=st.sampled_from([5, 30, 3600]))
    def the_clock_of_the_service_jumps(self, seconds):
        self.world.advance(seconds)

    @rule()
    def long_time_passes(self):
        """More time passes than leases, backoff, settling and deployments take."""
        self.world.advance(3600)
        long = timedelta(minutes=11)
        Resource.objects.update(paused_until=F("paused_until") - long)
        Change.objects.open().update(
            sent_at=F("sent_at") - long, accepted_at=F("accepted_at") - long, leased_until=F("leased_until") - long
        )
