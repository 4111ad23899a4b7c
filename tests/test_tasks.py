"""Task messages and leases: one worker leases a row while it works on it, and the others skip it."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from endpoints import tasks
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
