"""A 404 says that an endpoint is gone only in the service's own format, not in that of a gateway."""

import uuid
from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from endpoints.changes import submit
from endpoints.models import Change, Endpoint, Event, Resource
from endpoints.models.event import Verb
from endpoints.models.status import ChangeState
from tests.changes.requests import request_model
from tests.faults.foreign_answers import FOREIGN

GOING_ON = (ChangeState.QUEUED, ChangeState.SENDING, ChangeState.UNKNOWN, ChangeState.DEPLOYING)
OWN = {"code": "NotFound", "message": "The endpoint does not exist."}


def not_found(world, endpoint, body, *methods):
    path = f"/endpoints/{endpoint.remote_id}"
    world.fail(
        *({"method": one, "path": path, "times": 50, "effect": {"status": 404, "body": body}} for one in methods)
    )


def delete(alice, endpoint):
    return submit.delete(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, reason="Old")


@pytest.mark.parametrize("body", FOREIGN.values(), ids=FOREIGN)
def test_a_deletion_is_not_done_by_a_404_that_the_service_did_not_write(alice, endpoint, world, worker, body):
    change = delete(alice, endpoint)
    not_found(world, endpoint, body, "DELETE", "GET")
    for _step in range(3):
        worker.step(change)
        assert change.state in GOING_ON
    endpoint.refresh_from_db()
    assert endpoint.gone_at is None
    world.fail()
    for _step in range(2):
        worker.step(change)
    assert change.state == ChangeState.DONE
    assert world.call("GET", "/endpoints")["values"] == []


def test_a_deletion_is_done_by_a_404_of_the_service(alice, endpoint, world, worker):
    not_found(world, endpoint, OWN, "DELETE")
    assert worker.step(delete(alice, endpoint)).state == ChangeState.DONE


@pytest.mark.parametrize("redeploy", ["running", "old"], indirect=True)
@pytest.mark.parametrize("body", FOREIGN.values(), ids=FOREIGN)
def test_a_deployment_goes_on_after_404s_that_the_service_did_not_write(alice, endpoint, other, world, worker, body):
    change = worker.step(request_model(alice, endpoint, other))
    not_found(world, endpoint, body, "GET", "PATCH")
    for _step in range(3):
        worker.step(change)
        assert change.state in GOING_ON
    assert Endpoint.objects.present().exists()
    world.fail()
    world.advance(3600)
    for _step in range(3):
        worker.step(change)
    assert change.state == ChangeState.DONE
    assert not Event.objects.filter(verb=Verb.VANISHED).exists()


@pytest.mark.parametrize("redeploy", ["running", "old"], indirect=True)
def test_a_change_that_a_gateway_answers_with_404_waits_although_the_endpoint_is_there(
    alice, endpoint, other, world, worker
):
    change = request_model(alice, endpoint, other)
    not_found(world, endpoint, FOREIGN["API Management"], "PATCH")
    worker.step(change)
    assert change.state == ChangeState.QUEUED
    world.fail()
    worker.step(change)
    assert change.state == ChangeState.DEPLOYING


@pytest.mark.parametrize("body", FOREIGN.values(), ids=FOREIGN)
def test_absence_for_ten_minutes_together_with_any_404_counts_as_gone(alice, endpoint, world, worker, body):
    change = delete(alice, endpoint)
    world.call("DELETE", f"/endpoints/{endpoint.remote_id}")
    not_found(world, endpoint, body, "DELETE", "GET")
    worker.mirror()
    worker.step(change)
    assert change.state in GOING_ON
    Endpoint.objects.update(gone_at=F("gone_at") - timedelta(minutes=11))
    worker.mirror()
    for _step in range(2):
        worker.step(change)
    assert change.state == ChangeState.DONE


def test_absence_from_one_listing_or_an_unreadable_one_does_not_count(alice, endpoint, world, worker):
    change = delete(alice, endpoint)
    nothing = {"method": "GET", "path": r"/endpoints(\?|$)", "times": 1}
    any_404 = {"path": f"/endpoints/{endpoint.remote_id}", "times": 50, "effect": {"status": 404, "body": ""}}
    world.fail({**nothing, "effect": {"body": {"values": []}}}, any_404)
    worker.mirror()
    Endpoint.objects.update(gone_at=F("gone_at") - timedelta(minutes=11))
    Resource.objects.update(mirrored_at=timezone.now() - timedelta(minutes=11))
    worker.step(change)
    assert change.state in GOING_ON
    world.fail({**nothing, "effect": {"body": {"values": [None]}}}, any_404)
    worker.mirror()
    worker.step(change)
    assert Change.objects.get(pk=change.pk).state in GOING_ON
