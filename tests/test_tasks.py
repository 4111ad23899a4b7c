"""Task messages and leases: one worker leases a row while it works on it, and the others skip it."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from endpoints import azure, tasks
from endpoints.changes import work
from endpoints.mirror import resources
from endpoints.models import Change, Resource, Sweep
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
    """An error policy that tells what it was asked to do."""

    def put_off(self, why: str, retry_after: float | None) -> Any:
        return why, retry_after

    def refused(self, error: azure.SpeechError) -> Any:
        return "refused", error


def attempt(resource, stage, policy) -> Any:
    return work.attempt(resource, stage, policy)


def failing(error):
    def stage():
        raise error

    return stage


@pytest.mark.parametrize(("retry_after", "wait"), [(None, 5), (0.2, 1), (40, 40), (7200, 900)])
def test_after_a_429_work_is_put_off_for_a_second_up_to_a_quarter_of_an_hour(mirrored, retry_after, wait):
    error = azure.TooManyRequests("Slow down.", operation="Endpoints_Get", retry_after=retry_after)
    assert attempt(mirrored, failing(error), Policy()) == ("Slow down.", wait)
    assert mirrored.failing_since is None


def test_a_disk_that_is_full_puts_work_off_and_is_no_fault_of_the_service(mirrored):
    assert attempt(mirrored, failing(work.Blocked("The disk is full.")), Policy()) == ("The disk is full.", None)
    assert mirrored.failing_since is None


def test_a_service_that_refuses_one_request_answers(mirrored):
    mirrored.record_failure("The service could not be reached.")
    for error in (
        azure.Refused("No.", operation="Endpoints_Get", status=400),
        azure.NotSupported("Not in this version.", operation="Endpoints_ListLogs"),
    ):
        assert attempt(mirrored, failing(error), Policy()) == ("refused", error)
        assert Resource.objects.get().failing_since is None


def test_a_service_that_refuses_our_key_or_version_or_does_not_answer_shows_on_the_resource(mirrored):
    for error in (
        azure.Unauthorized("The key is wrong.", operation="Endpoints_Get", status=401),
        azure.VersionRetired("The version is gone.", operation="Endpoints_Get", version="v3.2", status=410),
        azure.NotSent("It could not be reached.", operation="Endpoints_Get"),
    ):
        assert attempt(mirrored, failing(error), Policy()) == (str(error), None)
        resource = Resource.objects.get()
        assert resource.failure == str(error)
        assert resource.failing_since is not None
        assert work.attempt(mirrored, lambda: 7.0, Policy()) == 7.0
        assert Resource.objects.get().failing_since is None
