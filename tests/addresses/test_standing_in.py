"""An address whose endpoint can't be reached: the standby is proposed, or takes over where a person has allowed it."""

import re
from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from endpoints import tasks
from endpoints.access import door
from endpoints.addresses import standing_in, submit
from endpoints.addresses.standing_in import Trouble, proposal, trouble_of
from endpoints.messages.alerts import text
from endpoints.models import Address, AddressChange, Alert, Endpoint, Event, Resource, Restoration
from endpoints.models.address import AddressChangeKind
from endpoints.models.alert import AlertRule
from endpoints.models.status import Status
from endpoints.models.verbs import Verb
from tests.alerts.looking import facts, look
from tests.faults.concurrently import concurrently
from tests.pages.reading import text_of


@pytest.fixture
def address(standing_by):
    return standing_by


def seen(address):
    return Address.objects.for_page().get(pk=address.pk)


def moved(address):
    return address.changes.filter(kind=AddressChangeKind.STOOD_IN).count()


def test_the_standby_is_proposed_after_ten_minutes_of_failing(address, endpoint, standby, world, worker):
    address.stands_in = False
    address.save(update_fields=["stands_in"])
    world.fail({"times": None, "effect": {"close": True}})
    worker.mirror()
    world.fail()
    Resource.objects.filter(pk=standby.resource_id).update(failing_since=None, mirrored_at=timezone.now())
    began = Resource.objects.get(pk=endpoint.resource_id).failing_since
    assert proposal(seen(address), began + timedelta(minutes=9)) is None
    assert trouble_of(seen(address), began + timedelta(minutes=10)) == Trouble.UNREACHABLE
    assert proposal(seen(address), began + timedelta(minutes=10)) == standby
    standing_in.stand_in(began + timedelta(hours=5))
    assert seen(address).endpoint == endpoint


def test_an_address_moves_by_itself_where_a_person_has_allowed_it(address, endpoint, standby, outage):
    assert standing_in.stand_in(outage + timedelta(minutes=9)) == []
    tasks.stand_in()
    now = seen(address)
    assert (now.endpoint, now.standby, now.stands_in, now.moved_by) == (standby, endpoint, False, "")
    (change,) = address.changes.filter(kind=AddressChangeKind.STOOD_IN)
    assert (change.endpoint, change.from_endpoint, change.actor_name) == (standby, endpoint, "")
    (event,) = Event.objects.filter(verb=Verb.ADDRESS_STOOD_IN)
    assert event.actor_name == ""
    assert event.text == (
        f"The address hotline moved to its standby {standby.display_name} because {endpoint.display_name} "
        "couldn't be reached"
    )


def test_it_never_moves_back_by_itself(address, endpoint, standby, outage):
    tasks.stand_in()
    Resource.objects.filter(pk=endpoint.resource_id).update(failing_since=None, mirrored_at=timezone.now())
    tasks.stand_in()
    assert seen(address).endpoint == standby
    Resource.objects.filter(pk=standby.resource_id).update(failing_since=outage)
    tasks.stand_in()
    assert seen(address).endpoint == standby
    assert moved(address) == 1
    assert proposal(seen(address)) == endpoint  # by one press


def test_a_person_who_allows_it_again_lets_it_move_again(address, endpoint, standby, outage, alice):
    tasks.stand_in()
    submit.set_standby(actor=alice.user, address=seen(address), standby=endpoint, stands_in=True)
    Resource.objects.filter(pk=endpoint.resource_id).update(failing_since=None, mirrored_at=timezone.now())
    Resource.objects.filter(pk=standby.resource_id).update(failing_since=outage)
    tasks.stand_in()
    assert (seen(address).endpoint, moved(address)) == (endpoint, 2)


def test_a_move_to_the_standby_by_hand_leaves_the_way_back(address, endpoint, standby, outage, alice):
    submit.move(key=endpoint.pk, actor=alice.user, address=seen(address), endpoint=standby)
    now = seen(address)
    assert (now.endpoint, now.standby, now.stands_in) == (standby, endpoint, False)


def test_a_move_to_the_standby_of_an_endpoint_that_answers_leaves_none(address, endpoint, standby, alice):
    submit.move(key=endpoint.pk, actor=alice.user, address=seen(address), endpoint=standby)
    now = seen(address)
    assert (now.endpoint, now.standby, now.stands_in) == (standby, None, False)


@pytest.mark.parametrize(
    ("whose", "how"),
    [
        ("first", {"paused_at": "now"}),
        ("first", {"failing_since": None}),
        ("second", {"failing_since": "now"}),
        ("second", {"paused_at": "now"}),
        ("second", {"removing_at": "now"}),
        ("second", {"mirrored_at": "before"}),
        ("second", {"mirrored_at": None}),
    ],
)
def test_nothing_moves_unless_only_the_first_resource_fails(address, endpoint, standby, outage, whose, how):
    times = {"now": timezone.now(), "before": outage - timedelta(minutes=1), None: None}
    pk = endpoint.resource_id if whose == "first" else standby.resource_id
    Resource.objects.filter(pk=pk).update(**{name: times[when] for name, when in how.items()})
    assert standing_in.stand_in() == []
    assert proposal(seen(address)) is None
    assert not Event.objects.filter(verb=Verb.ADDRESS_STOOD_IN).exists()


@pytest.mark.parametrize("how", [{"gone_at": timezone.now()}, {"status": Status.FAILED}, {"remote_id": None}])
def test_a_standby_that_cannot_answer_takes_nothing(address, standby, outage, how):
    Endpoint.objects.filter(pk=standby.pk).update(**how)
    assert standing_in.stand_in() == []
    assert seen(address).endpoint_id == address.endpoint_id


def test_while_nothing_can_be_reached_from_here_nothing_moves(address, world, worker):
    world.fail({"times": None, "effect": {"status": 401}})
    worker.mirror()
    began = Resource.objects.earliest("failing_since").failing_since
    assert standing_in.stand_in(began + timedelta(hours=1)) == []
    assert moved(address) == 0


def test_a_standby_that_is_polled_rarely_is_asked_at_once_when_the_first_resource_fails(
    address, standby, outage, worker
):
    an_hour = timezone.now() + timedelta(hours=1)
    facts = {"mirrored_at": outage - timedelta(minutes=5), "due_at": an_hour}
    Resource.objects.filter(pk=standby.resource_id).update(**facts)
    tasks.stand_in()
    assert Resource.objects.due().filter(pk=standby.resource_id).exists()
    assert moved(address) == 0
    tasks.mirror(str(standby.resource_id))
    tasks.stand_in()
    assert moved(address) == 1


def test_a_person_who_changes_the_address_meanwhile_is_not_overruled(address, outage, alice):
    as_read = seen(address)
    submit.set_standby(actor=alice.user, address=seen(address), standby=as_read.standby, stands_in=False)
    assert standing_in.move_to_standby(as_read) is False
    assert moved(address) == 0


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_move_it_once(address, outage):
    first, second = seen(address), seen(address)
    moves = (partial(standing_in.move_to_standby, as_read) for as_read in (first, second))
    assert sorted(concurrently(*moves)) == [False, True]
    assert Event.objects.filter(verb=Verb.ADDRESS_STOOD_IN).count() == moved(address) == 1


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_move_it_once(address, outage):
    assert concurrently(tasks.stand_in, tasks.stand_in) == [None, None]
    assert Event.objects.filter(verb=Verb.ADDRESS_STOOD_IN).count() == moved(address) == 1


def test_until_the_old_installation_is_off_nothing_moves(address, outage):
    Restoration.objects.create(backup_at=timezone.now(), version="0")
    tasks.stand_in()
    assert moved(address) == 0


def test_people_are_alerted_once_and_told_where_it_can_move(address, endpoint, standby, outage, alice, bob, nemo):
    address.stands_in = False
    address.save(update_fields=["stands_in"])
    for minute in (9, 10, 11, 12):
        look(outage + timedelta(minutes=minute))
    assert facts(AlertRule.ADDRESS) == [
        f"The address hotline leads to {endpoint.display_name}, whose Speech resource hasn't answered for 10 minutes. "
        f"Move it to its standby {standby.display_name}."
    ]
    (alert,) = Alert.objects.filter(rule=AlertRule.ADDRESS)
    assert (alert.level, alert.rule_label) == ("danger", "An address leads to an endpoint that can't answer")
    assert [alert in door.alerts(person.user) for person in (alice, bob, nemo)] == [True, True, False]
    submit.move(key=endpoint.pk, actor=alice.user, address=seen(address), endpoint=standby)
    look(outage + timedelta(minutes=13))
    assert facts(AlertRule.ADDRESS) == ["The address hotline leads to an endpoint that can answer."]


def test_its_page_proposes_the_move_and_one_press_makes_it(address, endpoint, standby, outage, alice, bob):
    page = f"/addresses/{address.name}/"
    assert f"The standby {standby.display_name} can take over." in text_of(bob.get(page))
    assert 'id="to-standby"' not in bob.get(page).content.decode()
    form = re.search(r'id="standby-proposal".*?</form>', alice.get(page).content.decode(), re.DOTALL)[0]
    action = re.search(r'action="([^"]+)"', form)[1]
    assert alice.post(action, dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))).status_code == 302
    assert seen(address).endpoint == standby
    assert "standby-proposal" not in alice.get(page).content.decode()


def test_its_page_says_why_the_standby_cannot_take_over(address, standby, outage, alice):
    Resource.objects.filter(pk=standby.resource_id).update(paused_at=timezone.now())
    shown = alice.get(f"/addresses/{address.name}/").content.decode()
    assert "Its Speech resource is paused." in shown
    assert 'id="to-standby"' not in shown


def test_a_message_about_it_leads_to_its_page(address, outage):
    look()
    alert = Alert.objects.get(rule=AlertRule.ADDRESS)
    told = text.message("1", [(alert, False)], "https://studio.example")
    assert told.lines[0].url == "https://studio.example/addresses/hotline/"


def test_people_are_told_that_an_address_moved_by_itself(address, endpoint, standby, outage):
    tasks.stand_in()
    look()
    look()
    assert facts(AlertRule.STOOD_IN) == [
        f"The address hotline moved to its standby {standby.display_name} by itself because {endpoint.display_name} "
        "couldn't be reached."
    ]
    assert facts(AlertRule.ADDRESS) == []


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"gone_at": timezone.now()}, "which doesn't exist any more."),
        ({"status": Status.FAILED}, "whose deployment has failed."),
    ],
)
def test_people_are_alerted_when_the_endpoint_is_gone_or_failed(address, endpoint, standby, how, says):
    submit.set_standby(actor=None, address=address, standby=None)
    Endpoint.objects.filter(pk=endpoint.pk).update(**how)
    look()
    assert facts(AlertRule.ADDRESS) == [f"The address hotline leads to {endpoint.display_name}, {says}"]


def test_people_are_alerted_when_an_address_has_no_endpoint_any_more(address, endpoint, standby, bob):
    Address.objects.update(endpoint=None)
    look()
    assert facts(AlertRule.ADDRESS) == [
        f"The address hotline leads to no endpoint: programs can't connect. Move it to its standby "
        f"{standby.display_name}."
    ]
    assert Alert.objects.get(rule=AlertRule.ADDRESS) in door.alerts(bob.user)
    assert proposal(seen(address)) == standby
    assert standing_in.stand_in() == []  # only what can't be reached is left by itself
    assert AddressChange.objects.filter(kind=AddressChangeKind.STOOD_IN).count() == 0
