"""Moves that wait: for their time, or for the deployment of the endpoint that they lead to."""

import threading
import uuid
from datetime import timedelta
from functools import partial

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from endpoints import tasks
from endpoints.addresses import moving, submit
from endpoints.changes.refusals import NotPossible
from endpoints.models import Address, AddressChange, Endpoint, Event
from endpoints.models.address import AddressChangeState
from endpoints.models.due import work
from endpoints.models.event import Verb
from endpoints.models.event_results import EventResult
from endpoints.models.status import ChangeState
from tests.addresses.rows import a_resource, an_address, an_endpoint, move
from tests.changes.requests import request_create
from tests.conftest import fitting
from tests.faults.concurrently import concurrently, until_the_other_waits

AN_HOUR = timedelta(hours=1)


def later(change):
    AddressChange.objects.filter(pk=change.pk).update(due_at=Now() - AN_HOUR)
    return change


def carried_out(change):
    tasks.move_address(str(change.pk))
    change.refresh_from_db()
    return change


def due():
    rows = next(rows for rows, task in work() if task == "move_address")
    return set(rows.due().values_list("pk", flat=True))


def test_a_scheduled_move_is_carried_out_when_its_time_has_come(alice, hotline, blue, green):
    change = move(alice, hotline, green, at=timezone.now() + AN_HOUR, reason="At night")
    assert not moving.carry_out(str(change.pk))
    assert due() == set()
    later(change)
    assert due() == {change.pk}
    change = carried_out(change)
    hotline.refresh_from_db()
    assert (change.state, change.due_at, hotline.endpoint, hotline.moved_by) == ("done", None, green, "alice")
    event = Event.objects.get(verb=Verb.ADDRESS_MOVED)
    assert (event.text, event.detail) == ("alice moved the address hotline from Blue to Green", "At night")


def test_a_move_is_carried_out_once(alice, hotline, green, blue):
    change = carried_out(later(move(alice, hotline, green, at=timezone.now() + AN_HOUR)))
    hotline.refresh_from_db()
    move(alice, hotline, blue)
    assert not moving.carry_out(str(change.pk))
    assert not moving.carry_out(str(uuid.uuid4()))
    hotline.refresh_from_db()
    assert hotline.endpoint == blue


def test_a_canceled_move_is_not_carried_out(alice, hotline, blue, green):
    change = later(move(alice, hotline, green, at=timezone.now() + AN_HOUR))
    submit.cancel(change, actor=alice.user)
    assert carried_out(change).state == AddressChangeState.CANCELED
    assert Address.objects.get().endpoint == blue


def test_a_move_is_refused_when_somebody_has_moved_the_address_elsewhere(alice, bob, hotline, green, fabrikam):
    red = an_endpoint("Red", fabrikam)
    change = later(move(alice, hotline, green, at=timezone.now() + AN_HOUR))
    move(bob, hotline, red)
    change = carried_out(change)
    assert (change.state, change.error) == ("refused", "The address was moved elsewhere in the meantime.")
    assert Address.objects.get().endpoint == red
    event = Event.objects.get(verb=Verb.ADDRESS_MOVE_REFUSED)
    assert event.text == "The address hotline couldn't be moved to Green"
    assert (event.reason, event.result) == (change.error, EventResult.REFUSED)


def test_a_move_is_refused_when_its_endpoint_has_disappeared_meanwhile(alice, hotline, blue, green):
    change = later(move(alice, hotline, green, at=timezone.now() + AN_HOUR))
    Endpoint.objects.filter(pk=green.pk).delete()
    change = carried_out(change)
    assert (change.state, change.error, change.endpoint_name) == ("refused", moving.GONE, "Green")
    assert Address.objects.get().endpoint == blue
    assert Event.objects.get(verb=Verb.ADDRESS_MOVE_REFUSED).text == "The address hotline couldn't be moved to Green"


def test_an_address_without_an_endpoint_can_be_moved(alice, hotline, green):
    Endpoint.objects.filter(pk=hotline.endpoint_id).delete()
    address = Address.objects.get()
    assert address.endpoint is None
    assert move(alice, address, green).state == "done"
    assert Address.objects.get().endpoint == green


@pytest.fixture
def deployed(alice, endpoint, world, worker):
    """A deployment of another endpoint, requested but not yet carried out, and an address that waits for it."""
    change = request_create(alice, fitting(endpoint).first(), display_name="Next")
    return change, move(alice, an_address(alice, endpoint, "calls"), change.endpoint, after=change)


def test_an_address_moves_when_the_deployment_that_it_waits_for_is_done(alice, deployed, endpoint, world, worker):
    change, waiting = deployed
    assert not moving.carry_out(str(waiting.pk))
    assert due() == set()
    worker.step(change)
    world.advance(3600)
    assert worker.step(change).state == ChangeState.DONE
    assert due() == {waiting.pk}
    assert carried_out(waiting).state == "done"
    assert Address.objects.get().endpoint == change.endpoint


def test_an_address_stays_when_the_deployment_that_it_waits_for_fails(deployed, endpoint, world, worker):
    change, waiting = deployed
    effect = {"status": 400, "body": {"code": "InvalidRequest", "message": "The quota is used up."}}
    world.fail({"method": "POST", "path": "/endpoints$", "times": 1, "stage": "before", "effect": effect})
    assert worker.step(change).state == ChangeState.REFUSED
    waiting = carried_out(waiting)
    assert (waiting.state, waiting.error) == ("refused", moving.NOT_DEPLOYED)
    assert Address.objects.get().endpoint == endpoint


def test_an_address_does_not_wait_for_an_endpoint_of_another_locale(alice, deployed, hotline):
    change, _waiting = deployed
    with pytest.raises(NotPossible, match="another locale"):
        move(alice, hotline, change.endpoint, after=change)


@pytest.mark.django_db(transaction=True)
def test_an_address_is_deleted_while_a_worker_moves_it(alice, monkeypatch):
    fabrikam = a_resource()
    address = an_address(alice, an_endpoint("Blue", fabrikam))
    change = move(alice, address, an_endpoint("Green", fabrikam), at=timezone.now() + timedelta(hours=1))
    AddressChange.objects.filter(pk=change.pk).update(due_at=timezone.now() - timedelta(hours=1))
    refusal, began = moving._refusal, threading.Event()

    def slow(found):
        why = refusal(found)
        began.set()
        until_the_other_waits()
        return why

    monkeypatch.setattr(moving, "_refusal", slow)

    def delete():
        began.wait(timeout=10)
        return submit.delete(actor=alice.user, address=address)

    assert concurrently(partial(moving.carry_out, str(change.pk)), delete) == [True, True]
