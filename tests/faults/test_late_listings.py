"""A list of endpoints that was read before a change was done, and is stored after it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from endpoints import azure
from endpoints.azure.listing import Listing
from endpoints.changes import submit
from endpoints.mirror.endpoints import store_endpoint
from endpoints.mirror.local_rows import LocalRows
from endpoints.mirror.refresh import refresh
from endpoints.models import Endpoint, Event
from endpoints.models.claim import database_now
from endpoints.models.event import Verb
from endpoints.models.status import ChangeState
from tests.changes.requests import request_create, request_model
from tests.conftest import KEY
from tests.network import HERE

FALSE = (Verb.CHANGED_OUTSIDE, Verb.VANISHED, Verb.FOUND)


class Late(azure.SpeechClient):
    """The answer with the list of endpoints arrives after `meanwhile`."""

    meanwhile: Callable[[], Any]

    def list_endpoints(self, *args: Any, **how: Any) -> Any:
        listing = super().list_endpoints(*args, **how)
        held = list(listing)
        self.meanwhile()
        return Listing(iter(held), listing.unreadable)


@pytest.fixture
def refreshed_late(resource, world):
    """Refresh the resource from a list that was read before `meanwhile`."""

    def run(meanwhile):
        with Late(world.url, KEY, network=HERE) as service:
            service.meanwhile = meanwhile
            refresh(resource, service)

    return run


def false_events():
    return list(Event.objects.filter(verb__in=FALSE).values_list("verb", flat=True))


def done(worker, world, change):
    worker.step(change)
    world.advance(3600)
    worker.step(change)
    worker.step(change)
    assert change.state == ChangeState.DONE


def test_an_edit_is_not_undone(alice, endpoint, world, worker, refreshed_late):
    desired = {"display_name": "Renamed", "description": "New"}
    change = submit.edit(key=uuid4(), actor=alice.user, endpoint=endpoint, desired=desired)
    refreshed_late(lambda: done(worker, world, change))
    endpoint.refresh_from_db()
    assert (endpoint.display_name, endpoint.description) == ("Renamed", "New")
    worker.mirror()
    endpoint.refresh_from_db()
    assert endpoint.display_name == "Renamed"
    assert false_events() == []


def test_a_change_of_the_model_is_not_undone(alice, endpoint, other, world, worker, refreshed_late):
    change = request_model(alice, endpoint, other)
    refreshed_late(lambda: done(worker, world, change))
    endpoint.refresh_from_db()
    assert endpoint.model == other
    assert false_events() == []


def test_a_deleted_endpoint_does_not_come_back(alice, endpoint, world, worker, refreshed_late):
    change = submit.delete(key=uuid4(), actor=alice.user, endpoint=endpoint)
    refreshed_late(lambda: worker.step(change))
    endpoint.refresh_from_db()
    assert endpoint.gone_at is not None
    assert false_events() == []


def test_a_new_endpoint_is_not_marked_as_gone(alice, model, world, worker, refreshed_late):
    change = request_create(alice, model)
    refreshed_late(lambda: worker.step(change))
    assert Endpoint.objects.get().gone_at is None
    assert false_events() == []


def test_an_endpoint_whose_id_becomes_known_while_the_list_is_stored_has_one_row(alice, model, resource, world, worker):
    change = request_create(alice, model)
    local, began = LocalRows(resource), database_now()
    assert local.endpoints == {}
    worker.step(change)
    with azure.SpeechClient(world.url, KEY, network=HERE) as service:
        (remote,) = service.list_endpoints()
    store_endpoint(resource, remote, began=began, local=local)
    assert Endpoint.objects.get().remote_id == remote.id
    assert false_events() == []


def test_a_change_that_is_just_being_sent_is_not_undone_by_an_older_list(
    alice, endpoint, other, world, worker, refreshed_late
):
    """Also when the worker is killed before it can store the answer."""
    world.fail({"method": "PATCH", "path": "/endpoints/", "times": 1, "stage": "after", "effect": {"close": True}})
    change = request_model(alice, endpoint, other)
    refreshed_late(lambda: worker.step(change))
    assert change.state == ChangeState.UNKNOWN
    assert false_events() == []


def test_an_outside_change_is_recorded_by_the_next_list(alice, endpoint, world, worker, refreshed_late):
    change = submit.edit(key=uuid4(), actor=alice.user, endpoint=endpoint, desired={"display_name": "Renamed"})

    def also_outside():
        done(worker, world, change)
        world.call("PATCH", f"/endpoints/{endpoint.remote_id}", {"displayName": "By the portal"})

    refreshed_late(also_outside)
    assert false_events() == []
    worker.mirror()
    assert false_events() == [Verb.CHANGED_OUTSIDE]
    endpoint.refresh_from_db()
    assert endpoint.display_name == "By the portal"


def test_a_clock_that_was_set_back_costs_no_more_than_one_listing(endpoint, world, worker):
    Endpoint.objects.update(confirmed_at=timezone.now() + timedelta(hours=1))
    world.call("PATCH", f"/endpoints/{endpoint.remote_id}", {"description": "By the portal"})
    worker.mirror()
    assert Endpoint.objects.get().description == "By the portal"
    Endpoint.objects.update(confirmed_at=timezone.now() + timedelta(hours=1))
    world.call("DELETE", f"/endpoints/{endpoint.remote_id}")
    worker.mirror()
    assert not Endpoint.objects.present().exists()
