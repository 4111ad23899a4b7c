"""Deploying a model: one request, sent once, polled until the service says how it ended."""

import uuid
from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from endpoints.changes import submit
from endpoints.changes.backoff import pause_of_deployment
from endpoints.models import Change, Endpoint, Event, Resource, SpeechModel, Status
from endpoints.models.change import MARK
from endpoints.models.status import ChangeState

POST = {"method": "POST", "path": "/endpoints$", "times": 1}


@pytest.fixture
def model(mirrored):
    return (
        SpeechModel.objects.deployable()
        .filter(locale="en-US", kind="custom")
        .exclude(display_name__icontains="broken")
        .first()
    )


def ask(client, model, **more):
    return submit.create(key=uuid.uuid4(), actor=client.user, model=model, display_name="Support calls", **more)


def test_a_requested_endpoint_is_sent_and_polled_until_it_has_succeeded(alice, model, world, worker):
    change = ask(alice, model, description="EU hotline", logging_enabled=True)
    assert change.state == ChangeState.QUEUED
    assert change.endpoint.remote_id is None

    worker.step(change)
    assert change.state == ChangeState.DEPLOYING
    world.advance(10)
    worker.step(change)
    assert change.endpoint.shown_status.value == Status.RUNNING
    world.advance(3600)
    worker.step(change)

    assert change.state == ChangeState.DONE
    endpoint = Endpoint.objects.get()
    assert (endpoint.status, endpoint.model, endpoint.logging_enabled) == (Status.SUCCEEDED, model, True)
    assert endpoint.description == "EU hotline"
    assert endpoint.shown_status.label == "Succeeded"
    assert len(world.ledger("POST")) == 1


def test_the_request_and_its_person_are_recorded_before_anything_is_sent(alice, model, world):
    change = ask(alice, model)
    event = Event.objects.get(change_id=change.pk)
    assert event.actor_name == "alice"
    assert event.text == f"asked to deploy {model}"
    assert world.ledger("POST") == []


def test_the_same_request_twice_makes_one_endpoint(alice, model, world, worker):
    key = uuid.uuid4()
    first, second = (
        submit.create(key=key, actor=alice.user, model=model, display_name="Support calls") for _ in range(2)
    )
    assert first == second
    worker.step(first)
    worker.step(second)
    assert Endpoint.objects.count() == 1
    assert len(world.ledger("POST")) == 1


@pytest.mark.parametrize("effect", [{"status": 503}, {"close": True}, {"truncate": 20}, {"body": "<html>"}], ids=str)
def test_after_a_lost_answer_the_endpoint_is_searched_for_and_not_requested_again(alice, model, world, worker, effect):
    world.fail({**POST, "stage": "after", "effect": effect})
    change = worker.step(ask(alice, model))
    for _look in range(2):
        worker.step(change)
    assert change.state == ChangeState.DEPLOYING
    assert len(world.ledger("POST")) == 1
    assert len(world.call("GET", "/endpoints")["values"]) == 1
    assert Endpoint.objects.get().remote_id


def test_a_request_that_never_arrived_is_sent_again_after_the_service_had_time_to_settle(
    alice, model, world, worker, monkeypatch
):
    world.fail({**POST, "stage": "before", "effect": {"close": True}})
    change = worker.step(ask(alice, model))
    assert change.state == ChangeState.UNKNOWN
    for _listing in range(2):
        worker.step(change)
    assert change.state == ChangeState.UNKNOWN
    assert len(world.ledger("POST")) == 1

    Change.objects.filter(pk=change.pk).update(sent_at=timezone.now() - timedelta(minutes=11))
    worker.step(change)
    worker.step(change)
    assert change.state == ChangeState.DEPLOYING
    assert len(world.call("GET", "/endpoints")["values"]) == 1


def test_a_request_is_sent_again_in_its_own_time_whatever_else_was_sent_just_now(alice, model, world, worker):
    world.fail({**POST, "stage": "before", "effect": {"close": True}})
    lost = worker.step(ask(alice, model))
    worker.step(lost)
    worker.step(ask(alice, model))
    Change.objects.filter(pk=lost.pk).update(sent_at=timezone.now() - timedelta(minutes=11))
    worker.step(lost)
    assert lost.state == ChangeState.QUEUED
    assert Change.objects.due().get() == lost


def test_a_worker_that_died_while_sending_does_not_deploy_twice(alice, model, world, worker):
    change = worker.step(ask(alice, model))
    # The state that was committed before the request was sent:
    Change.objects.filter(pk=change.pk).update(state=ChangeState.SENDING)
    Endpoint.objects.update(remote_id=None, status="", last_action_at=None)
    change.refresh_from_db()

    worker.step(change)

    assert change.state == ChangeState.DEPLOYING
    assert len(world.ledger("POST")) == 1
    assert Endpoint.objects.count() == 1


def test_a_request_whose_worker_died_while_sending_says_so_and_is_searched_for(alice, model, world, worker):
    change = ask(alice, model)
    Change.objects.update(state=ChangeState.SENDING, attempt=1, sent_at=timezone.now())
    worker.step(change)
    assert (change.state, change.attempt, change.lost_answers) == (ChangeState.UNKNOWN, 1, 1)
    assert change.error == "The worker stopped while it was sending."
    assert world.ledger("POST") == []


def test_a_change_whose_worker_died_three_times_needs_a_decision(alice, mirrored, world, worker):
    world.begin(endpoints=1, rate_limit="0/0")
    worker.mirror()
    desired = {"display_name": "Renamed"}
    change = submit.edit(key=uuid.uuid4(), actor=alice.user, endpoint=Endpoint.objects.get(), desired=desired)
    for death in (1, 2, 3):
        Change.objects.update(state=ChangeState.SENDING, attempt=death, sent_at=timezone.now())
        worker.step(change)
        assert change.lost_answers == death
        assert change.state == (ChangeState.UNDECIDED if death == 3 else ChangeState.QUEUED)
        assert Change.objects.due().exists() == (death < 3)
    assert world.ledger("PATCH") == []


def test_a_refresh_recognizes_an_endpoint_by_its_mark(alice, model, world, worker):
    change = worker.step(ask(alice, model))
    Endpoint.objects.update(remote_id=None)
    worker.mirror()
    remote = world.call("GET", "/endpoints")["values"][0]
    assert remote["customProperties"][MARK] == str(change.pk)
    assert Endpoint.objects.get().remote_id in remote["self"]


def test_a_refusal_closes_the_change_with_the_reason(alice, model, world, worker):
    refusal = {"code": "InvalidRequest", "message": "The quota is used up.", "innerError": {"code": "QuotaViolation"}}
    world.fail({**POST, "stage": "before", "effect": {"status": 400, "body": refusal}})
    change = worker.step(ask(alice, model))
    assert change.state == ChangeState.REFUSED
    endpoint = Endpoint.objects.get()
    assert endpoint.shown_status.value == Status.FAILED
    assert "The quota is used up." in endpoint.shown_status.detail


def test_a_deployment_that_fails_says_why(alice, mirrored, world, worker):
    broken = SpeechModel.objects.get(display_name__icontains="broken")
    change = worker.step(ask(alice, broken))
    world.advance(3600)
    worker.step(change)
    assert change.state == ChangeState.FAILED
    assert Endpoint.objects.get().shown_status.value == Status.FAILED
    assert Endpoint.objects.get().shown_status.detail


def test_an_endpoint_that_has_failed_can_be_renamed(alice, mirrored, world, worker):
    failed = worker.step(ask(alice, SpeechModel.objects.get(display_name__icontains="broken")))
    world.advance(3600)
    endpoint = worker.step(failed).endpoint
    change = submit.edit(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, desired={"display_name": "Once more"})
    assert worker.step(change).state == ChangeState.DONE
    assert Endpoint.objects.get().shown_status.value == Status.FAILED


def test_a_wrong_key_keeps_the_change_queued_and_is_shown(alice, model, world, worker):
    denied = {"error": {"code": "401", "message": "Access denied due to invalid subscription key."}}
    world.fail({**POST, "stage": "before", "effect": {"status": 401, "body": denied}})
    change = worker.step(ask(alice, model))
    assert change.state == ChangeState.QUEUED
    change.endpoint.resource.refresh_from_db()
    assert "invalid subscription key" in change.endpoint.resource.failure

    worker.step(change)
    assert change.state == ChangeState.DEPLOYING
    change.endpoint.resource.refresh_from_db()
    assert change.endpoint.resource.failing_since is None


def test_a_change_waits_while_the_service_is_unreachable_and_is_sent_afterwards(alice, model, world, worker):
    closed = "http://127.0.0.1:9"
    Resource.objects.update(url=closed)
    change = ask(alice, model)
    for _attempt in range(4):
        worker.step(change)
        assert change.state == ChangeState.QUEUED
        assert "could not be reached" in change.error
    Resource.objects.update(url=world.url)
    world.fail({**POST, "stage": "before", "effect": {"close": True}})
    change.refresh_from_db()
    worker.step(Change.objects.get())
    Change.objects.update(sent_at=timezone.now() - timedelta(minutes=11))
    for _step in range(4):
        change = worker.step(Change.objects.get())
    assert change.state == ChangeState.DEPLOYING


def test_too_many_requests_wait_as_long_as_the_service_says(alice, model, world, worker):
    slow = {"status": 429, "headers": {"Retry-After": "120"}, "body": {"code": "TooManyRequests", "message": "Slow."}}
    world.fail({**POST, "stage": "before", "effect": slow})
    change = worker.step(ask(alice, model))
    assert change.state == ChangeState.QUEUED
    wait = (change.due_at - timezone.now()).total_seconds()
    assert 110 < wait <= 121


def test_an_expired_model_cannot_be_requested(alice, mirrored):
    expired = SpeechModel.objects.filter(expires_at__lt=timezone.now(), status=Status.SUCCEEDED).first()
    with pytest.raises(submit.NotPossible, match="Expired"):
        ask(alice, expired)
    assert not Change.objects.exists()


def test_deployments_are_polled_often_while_people_wait_and_less_often_when_there_are_many(alice, mirrored):
    model = SpeechModel.objects.deployable()[0]
    changes = [
        submit.create(key=uuid.uuid4(), actor=alice.user, model=model, display_name=f"Line {n}") for n in range(10)
    ]
    Change.objects.update(state=ChangeState.DEPLOYING, accepted_at=Now())
    first = Change.objects.get(pk=changes[0].pk)
    assert pause_of_deployment(first, None) == 5
    assert pause_of_deployment(first, 30) == 30
    Change.objects.exclude(pk=first.pk).update(state=ChangeState.DONE)
    assert pause_of_deployment(first, None) == 2
    Change.objects.update(accepted_at=Now() - timedelta(minutes=40), polls=20)
    assert pause_of_deployment(Change.objects.get(pk=first.pk), None) == 60
