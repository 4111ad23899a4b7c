"""What people ask of addresses: add, move, share, name a standby, describe, delete."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from endpoints.addresses import submit
from endpoints.changes import submit as changes
from endpoints.changes.refusals import KeyTaken, NotPossible
from endpoints.models import Address, AddressChange, Event
from endpoints.models.address import AddressChangeKind, AddressChangeState
from endpoints.models.event import EventKind, Verb
from endpoints.models.event_results import EventResult
from tests.addresses.rows import an_address, an_endpoint, move

TOMORROW = timedelta(days=1)


def again(address):
    """The address as another person's request has read it."""
    return Address.objects.get(pk=address.pk)


def texts():
    return [event.text for event in Event.objects.filter(verb__startswith="address-").order_by("pk")]


def test_an_address_is_added_with_its_history_and_its_event(alice, blue):
    address = an_address(alice, blue, description="The telephone")
    change = address.changes.get()
    assert (address.locale, address.endpoint, address.created_by, address.moved_at) == ("de-DE", blue, "alice", None)
    assert (change.kind, change.state, change.endpoint_name) == (AddressChangeKind.ADDED, "done", "Blue")
    assert texts() == ["alice added the address hotline for Blue"]
    event = Event.objects.get(verb=Verb.ADDRESS_ADDED)
    assert (event.kind, event.result, event.endpoint_id) == (EventKind.ADDRESSES, EventResult.DONE, blue.pk)
    assert " hotline " in event.words


def test_a_name_belongs_to_one_address(alice, bob, hotline, green):
    with pytest.raises(NotPossible, match="Another address has this name"):
        an_address(bob, green)
    assert again(hotline).endpoint.display_name == "Blue"
    assert Event.objects.filter(verb=Verb.ADDRESS_ADDED).count() == 1


def test_the_same_key_adds_one_address(alice, bob, blue):
    key = uuid.uuid4()
    first = an_address(alice, blue, key=key)
    assert an_address(alice, blue, key=key) == first
    assert an_address(alice, blue, "another", key=key) == first
    with pytest.raises(KeyTaken):
        an_address(bob, blue, key=key)
    assert texts() == ["alice added the address hotline for Blue"]


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"gone_at": timezone.now()}, "doesn't exist"),
        ({"remote_id": None}, "isn't deployed yet"),
        ({"status": "Failed"}, "deployment has failed"),
        ({"locale": "en-US"}, "another locale"),
    ],
)
def test_an_address_is_not_moved_to_where_programs_get_no_answer(alice, hotline, fabrikam, facts, why):
    where = an_endpoint("Red", fabrikam, **facts)
    with pytest.raises(NotPossible, match=why):
        move(alice, hotline, where)
    with pytest.raises(NotPossible, match=why):
        submit.share(actor=alice.user, address=hotline, second=where, percent=10)
    with pytest.raises(NotPossible, match=why):
        submit.set_standby(actor=alice.user, address=hotline, standby=where)
    address = again(hotline)
    assert (address.endpoint.display_name, address.second, address.standby) == ("Blue", None, None)
    assert AddressChange.objects.count() == 1


def test_nothing_leads_to_an_endpoint_of_a_resource_that_is_being_removed(alice, hotline, green, fabrikam):
    fabrikam.removing_at = timezone.now()
    fabrikam.save(update_fields=["removing_at"])
    with pytest.raises(NotPossible, match="doesn't exist"):
        move(alice, hotline, green)


def test_a_move_takes_effect_at_once(alice, hotline, blue, green):
    change = move(alice, hotline, green, reason="New model")
    address = again(hotline)
    assert (address.endpoint, address.moved_by) == (green, "alice")
    assert address.moved_at is not None
    assert (change.state, change.from_endpoint, change.from_model_name) == ("done", blue, "Model of Blue")
    assert hotline.endpoint == green
    event = Event.objects.get(verb=Verb.ADDRESS_MOVED)
    assert (event.text, event.detail) == ("alice moved the address hotline from Blue to Green", "New model")


def test_the_same_key_moves_once(alice, bob, hotline, blue, green):
    key = uuid.uuid4()
    first = move(alice, hotline, green, key=key)
    move(alice, hotline, blue)
    assert move(alice, hotline, green, key=key) == first
    assert again(hotline).endpoint == blue
    with pytest.raises(KeyTaken):
        move(bob, hotline, green, key=key)
    with pytest.raises(KeyTaken):
        move(alice, an_address(alice, blue, "other"), green, key=key)


def test_of_two_people_who_move_it_at_the_same_moment_the_second_is_told(alice, bob, hotline, blue, green, fabrikam):
    red = an_endpoint("Red", fabrikam)
    of_alice, of_bob = again(hotline), again(hotline)
    move(alice, of_alice, green, seen=blue.pk)
    with pytest.raises(NotPossible, match="has been moved since"):
        move(bob, of_bob, red, seen=blue.pk)
    assert again(hotline).endpoint == green
    assert AddressChange.objects.filter(kind=AddressChangeKind.MOVED).count() == 1


def test_a_move_to_where_it_leads_already_is_refused(alice, hotline, blue):
    with pytest.raises(NotPossible, match="already"):
        move(alice, hotline, blue)


def test_a_move_to_the_second_endpoint_ends_the_share(alice, hotline, green):
    submit.share(actor=alice.user, address=hotline, second=green, percent=20)
    move(alice, hotline, green)
    address = again(hotline)
    assert (address.endpoint, address.second, address.share) == (green, None, 0)


def test_a_move_elsewhere_keeps_the_share_and_the_standby(alice, hotline, green, fabrikam):
    red, gray = an_endpoint("Red", fabrikam), an_endpoint("Gray", fabrikam)
    submit.share(actor=alice.user, address=hotline, second=green, percent=20)
    submit.set_standby(actor=alice.user, address=hotline, standby=gray, stands_in=True)
    move(alice, hotline, red)
    address = again(hotline)
    assert (address.endpoint, address.second, address.share) == (red, green, 20)
    assert (address.standby, address.stands_in) == (gray, True)
    move(alice, hotline, gray)
    address = again(hotline)
    assert (address.endpoint, address.standby, address.stands_in) == (gray, None, False)


def test_one_move_waits_at_a_time(alice, bob, hotline, blue, green):
    at = timezone.now() + TOMORROW
    change = move(alice, hotline, green, at=at)
    assert (change.state, again(hotline).endpoint) == (AddressChangeState.WAITING, blue)
    with pytest.raises(NotPossible, match="is scheduled"):
        move(bob, hotline, green, at=at)
    assert submit.cancel(change, actor=bob.user)
    assert not submit.cancel(change, actor=bob.user)
    change.refresh_from_db()
    assert (change.state, change.due_at) == (AddressChangeState.CANCELED, None)
    assert move(bob, hotline, green, at=at).is_waiting
    assert texts()[1:3] == [
        "alice scheduled the move of the address hotline from Blue to Green",
        "bob canceled the move of the address hotline to Green",
    ]


def test_a_share_is_given_and_taken_back(alice, hotline, blue, green):
    change = submit.share(actor=alice.user, address=hotline, second=green, percent=20, reason="Canary")
    assert (change.kind, change.share, change.endpoint) == (AddressChangeKind.SHARED, 20, green)
    assert submit.share(actor=alice.user, address=hotline, second=green, percent=20) is None
    assert (again(hotline).second, again(hotline).share) == (green, 20)
    submit.share(actor=alice.user, address=hotline, second=None, percent=0)
    assert (again(hotline).second, again(hotline).share) == (None, 0)
    assert texts()[1:] == [
        "alice sent 20% of the new sessions of the address hotline to Green",
        "alice sent all new sessions of the address hotline to Blue",
    ]


def test_the_second_endpoint_and_the_standby_are_others_than_the_first(alice, hotline, blue, green):
    stale = again(hotline)
    move(alice, hotline, green)
    for ask in (
        lambda: submit.share(actor=alice.user, address=stale, second=green, percent=50),
        lambda: submit.set_standby(actor=alice.user, address=stale, standby=green),
    ):
        with pytest.raises(NotPossible, match="Choose another endpoint"):
            ask()


def test_a_standby_is_named_and_removed(alice, hotline, green):
    submit.set_standby(actor=alice.user, address=hotline, standby=green, stands_in=True)
    assert (again(hotline).standby, again(hotline).stands_in) == (green, True)
    submit.set_standby(actor=alice.user, address=hotline, standby=None, stands_in=True)
    assert (again(hotline).standby, again(hotline).stands_in) == (None, False)
    assert texts()[1:] == [
        "alice made Green the standby of the address hotline",
        "alice removed the standby of the address hotline",
    ]


def test_a_description_is_changed_once(alice, hotline):
    for _press in range(2):
        submit.describe(actor=alice.user, address=hotline, description="The telephone")
    assert again(hotline).description == "The telephone"
    assert texts()[1:] == ["alice changed the description of the address hotline"]


def test_a_deleted_address_is_known_to_activity_alone(alice, bob, hotline, green):
    stale = again(hotline)
    move(alice, hotline, green, at=timezone.now() + TOMORROW)
    assert submit.delete(actor=alice.user, address=hotline, reason="Not used")
    assert not submit.delete(actor=bob.user, address=stale)
    with pytest.raises(NotPossible, match="doesn't exist any more"):
        move(bob, stale, green)
    assert not Address.objects.exists()
    assert not AddressChange.objects.exists()
    assert Event.objects.filter(verb=Verb.ADDRESS_DELETED).count() == 1


def delete(person, endpoint):
    return changes.delete(key=uuid.uuid4(), actor=person.user, endpoint=endpoint)


@pytest.mark.parametrize("role", ["endpoint", "second", "standby"])
def test_an_endpoint_that_an_address_leads_to_is_not_deleted(alice, hotline, green, role):
    if role == "second":
        submit.share(actor=alice.user, address=hotline, second=green, percent=1)
    elif role == "standby":
        submit.set_standby(actor=alice.user, address=hotline, standby=green)
    else:
        move(alice, hotline, green)
    with pytest.raises(NotPossible, match="The address hotline leads to this endpoint"):
        delete(alice, green)
    an_address(alice, green, "fax")
    with pytest.raises(NotPossible, match="The addresses fax, hotline lead to this endpoint"):
        delete(alice, green)


def test_an_endpoint_that_an_address_will_be_moved_to_is_not_deleted(alice, hotline, green):
    change = move(alice, hotline, green, at=timezone.now() + TOMORROW)
    with pytest.raises(NotPossible, match="A move of the address hotline to this endpoint is scheduled"):
        delete(alice, green)
    submit.cancel(change, actor=alice.user)
    assert delete(alice, green).endpoint == green


def test_no_address_leads_to_an_endpoint_that_is_being_deleted(alice, hotline, green):
    delete(alice, green)
    with pytest.raises(NotPossible, match="doesn't exist"):
        move(alice, hotline, green)
