"""The answer to a POST is lost: by a status, a timeout, a reset, a delay or an invalid body."""

import uuid

import pytest
from django.urls import reverse

from endpoints.models import Change, Endpoint, Event
from endpoints.models.change import MARK
from endpoints.models.event import Verb
from endpoints.models.status import ChangeState
from tests.changes.requests import later, reference, request_create
from tests.faults.invariants import all_endpoints, posts

POST = {"method": "POST", "path": "/endpoints$", "times": 1}


def settled(change, world, worker):
    """Run steps of the change, with the time that it needs, until it is closed."""
    for _listing in range(2):
        worker.step(change)
    if change.state == ChangeState.UNKNOWN:
        later(change, minutes=11)
        worker.step(change)
    if change.state == ChangeState.QUEUED:
        worker.step(change)
    assert change.state == ChangeState.DEPLOYING
    world.advance(3600)
    worker.step(change)
    assert change.state == ChangeState.DONE
    return len(all_endpoints(world))


def test_a_500_when_nothing_was_made_leads_to_exactly_one_endpoint(alice, model, world, worker):
    world.fail({**POST, "stage": "before", "effect": {"status": 500}})
    change = worker.step(request_create(alice, model))
    assert change.state == ChangeState.UNKNOWN
    assert settled(change, world, worker) == 1
    assert [entry["status"] for entry in posts(world)] == [500, 201]


def test_a_500_when_the_endpoint_was_made_is_adopted(alice, model, world, worker):
    world.fail({**POST, "stage": "after", "effect": {"status": 500}})
    change = worker.step(request_create(alice, model))
    assert change.state == ChangeState.UNKNOWN
    worker.step(change)
    assert change.state == ChangeState.DEPLOYING
    assert settled(change, world, worker) == 1
    assert len(posts(world)) == 1


@pytest.mark.parametrize("status", [408, 502, 503, 504])
@pytest.mark.parametrize("stage", ["before", "after"])
def test_every_status_that_leaves_the_outcome_open_leads_to_exactly_one_endpoint(
    alice, model, world, worker, status, stage
):
    world.fail({**POST, "stage": stage, "effect": {"status": status, "body": "<html>Bad gateway</html>"}})
    change = worker.step(request_create(alice, model))
    assert change.state == ChangeState.UNKNOWN
    assert settled(change, world, worker) == 1
    assert len(posts(world)) == (2 if stage == "before" else 1)


@pytest.mark.usefixtures("short_deadline")
def test_a_read_timeout_before_the_service_received_the_request_leads_to_exactly_one_endpoint(
    alice, model, world, worker, proxy
):
    proxy.disturb("swallowed")
    change = worker.step(request_create(alice, model))
    assert change.state == ChangeState.UNKNOWN
    assert "in time" in change.error
    assert posts(world) == []
    assert settled(change, world, worker) == 1
    assert len(posts(world)) == 1


@pytest.mark.usefixtures("short_deadline")
def test_an_endpoint_made_before_a_read_timeout_is_adopted(alice, model, world, worker, proxy):
    proxy.disturb("mute")
    change = worker.step(request_create(alice, model))
    assert change.state == ChangeState.UNKNOWN
    worker.step(change)
    assert change.state == ChangeState.DEPLOYING
    assert settled(change, world, worker) == 1
    assert len(posts(world)) == 1


@pytest.mark.parametrize("at", [0, 0.5])
def test_a_reset_in_the_middle_of_the_request_leads_to_exactly_one_endpoint(alice, model, world, worker, proxy, at):
    proxy.disturb("broken", at)
    change = worker.step(request_create(alice, model))
    assert change.state == ChangeState.UNKNOWN
    assert settled(change, world, worker) == 1
    assert len([entry for entry in posts(world) if entry["effect"]["made"]]) == 1
    assert posts(world)[0]["status"] is None


@pytest.mark.parametrize("at", [0, 0.02, 0.5, 0.95])
def test_an_endpoint_whose_answer_was_cut_off_is_adopted(alice, model, world, worker, proxy, at):
    proxy.disturb("cut", at)
    change = worker.step(request_create(alice, model))
    worker.step(change)
    assert change.state == ChangeState.DEPLOYING
    assert settled(change, world, worker) == 1
    assert len(posts(world)) == 1


@pytest.mark.usefixtures("short_deadline")
def test_a_request_that_is_carried_out_two_minutes_late_is_not_sent_again(alice, model, world, worker, proxy):
    proxy.disturb("held")
    change = worker.step(request_create(alice, model))
    worker.step(change)
    later(change, minutes=2)
    worker.step(change)
    assert change.state == ChangeState.UNKNOWN
    world.advance(120)
    proxy.release()
    worker.step(change)
    assert change.state == ChangeState.DEPLOYING
    assert settled(change, world, worker) == 1
    assert len(posts(world)) == 1


@pytest.mark.usefixtures("short_deadline")
def test_a_request_that_is_carried_out_after_it_was_sent_again_is_shown_as_a_duplicate(
    alice, model, world, worker, proxy
):
    proxy.disturb("held")
    change = worker.step(request_create(alice, model))
    assert settled(change, world, worker) == 1
    proxy.release()
    worker.mirror()

    assert [remote["customProperties"][MARK] for remote in all_endpoints(world)] == [str(change.pk)] * 2
    row = change.endpoint
    row.refresh_from_db()
    double = row.duplicates().get()
    assert "The same request created more than one endpoint" in alice.get(row.get_absolute_url()).content.decode()
    assert double.remote_id in alice.get(row.get_absolute_url()).content.decode()
    assert Event.objects.filter(endpoint_id=double.pk, verb=Verb.FOUND).count() == 1
    worker.run_round()
    assert world.ledger("DELETE") == []

    world.advance(3600)
    worker.mirror()
    form = {"key": str(uuid.uuid4()), "name": double.display_name, "reason": "A duplicate"}
    assert alice.post(reverse("endpoints:delete", args=[double.pk]), form).status_code == 302
    worker.step(Change.objects.get(endpoint=double))
    assert len(all_endpoints(world)) == 1
    assert not row.duplicates().exists()


SPOILED = {
    "no body": {"body": None},
    "no body and no Location": {"body": None, "headers": {"Location": ""}},
    "HTML": {"body": "<html>Welcome to the proxy</html>", "headers": {"Location": ""}},
    "a Location that leads elsewhere": {"body": None, "headers": {"Location": "https://elsewhere.example/endpoints/1"}},
}


@pytest.mark.parametrize("effect", SPOILED.values(), ids=SPOILED)
def test_a_201_that_cannot_be_read_is_adopted(alice, model, world, worker, effect):
    world.fail({**POST, "stage": "after", "effect": effect})
    change = worker.step(request_create(alice, model))
    worker.step(change)
    assert change.state == ChangeState.DEPLOYING
    assert settled(change, world, worker) == 1
    assert len(posts(world)) == 1


@pytest.mark.parametrize("whose", ["nobody", "another"])
def test_a_201_with_a_wrong_id_is_adopted_by_the_right_one(alice, model, world, worker, untracked, whose):
    body = {"displayName": "Somebody else's", "locale": model.locale, **reference(world, model)}
    stranger = world.call("POST", "/endpoints", body)
    untracked.posts = 1  # of another client
    worker.mirror()
    wrong = stranger["self"] if whose == "another" else stranger["self"].rpartition("/")[0] + f"/{uuid.uuid4()}"
    before = len(posts(world))
    world.fail({**POST, "stage": "after", "effect": {"body": {**stranger, "self": wrong}}})
    change = worker.step(request_create(alice, model))
    for _look in range(3):
        worker.step(change)
    world.advance(3600)
    worker.step(change)
    assert change.state == ChangeState.DONE
    assert len(posts(world)) == before + 1
    ours = next(remote for remote in all_endpoints(world) if MARK in remote.get("customProperties", {}))
    assert Endpoint.objects.get(pk=change.endpoint_id).remote_id == ours["self"].rpartition("/")[2]
