"""Task messages and leases: one worker leases a row while it works on it, and the others skip it."""

import sys
import threading
import uuid
from contextlib import nullcontext
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from endpoints import azure, tasks
from endpoints.changes import work
from endpoints.mirror import resources
from endpoints.models import Change, Resource, Sweep
from endpoints.models.secret import CannotDecrypt
from endpoints.models.service_errors import INVALID
from endpoints.models.status import ChangeState
from tests.demo import until


@pytest.mark.django_db(transaction=True)
def test_a_long_refresh_keeps_its_lease_and_no_other_worker_gets_the_row(world, monkeypatch):
    monkeypatch.setattr(work, "LEASE_SECONDS", 0.3)
    resource = resources.register(
        name="Contoso", region="eastus", url=world.url, key="simulated-key", api_version="v3.2"
    )
    world.fail({"method": "GET", "path": "/endpoints$", "times": 1, "stage": "before", "effect": {"delay": 1.2}})

    def refresh():
        tasks.mirror(str(resource.pk))
        connection.close()

    worker = threading.Thread(target=refresh)
    worker.start()
    until(lambda: len(world.ledger()) == 1 or not Resource.objects.due().exists(), seconds=5)
    claimed = []
    while worker.is_alive():
        claimed.append(Resource.objects.claim(resource.pk, seconds=1))
        worker.join(0.05)
    assert len(claimed) > 5
    assert set(claimed) == {None}
    resource.refresh_from_db()
    assert resource.mirrored_at is not None


def test_a_killed_workers_row_is_free_again_within_half_a_minute(endpoint, other, alice):
    from endpoints.changes import submit

    change = submit.change_model(key=endpoint.pk, actor=alice.user, endpoint=endpoint, model=other)
    assert Change.objects.claim(change.pk, seconds=work.LEASE_SECONDS) == change
    assert Change.objects.claim(change.pk, seconds=work.LEASE_SECONDS) is None
    change.refresh_from_db()
    assert change.leased_until - timezone.now() < timedelta(seconds=30)
    Change.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert Change.objects.claim(change.pk, seconds=work.LEASE_SECONDS) == change


@pytest.mark.parametrize("times", [2, 4])
def test_the_same_message_delivered_more_than_once_sends_one_request(endpoint, other, alice, world, times):
    from endpoints.changes import submit

    change = submit.change_model(key=endpoint.pk, actor=alice.user, endpoint=endpoint, model=other)
    for _delivery in range(times):
        tasks.step(str(change.pk))
    assert len(world.ledger("PATCH")) == 1


@pytest.mark.parametrize("task", [tasks.step, tasks.mirror, tasks.fetch])
def test_a_message_for_a_row_that_is_gone_does_nothing(db, task):
    task("00000000-0000-0000-0000-000000000000")


def test_a_sweep_records_its_time_and_two_sweeps_do_no_harm(db):
    assert Sweep.last() == (None, True)
    for _beat in range(2):
        tasks.sweep()
    at, late = Sweep.last()
    assert not late
    assert timezone.now() - at < timedelta(seconds=5)
    assert Sweep.objects.count() == 1


@pytest.mark.parametrize(("away", "wait"), [(0, 2), (20, 20), (3600, 60)])
def test_a_service_that_has_just_failed_is_polled_soon_and_one_that_keeps_failing_rarely(
    mirrored, world, worker, away, wait
):
    world.fail({"path": "/endpoints", "effect": {"status": 400}})
    Resource.objects.update(failing_since=timezone.now() - timedelta(seconds=away))
    worker.mirror()
    mirrored.refresh_from_db()
    assert (mirrored.due_at - timezone.now()).total_seconds() == pytest.approx(wait, abs=2)


class Policy:
    """An error policy that records how it was called."""

    def __init__(self):
        self.called = []

    def put_off(self, why, retry_after):
        self.called.append((why, retry_after))
        return 3.0

    def refused(self, error):
        self.called.append(error)
        return 4.0


def failing(error):
    """A stage, or the work on a row, that ends with this error."""

    def stage(*_arguments):
        raise error

    return stage


@pytest.mark.parametrize(("retry_after", "wait"), [(None, 5), (0.2, 1), (40, 40), (7200, 900)])
def test_after_a_429_work_is_put_off_for_a_second_up_to_a_quarter_of_an_hour(mirrored, retry_after, wait):
    error = azure.TooManyRequests("Slow down.", operation="Endpoints_Get", retry_after=retry_after)
    policy = Policy()
    assert work.attempt(mirrored, failing(error), policy) == 3.0
    assert policy.called == [("Slow down.", wait)]
    assert mirrored.failing_since is None


def test_a_disk_that_is_full_puts_work_off_and_is_no_fault_of_the_service(mirrored):
    policy = Policy()
    assert work.attempt(mirrored, failing(work.Blocked("The disk is full.")), policy) == 3.0
    assert policy.called == [("The disk is full.", None)]
    assert mirrored.failing_since is None


def test_a_service_that_refuses_one_request_answers(mirrored):
    mirrored.record_failure("The service could not be reached.")
    for error in (
        azure.Refused("No.", operation="Endpoints_Get", status=400),
        azure.NotSupported("Not in this version.", operation="Endpoints_ListLogs"),
    ):
        policy = Policy()
        assert work.attempt(mirrored, failing(error), policy) == 4.0
        assert policy.called == [error]
        assert Resource.objects.get().failing_since is None


def test_a_service_that_refuses_our_key_or_version_or_does_not_answer_shows_on_the_resource(mirrored):
    for error in (
        azure.Unauthorized("The key is wrong.", operation="Endpoints_Get", status=401),
        azure.VersionRetired("The version is gone.", operation="Endpoints_Get", version="v3.2", status=410),
        azure.NotSent("It could not be reached.", operation="Endpoints_Get"),
    ):
        policy = Policy()
        assert work.attempt(mirrored, failing(error), policy) == 3.0
        assert policy.called == [(str(error), None)]
        resource = Resource.objects.get()
        assert resource.failure == str(error)
        assert resource.failing_since is not None
        assert work.attempt(mirrored, lambda: 7.0, Policy()) == 7.0
        assert Resource.objects.get().failing_since is None


def taken(resource, do, longest=60.0):
    """What `take` returns for this row, when the work is `do`."""
    return work.take(Resource.objects.all(), str(resource.pk), lambda row: nullcontext("client"), do, longest=longest)


def waits(resource):
    """In how many seconds the row is due, without its lease; None for never."""
    row = Resource.objects.get(pk=resource.pk)
    assert (row.lease, row.leased_until) == (None, None)
    return row.due_at and (row.due_at - timezone.now()).total_seconds()


@pytest.fixture
def ready(mirrored):
    Resource.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    return mirrored


def test_a_row_is_leased_during_its_work_and_due_again_when_the_work_says(ready):
    other = Resource.objects.create(name="Fabrikam", region="westus")
    held = []

    def do(row, client):
        held.append((row.pk, client, row.lease is not None, (row.leased_until - timezone.now()).total_seconds()))
        assert taken(ready, do) is None
        return 300.0

    assert taken(ready, do) == 300.0
    ((pk, client, leased, seconds),) = held
    assert (pk, client, leased) == (ready.pk, "client", True)
    assert 0 < seconds <= work.LEASE_SECONDS
    assert waits(ready) == pytest.approx(300, abs=60)
    assert taken(ready, do) is None
    assert len(held) == 1
    assert waits(other) < 60


@pytest.mark.parametrize(("due", "wait"), [(0, 0), (None, None)])
def test_work_may_be_due_at_once_or_never_again(ready, due, wait):
    assert taken(ready, lambda row, client: due) == due
    assert (waits(ready) is None) == (wait is None)
    assert Resource.objects.due().exists() == (due == 0)


def test_work_that_crashes_is_tried_again_after_a_minute(ready):
    with pytest.raises(ZeroDivisionError):
        taken(ready, lambda row, client: 1 / 0)
    assert waits(ready) == pytest.approx(60, abs=20)


def test_a_worker_that_is_ended_leaves_its_row_to_the_next_at_once(ready):
    with pytest.raises(SystemExit):
        taken(ready, lambda row, client: sys.exit())
    assert Resource.objects.due().get() == ready


OURS = "The key must be one word of letters and digits."


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (azure.NotSent("Away.", operation="Endpoints_List"), "Away."),
        (CannotDecrypt("Away."), "Away."),
        (ValueError(OURS), OURS),
        (ValueError("The text of a library."), INVALID),
    ],
    ids=["not sent", "no secret", "our sentence", "of a library"],
)
@pytest.mark.parametrize(("away", "least", "most"), [(0, 2, 30), (1000, 40, 40)])
def test_a_resource_that_cannot_be_connected_to_says_why_and_is_tried_again(ready, error, failure, away, least, most):
    Resource.objects.update(failing_since=timezone.now() - timedelta(seconds=away))
    assert taken(ready, failing(error), longest=40.0) == pytest.approx((least + most) / 2, abs=(most - least) / 2)
    assert Resource.objects.get().failure == failure
    assert waits(ready) <= most


def test_a_change_of_a_resource_that_cannot_be_connected_to_shows_on_the_resource(alice, endpoint, other):
    from endpoints.changes import submit

    change = submit.change_model(key=endpoint.pk, actor=alice.user, endpoint=endpoint, model=other)
    rows = Change.objects.open()
    work.take(rows, str(change.pk), lambda row: nullcontext(), failing(ValueError(OURS)), longest=60.0)
    assert Resource.objects.get().failure == OURS
    change.refresh_from_db()
    assert (change.state, change.lease) == ("queued", None)


@pytest.mark.parametrize("since", [{"attempt": 2}, {"state": "queued"}, {"state": "canceled"}])
def test_a_late_worker_does_not_move_a_change_that_went_on_without_it(alice, endpoint, other, since):
    from endpoints.changes import submit

    change = submit.change_model(key=endpoint.pk, actor=alice.user, endpoint=endpoint, model=other)
    Change.objects.update(state="sending", attempt=1)
    late = Change.objects.get(pk=change.pk)
    Change.objects.update(**since)
    assert not Change.objects.move(late, ChangeState.DEPLOYING, error="Late.")
    row = Change.objects.get(pk=change.pk)
    assert (row.state, row.error) == (since.get("state", "sending"), "")


def test_a_lease_is_extended_and_ended_by_its_holder_only(mirrored):
    other = Resource.objects.create(name="Fabrikam", region="westus")
    lease = uuid.uuid4()
    Resource.objects.filter(pk=mirrored.pk).update(lease=lease, leased_until=timezone.now())
    assert Resource.objects.extend_lease(lease, seconds=20)
    assert not Resource.objects.extend_lease(uuid.uuid4(), seconds=20)
    Resource.objects.release(uuid.uuid4(), seconds=0)
    mirrored.refresh_from_db()
    assert mirrored.lease == lease
    assert mirrored.leased_until > timezone.now()
    other.refresh_from_db()
    assert (other.lease, other.leased_until) == (None, None)
