"""Deploying a model: one request, sent once, polled until the service says how it ended."""

import uuid
from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from endpoints.changes import refusals, submit
from endpoints.changes.backoff import pause_of_deployment
from endpoints.models import Change, Endpoint, Event, Project, Resource, SpeechModel, Status
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
    assert event.text == f"alice requested the deployment of {model} as {event.endpoint_name}"
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
    assert change.error == "The worker stopped while it was sending the request."
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
        assert "couldn't be reached" in change.error
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
    with pytest.raises(refusals.NotPossible, match="Expired"):
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


def test_a_request_for_an_endpoint_is_recorded_with_all_that_was_asked(alice, model):
    project = Project.objects.create(
        resource=model.resource, remote_id=str(uuid.uuid4()), display_name="P", locale="en-US"
    )
    change = ask(alice, model, description="EU hotline", project=project)
    row = Endpoint.objects.get()
    assert (row.display_name, row.description, row.project, row.locale) == (
        "Support calls",
        "EU hotline",
        project,
        "en-US",
    )
    assert (row.model, row.model_name, row.expires_at) == (model, str(model), model.expires_at)
    assert (row.resource, row.remote_id, row.logging_enabled) == (model.resource, None, False)
    assert (change.model, change.desired, change.actor) == (model, {"model": model.remote_id}, alice.user)
    named = (change.endpoint_name, change.resource_name, change.model_name, change.actor_name)
    assert named == ("Support calls", "Contoso", str(model), "alice")
    event = Event.objects.get(change_id=change.pk)
    assert (event.endpoint_id, event.endpoint_name, event.actor_name) == (row.pk, "Support calls", "alice")


def test_only_the_endpoint_that_was_refused_is_shown_as_failed(alice, model, world, worker):
    long_ago = timezone.now() - timedelta(days=1)
    refused, waiting = ask(alice, model), ask(alice, model)
    Endpoint.objects.update(updated_at=long_ago)
    body = {"code": "InvalidRequest", "message": "The quota is used up."}
    world.fail({**POST, "stage": "before", "effect": {"status": 400, "body": body}})
    worker.step(refused)
    row = Endpoint.objects.get(pk=refused.endpoint_id)
    assert (row.status, "quota" in row.error, row.updated_at > long_ago) == (Status.FAILED, True, True)
    row = Endpoint.objects.get(pk=waiting.endpoint_id)
    assert (row.status, row.error, row.updated_at) == ("", "", long_ago)


def test_a_refusal_does_not_change_what_the_service_says_of_an_endpoint(alice, model, world, worker):
    change = ask(alice, model)
    Endpoint.objects.update(remote_id=uuid.uuid4(), status=Status.SUCCEEDED)
    body = {"code": "InvalidRequest", "message": "The quota is used up."}
    world.fail({**POST, "stage": "before", "effect": {"status": 400, "body": body}})
    assert worker.step(change).state == ChangeState.REFUSED
    assert Endpoint.objects.get().status == Status.SUCCEEDED


def test_how_a_deployment_ended_is_recorded_with_the_model(alice, model, world, worker):
    change = worker.step(ask(alice, model))
    world.advance(3600)
    worker.step(change)
    event = Event.objects.get(change_id=change.pk, verb="deployed")
    assert (event.facts, event.endpoint_id, event.actor_name) == ({"model": str(model)}, change.endpoint_id, "")


@pytest.mark.parametrize("order", [1, -1])
def test_of_several_endpoints_that_one_request_made_the_oldest_is_adopted(alice, model, world, worker, order):
    change = ask(alice, model)
    world.fail({**POST, "stage": "after", "effect": {"close": True}})
    assert worker.step(change).state == ChangeState.UNKNOWN
    (made,) = world.call("GET", "/endpoints")["values"]
    newer = made | {"createdDateTime": f"{timezone.now() + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"}
    undated = {name: value for name, value in made.items() if name != "createdDateTime"}
    listed = [newer | {"self": made["self"][:-4] + "0001"}, made, undated | {"self": made["self"][:-4] + "0002"}]
    world.fail({"method": "GET", "path": "/endpoints", "times": 1, "effect": {"body": {"values": listed[::order]}}})
    worker.step(change)
    assert made["self"].endswith(Endpoint.objects.get().remote_id)
    assert (change.state, change.error) == (ChangeState.DEPLOYING, "")


def test_an_answer_names_the_endpoint_of_its_own_request_only(alice, model, world, worker):
    first, second = ask(alice, model), ask(alice, model)
    worker.step(first)
    assert Endpoint.objects.get(pk=first.endpoint_id).remote_id is not None
    assert Endpoint.objects.get(pk=second.endpoint_id).remote_id is None
    worker.step(second)
    assert Endpoint.objects.exclude(remote_id=None).count() == 2


def test_each_attempt_begins_from_the_start(alice, model, world, worker):
    change = ask(alice, model)
    long_ago = timezone.now() - timedelta(days=1)
    Change.objects.update(attempt=1, lost_answers=1, empty_listings=2, polls=9, sent_at=long_ago, error="Lost.")
    change.refresh_from_db()
    world.fail({**POST, "stage": "before", "effect": {"close": True}})
    worker.step(change)
    assert (change.state, change.attempt, change.lost_answers, change.empty_listings) == (ChangeState.UNKNOWN, 2, 2, 0)
    assert change.sent_at > long_ago
    assert "lost" in change.error
    Change.objects.update(state=ChangeState.QUEUED, error="Lost.")
    change.refresh_from_db()
    worker.step(change)
    assert (change.state, change.attempt, change.error) == (ChangeState.DEPLOYING, 3, "")
    assert change.accepted_at > long_ago
    assert change.polls == 1


@pytest.mark.parametrize(("lost_answers", "state"), [(1, ChangeState.QUEUED), (3, ChangeState.UNDECIDED)])
def test_what_never_arrived_is_due_at_once_or_never(alice, model, worker, lost_answers, state):
    change = ask(alice, model)
    long_ago = timezone.now() - timedelta(days=1)
    Change.objects.update(
        state=ChangeState.UNKNOWN, lost_answers=lost_answers, empty_listings=1, sent_at=long_ago, attempt=lost_answers
    )
    change.refresh_from_db()
    worker.step(change)
    assert (change.state, change.empty_listings) == (state, 2)
    assert Change.objects.due().exists() == (state == ChangeState.QUEUED)


@pytest.mark.parametrize("kind", ["edit", "change-model"])
def test_an_endpoint_of_whose_failure_we_do_not_know_yet_can_be_renamed(alice, mirrored, world, worker, kind):
    failed = worker.step(ask(alice, SpeechModel.objects.get(display_name__icontains="broken")))
    world.advance(3600)
    endpoint = worker.step(failed).endpoint
    Endpoint.objects.update(status=Status.SUCCEEDED)
    change = submit.edit(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, desired={"display_name": "Once more"})
    Change.objects.update(kind=kind)
    expected = ChangeState.DONE if kind == "edit" else ChangeState.FAILED
    assert worker.step(change).state == expected


def test_an_answer_without_our_mark_still_names_the_endpoint_that_was_asked_for(alice, model, world, worker):
    change = ask(alice, model)
    number = uuid.uuid4()
    now = f"{timezone.now():%Y-%m-%dT%H:%M:%SZ}"
    address = f"{world.url}/speechtotext/v3.2"
    body = {
        "self": f"{address}/endpoints/{number}",
        "model": {"self": f"{address}/models/{model.remote_id}"},
        "displayName": "Support calls",
        "locale": "en-US",
        "status": "NotStarted",
        "createdDateTime": now,
        "lastActionDateTime": now,
    }
    world.fail({**POST, "stage": "before", "effect": {"status": 201, "body": body}})
    assert worker.step(change).state == ChangeState.DEPLOYING
    assert Endpoint.objects.get().remote_id == str(number)


def test_what_the_service_answers_is_shown_at_once(alice, model, world, worker):
    change = worker.step(ask(alice, model))
    row = Endpoint.objects.get()
    assert (row.status, row.mark) == (Status.NOT_STARTED, str(change.pk))
    remote = world.call("GET", f"/endpoints/{row.remote_id}")
    assert f"{row.last_action_at:%Y-%m-%dT%H:%M:%SZ}" == remote["lastActionDateTime"]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ({"code": "OutOfCapacity", "message": "Too few servers."}, "Too few servers."),
        (None, "The service didn't give a reason."),
    ],
)
def test_a_deployment_that_fails_has_the_reason_that_the_service_gave(alice, model, world, worker, error, reason):
    change = worker.step(ask(alice, model))
    (remote,) = world.call("GET", "/endpoints")["values"]
    failed = {
        **remote,
        "status": "Failed",
        "properties": {**remote["properties"], **({"error": error} if error else {})},
    }
    address = f"/endpoints/{Endpoint.objects.get().remote_id}$"
    world.fail({"method": "GET", "path": address, "times": 1, "effect": {"body": failed}})
    worker.step(change)
    assert (change.state, change.error) == (ChangeState.FAILED, reason)
    assert Event.objects.get(change_id=change.pk, verb="failed").detail == reason


@pytest.mark.parametrize(("minutes", "pause"), [(30, 2), (40, 60)])
def test_a_deployment_is_polled_often_for_as_long_as_one_usually_takes(alice, model, minutes, pause):
    change = ask(alice, model)
    Change.objects.update(
        state=ChangeState.DEPLOYING, accepted_at=timezone.now() - timedelta(minutes=minutes), polls=20
    )
    assert pause_of_deployment(Change.objects.get(pk=change.pk), None) == pause
