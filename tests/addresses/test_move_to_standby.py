"""Whoever is on call moves an address to its standby: there alone, and only while that is proposed."""

import re
import uuid
from functools import partial

import pytest

from endpoints.addresses.standing_in import move_to_proposed
from endpoints.changes.refusals import KeyTaken, NotPossible
from endpoints.models import Address, Event, Grant, Resource, RoleName
from endpoints.models.address import AddressChangeKind
from endpoints.models.verbs import Verb
from tests.addresses.rows import an_endpoint
from tests.faults.concurrently import concurrently


@pytest.fixture
def address(standing_by):
    return standing_by


def seen(address):
    return Address.objects.for_page().get(pk=address.pk)


@pytest.fixture
def on_call(nemo):
    Grant.objects.create(person=nemo.user, role=RoleName.ON_CALL)
    return nemo


def proposed(person, address):
    """The button of the page, as what it sends and where; None where the page has none."""
    page = person.get(f"/addresses/{address.name}/").content.decode()
    form = re.search(r'id="standby-proposal".*?</form>', page, re.DOTALL)
    if form is None or 'id="to-standby"' not in form[0]:
        return None
    return re.search(r'action="([^"]+)"', form[0])[1], dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[0]))


def test_whoever_is_on_call_moves_it_by_one_press_while_that_is_proposed(address, endpoint, standby, outage, on_call):
    there, sent = proposed(on_call, address)
    for _press in range(2):
        said = on_call.post(there, sent, follow=True).content.decode()
        assert f"New sessions use {standby.display_name}." in said
    now = seen(address)
    assert (now.endpoint, now.standby, now.stands_in, now.moved_by) == (standby, endpoint, False, "nemo")
    (change,) = address.changes.filter(kind=AddressChangeKind.MOVED)
    assert (change.actor, change.reason) == (on_call.user, "Moved to the standby")
    assert Event.objects.filter(verb=Verb.ADDRESS_MOVED, actor_id=on_call.user.pk).count() == 1


def test_whoever_is_on_call_moves_it_nowhere_else(address, endpoint, standby, outage, on_call, bob):
    there, sent = proposed(on_call, address)
    assert proposed(bob, address) is None
    assert bob.post(there, sent).status_code == 403
    other = an_endpoint("Other", standby.resource, endpoint.locale)
    said = on_call.post(there, {**sent, "endpoint": str(other.pk)}, follow=True).content.decode()
    assert "The move to the standby isn&#x27;t proposed any more." in said
    for at in ("move", "standby", "cancel"):
        assert on_call.post(f"/addresses/{address.name}/{at}/", {**sent, "at": "2999-01-01T00:00"}).status_code == 403
    assert seen(address).endpoint == endpoint


def test_an_address_whose_standby_is_not_proposed_any_more_stays(address, endpoint, standby, outage, on_call):
    there, sent = proposed(on_call, address)
    Resource.objects.filter(pk=endpoint.resource_id).update(failing_since=None, failure="")
    assert proposed(on_call, address) is None
    said = on_call.post(there, sent, follow=True).content.decode()
    assert "The move to the standby isn&#x27;t proposed any more." in said
    assert seen(address).endpoint == endpoint
    assert not Event.objects.filter(verb=Verb.ADDRESS_MOVED).exists()


def test_a_standby_that_the_person_may_not_go_back_to_is_not_found(address, standby, outage, nemo):
    Grant.objects.create(person=nemo.user, role=RoleName.VIEWER)
    Grant.objects.create(person=nemo.user, role=RoleName.ON_CALL, resource=address.endpoint.resource)
    assert proposed(nemo, address) is None
    assert nemo.post(f"/addresses/{address.name}/to-standby/", {"endpoint": str(standby.pk)}).status_code == 404
    assert seen(address).endpoint == address.endpoint


def test_a_request_to_the_standby_is_carried_out_once_by_its_key(address, standby, outage, alice, bob):
    key = uuid.uuid4()
    asked = {"key": key, "address": seen(address), "standby": standby.pk}
    first = move_to_proposed(actor=alice.user, **asked)
    assert move_to_proposed(actor=alice.user, **asked) == first
    with pytest.raises(KeyTaken):
        move_to_proposed(actor=bob.user, **asked)
    with pytest.raises(NotPossible, match="isn't proposed any more"):
        move_to_proposed(actor=alice.user, **{**asked, "key": uuid.uuid4()})
    assert address.changes.filter(kind=AddressChangeKind.MOVED).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_people_at_once_move_it_to_the_standby_once(address, standby, outage, alice, bob):
    def press(person, as_read):
        try:
            return move_to_proposed(key=uuid.uuid4(), actor=person.user, address=as_read, standby=standby.pk).kind
        except NotPossible as error:
            return str(error)

    said = concurrently(*(partial(press, person, seen(address)) for person in (alice, bob)))
    assert said.count("moved") == 1, said
    assert Event.objects.filter(verb=Verb.ADDRESS_MOVED).count() == 1
