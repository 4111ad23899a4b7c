"""The mirror: our rows become what the service says, and no answer that is older than them puts them back."""

import uuid
from datetime import datetime, timedelta

import pytest

from endpoints import catalogue, connect, deploy
from endpoints.models import Endpoint, Event, SpeechModel
from endpoints.models.change import ChangeState
from endpoints.models.event import Verb

LIST = {"method": "GET", "path": r"/endpoints(\?|$)", "times": 1}


class Meanwhile:
    """A client after whose list of endpoints something happens, before anything of the list is stored."""

    def __init__(self, service, happens):
        self.service, self.happens = service, happens

    def __getattr__(self, name):
        return getattr(self.service, name)

    def list_endpoints(self):
        yield from self.service.list_endpoints()
        self.happens()


def mirror(resource, happens):
    with connect.service(resource) as service:
        catalogue.mirror(resource, Meanwhile(service, happens))


def lists(world, *remotes):
    """The next list of endpoints has these, whatever the service really has."""
    world.fail({**LIST, "effect": {"body": {"values": list(remotes)}}})


def at(remote, **later):
    """The same answer with another time of its last action."""
    moment = datetime.fromisoformat(remote["lastActionDateTime"]) + timedelta(**later)
    return {**remote, "lastActionDateTime": f"{moment:%Y-%m-%dT%H:%M:%SZ}"}


def test_an_older_answer_does_not_overwrite_a_newer_one(alice, endpoint, other, world, worker):
    before = world.call("GET", f"/endpoints/{endpoint.remote_id}")
    change = deploy.change_model(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, model=other)
    worker.step(change)
    world.advance(3600)
    assert worker.step(change).state == ChangeState.DONE
    lists(world, before)
    worker.mirror()
    row = Endpoint.objects.get()
    assert (row.model, row.gone_at) == (other, None)
    assert not Event.objects.filter(verb=Verb.CHANGED_OUTSIDE).exists()


@pytest.mark.parametrize(("later", "shown"), [(-1, "Front"), (0, "Back"), (1, "Back")])
def test_of_two_answers_the_one_with_the_later_action_counts_and_of_two_of_one_time_the_last(
    endpoint, world, worker, later, shown
):
    remote = world.call("GET", f"/endpoints/{endpoint.remote_id}")
    lists(world, {**at(remote, minutes=1), "displayName": "Front"})
    worker.mirror()
    lists(world, at({**remote, "displayName": "Back"}, minutes=1 + later))
    worker.mirror()
    assert Endpoint.objects.get().display_name == shown


def test_an_endpoint_that_is_made_while_the_list_is_read_is_not_taken_for_gone(alice, mirrored, world, worker):
    model = SpeechModel.objects.deployable().filter(kind="custom").exclude(display_name__icontains="broken").first()
    change = deploy.create(key=uuid.uuid4(), actor=alice.user, model=model, display_name="Support calls")
    mirror(mirrored, lambda: worker.step(change))
    row = Endpoint.objects.get()
    assert row.remote_id is not None
    assert row.gone_at is None
    assert not Event.objects.filter(verb=Verb.VANISHED).exists()
    worker.mirror()
    assert Endpoint.objects.present().get() == row


def test_an_endpoint_that_no_list_names_any_more_is_gone_once(endpoint, world, worker):
    world.call("DELETE", f"/endpoints/{endpoint.remote_id}")
    for _round in range(2):
        worker.mirror()
        endpoint.refresh_from_db()
    assert endpoint.gone_at is not None
    assert Event.objects.filter(endpoint=endpoint, verb=Verb.VANISHED).count() == 1


def test_an_endpoint_that_the_service_has_not_made_yet_is_not_taken_for_gone(alice, mirrored, worker):
    model = SpeechModel.objects.deployable().first()
    deploy.create(key=uuid.uuid4(), actor=alice.user, model=model, display_name="Support calls")
    worker.mirror()
    assert Endpoint.objects.present().count() == 1
    assert not Event.objects.filter(verb=Verb.VANISHED).exists()


def test_endpoints_of_another_resource_are_not_taken_for_gone(endpoint, world, worker):
    other = type(endpoint.resource).objects.register(
        name="Fabrikam", region="westus", url=world.url, key="simulated-key", api_version="v3.2"
    )
    theirs = Endpoint.objects.create(resource=other, remote_id=str(uuid.uuid4()), display_name="Theirs", locale="en-US")
    with connect.service(endpoint.resource) as service:
        catalogue.mirror(endpoint.resource, service)
    theirs.refresh_from_db()
    assert theirs.gone_at is None
