"""Messages delivered twice, two beats or none, commits that looked like failures, wrong clocks, restored backups."""

import re
import uuid
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.db.models.functions import Now
from django.utils import timezone

from endpoints import hints, tasks
from endpoints.changes import reconcile
from endpoints.gateway import clients
from endpoints.models import Change, Endpoint, Event, Resource, Sweep
from endpoints.models.change import MARK, ChangeQuerySet
from endpoints.models.event import Verb
from endpoints.models.status import ChangeState
from tests.changes.requests import later, reference, request_create, request_model
from tests.faults.concurrently import concurrently
from tests.faults.invariants import all_endpoints, posts
from tests.network import HERE
from tests.rewriting import events_rewritten

POST = {"method": "POST", "path": "/endpoints$", "times": 1}
LOST = {**POST, "stage": "after", "effect": {"close": True}}


def due_now():
    Change.objects.open().update(due_at=Now())


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("times", [2, 4])
def test_a_message_delivered_repeatedly_sends_one_request(alice, model, world, times):
    change = request_create(alice, model)
    assert concurrently(*[lambda: tasks.step(str(change.pk))] * times) == [None] * times
    tasks.step(str(change.pk))  # once more, late
    change.refresh_from_db()
    assert (change.state, change.attempt) == (ChangeState.DEPLOYING, 1)
    assert len(posts(world)) == 1


@pytest.mark.django_db(transaction=True)
def test_a_change_of_model_delivered_four_times_sends_one_request(alice, endpoint, other, world):
    change = request_model(alice, endpoint, other)
    assert concurrently(*[lambda: tasks.step(str(change.pk))] * 4) == [None] * 4
    assert len(world.ledger("PATCH")) == 1


def test_a_message_for_a_change_that_is_closed_or_gone_does_nothing(alice, model, world, worker):
    change = worker.step(request_create(alice, model))
    world.advance(3600)
    worker.step(change)
    asked = len(world.ledger())
    for pk in (change.pk, uuid.uuid4()):
        tasks.step(str(pk))
    assert len(world.ledger()) == asked


def test_a_worker_that_wakes_up_after_its_lease_changes_nothing(alice, model, world, worker):
    change = request_create(alice, model)
    late = Change.objects.open().claim(change.pk, seconds=60)
    Change.objects.filter(pk=change.pk).update(leased_until=timezone.now() - timedelta(seconds=1))
    worker.step(change)
    with clients.speech_client(change.endpoint.resource, HERE) as service:
        reconcile.step(late, service)
    change.refresh_from_db()
    assert (change.state, change.attempt) == (ChangeState.DEPLOYING, 1)
    assert len(posts(world)) == 1


@pytest.fixture
def messages(monkeypatch):
    """The task messages that were sent and that no worker has received yet."""
    sent = []
    monkeypatch.setattr(hints, "send", lambda task, pk: sent.append((getattr(tasks, task), str(pk))))
    return sent


def test_two_beats_send_each_message_twice_and_nothing_happens_twice(
    alice, model, world, messages, django_capture_on_commit_callbacks
):
    change = request_create(alice, model)
    with django_capture_on_commit_callbacks(execute=True):
        tasks.sweep()
        tasks.sweep()
    assert [pk for task, pk in messages if task is tasks.step] == [str(change.pk)] * 2
    for task, pk in messages:
        task(pk)
    assert len(posts(world)) == 1
    assert Sweep.objects.count() == 1


def works(client):
    """Whether the health check says that workers sweep; it never takes web processes out because they don't."""
    answer = client.get("/health/ready")
    assert answer.status_code == 200
    return answer.json()["worker"]


def test_without_a_beat_the_page_and_the_health_check_say_so(alice, client, model):
    tasks.sweep()
    assert works(client)
    assert "No worker is running" not in alice.get("/endpoints/").content.decode()
    Sweep.objects.update(at=timezone.now() - timedelta(seconds=30))
    assert works(client) is False
    assert "No worker is running" in alice.get("/endpoints/").content.decode()
    tasks.sweep()
    assert works(client)


def test_workers_that_run_without_a_beat_are_not_taken_for_busy_ones_for_ever(alice, client, model):
    tasks.sweep()
    Sweep.objects.update(at=timezone.now() - timedelta(minutes=9, seconds=50))
    Sweep.beat("sweeps")
    assert works(client)
    Sweep.objects.update(at=timezone.now() - timedelta(minutes=10, seconds=10))
    assert works(client) is False
    page = alice.get("/endpoints/").content.decode()
    assert "No worker is running" in page
    assert "All workers are busy" not in page


def test_busy_workers_are_told_from_missing_ones(alice, client, model):
    tasks.sweep()
    Sweep.objects.update(at=timezone.now() - timedelta(minutes=5))
    Sweep.beat("sweeps")
    assert works(client)
    page = alice.get("/endpoints/").content.decode()
    assert "All workers are busy" in page
    assert "No worker is running" not in page
    Sweep.objects.update(beat_at=timezone.now() - timedelta(seconds=30))
    assert works(client) is False
    assert "No worker is running" in alice.get("/endpoints/").content.decode()


@pytest.mark.parametrize("hours", [-2, 2])
def test_a_beat_with_a_wrong_clock_sweeps_anyway(
    alice, client, model, messages, clock, hours, django_capture_on_commit_callbacks
):
    change = request_create(alice, model)
    clock(hours=hours)
    with django_capture_on_commit_callbacks(execute=True):
        tasks.sweep()
    assert (tasks.step, str(change.pk)) in messages
    assert works(client)


def test_a_change_whose_commit_looked_like_a_failure_is_found_by_the_sweep(
    alice, model, world, worker, messages, django_capture_on_commit_callbacks
):
    change = request_create(alice, model)  # committed; the web server died before it sent the message
    with django_capture_on_commit_callbacks(execute=True):
        tasks.sweep()
    for task, pk in messages:
        task(pk)
    change.refresh_from_db()
    assert change.state == ChangeState.DEPLOYING
    assert request_create(alice, model, key=change.pk) == change  # the person submits the form again
    assert len(posts(world)) == 1


@pytest.mark.parametrize("state", [ChangeState.SENDING, ChangeState.UNKNOWN, ChangeState.QUEUED, ChangeState.DONE])
def test_a_worker_whose_commit_looked_like_a_failure_neither_loses_nor_doubles(
    alice, model, world, worker, monkeypatch, state
):
    move = ChangeQuerySet.move
    failures = [OperationalError("the connection was lost after COMMIT")]

    def moved_and_then_failed(self, change, to, **facts):
        done = move(self, change, to, **facts)
        if to == state and failures:
            raise failures.pop()
        return done

    monkeypatch.setattr(ChangeQuerySet, "move", moved_and_then_failed)
    if state == ChangeState.UNKNOWN:
        world.fail(LOST)
    if state == ChangeState.QUEUED:
        world.fail({**POST, "effect": {"status": 429}})
    change = request_create(alice, model)
    for _step in range(12):
        if change.state in (ChangeState.UNKNOWN, ChangeState.SENDING):
            later(change, minutes=11)
        if change.state == ChangeState.DEPLOYING:
            world.advance(3600)
        try:
            worker.step(change)
        except OperationalError:
            change.refresh_from_db()
    assert failures == []
    assert change.state == ChangeState.DONE
    assert len(all_endpoints(world)) == 1
    assert len([entry for entry in posts(world) if entry["effect"]["made"]]) == 1


@pytest.fixture
def clock():
    """Sets this machine's clock wrong; the database's and the service's stay right."""
    right = timezone.now
    with pytest.MonkeyPatch.context() as patch:
        yield lambda **by: patch.setattr(timezone, "now", lambda: right() + timedelta(**by))


@pytest.mark.parametrize("hours", [-2, -1, 1, 2])
def test_a_lease_is_not_stolen_by_a_worker_whose_clock_is_wrong(alice, model, clock, hours):
    change = request_create(alice, model)
    clock(hours=hours)
    assert Change.objects.open().claim(change.pk, seconds=60)
    clock(hours=-hours)
    assert Change.objects.open().claim(change.pk, seconds=60) is None
    Change.objects.update(leased_until=Now())  # it has ended
    due_now()
    assert Change.objects.open().claim(change.pk, seconds=60)


def test_a_worker_whose_lease_has_ended_does_not_release_the_lease_of_the_next(alice, model, monkeypatch):
    change = request_create(alice, model)

    def takes_too_long(*_arguments):
        Change.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
        assert Change.objects.open().claim(change.pk, seconds=60)
        return 5

    monkeypatch.setattr(reconcile, "step", takes_too_long)
    tasks.step(str(change.pk))
    due_now()
    assert Change.objects.open().claim(change.pk, seconds=60) is None


@pytest.mark.parametrize("hours", [-2, -1, 1, 2])
def test_a_lost_answer_is_found_by_workers_whose_clock_is_wrong(alice, model, world, worker, clock, hours):
    clock(hours=hours)
    world.fail(LOST)
    change = worker.step(request_create(alice, model))
    assert change.state == ChangeState.UNKNOWN
    worker.step(change)
    assert change.state == ChangeState.DEPLOYING
    assert len(posts(world)) == 1


@pytest.mark.parametrize("hours", [-2, -1, 1, 2])
def test_a_worker_whose_clock_is_wrong_leaves_the_service_its_time_to_settle(alice, model, world, worker, clock, hours):
    world.fail({**POST, "stage": "before", "effect": {"close": True}})
    change = worker.step(request_create(alice, model))
    clock(hours=hours)  # another worker goes on with it
    for _listing in range(3):
        worker.step(change)
    assert (change.state, change.attempt) == (ChangeState.UNKNOWN, 1)
    later(change, minutes=11)
    for _step in range(2):
        worker.step(change)
    assert (change.state, change.attempt) == (ChangeState.DEPLOYING, 2)


@pytest.mark.parametrize("redeploy", ["running", "old"], indirect=True)
@pytest.mark.parametrize("hours", [-2, 2])
def test_no_age_on_a_page_is_negative(alice, endpoint, other, worker, clock, hours):
    change = worker.step(request_model(alice, endpoint, other))
    clock(hours=hours)
    for page in ("/endpoints/", endpoint.get_absolute_url(), "/activity/"):
        answer = alice.get(page)
        assert answer.status_code == 200
        assert not re.search(r"[-−]\d+\s(second|minute|hour|day)", answer.content.decode())
    clock(hours=0)
    assert change.state == ChangeState.DEPLOYING


def restored(change):
    """Restore the database to the state before the change was sent."""
    with events_rewritten():
        Event.objects.exclude(verb=Verb.REQUESTED_CREATE).delete()
    nothing_yet = {"attempt": 0, "lost_answers": 0, "polls": 0, "sent_at": None, "accepted_at": None, "closed_at": None}
    Change.objects.filter(pk=change.pk).update(state=ChangeState.QUEUED, due_at=Now(), leased_until=None, **nothing_yet)
    Endpoint.objects.filter(pk=change.endpoint_id).update(
        remote_id=None, status="", last_action_at=None, mark="", links={}
    )
    change.refresh_from_db()


@pytest.mark.parametrize("first", ["step", "mirror"])
def test_a_restored_backup_adopts_what_was_made_since(alice, model, world, worker, untracked, first):
    change = worker.step(request_create(alice, model))
    world.advance(3600)
    worker.step(change)
    restored(change)
    untracked.posts = 1
    if first == "mirror":
        worker.mirror()
    for _step in range(3):
        worker.step(change)
    assert change.state == ChangeState.DONE
    assert len(posts(world)) == 1
    assert len(all_endpoints(world)) == 1
    assert Endpoint.objects.get().remote_id


def test_endpoints_of_changes_that_the_backup_does_not_know_are_found_and_left(alice, model, world, worker, untracked):
    lost = str(uuid.uuid4())
    body = {"displayName": "Made since", "locale": model.locale, "customProperties": {MARK: lost}}
    world.call("POST", "/endpoints", body | reference(world, model))
    untracked.posts, untracked.changes = 1, {lost}
    for _round in range(2):
        worker.run_round()
    row = Endpoint.objects.get()
    assert row.display_name == "Made since"
    assert Event.objects.filter(endpoint_id=row.pk, verb=Verb.FOUND).count() == 1
    assert [entry["method"] for entry in world.ledger() if entry["method"] != "GET"] == ["POST"]


def test_an_endpoint_that_the_backup_still_has_and_the_service_no_longer(alice, endpoint, world, worker):
    world.call("DELETE", f"/endpoints/{endpoint.remote_id}")
    Resource.objects.update(mirrored_at=timezone.now() - timedelta(days=1))
    worker.run_round()
    assert not Endpoint.objects.present().exists()
    assert posts(world) == []


@pytest.mark.parametrize("redeploy", ["running", "old"], indirect=True)
def test_a_change_of_model_that_was_done_since_the_backup_is_not_done_again(alice, endpoint, other, world, worker):
    change = worker.step(request_model(alice, endpoint, other))
    world.advance(3600)
    before = endpoint.model
    Change.objects.update(state=ChangeState.QUEUED, attempt=0, sent_at=None, accepted_at=None, due_at=Now())
    Endpoint.objects.update(model=before)
    change.refresh_from_db()
    worker.step(change)
    assert change.state == ChangeState.DONE
    assert len(world.ledger("PATCH")) == 1
