"""Addresses in a backup: where they lead, what waits, and the recordings of probes."""

from datetime import timedelta

import pytest
from django.utils import timezone

from endpoints import tasks
from endpoints.addresses import submit
from endpoints.models import Address, AddressChange, Change, Event, Probe, Recording
from endpoints.models.address import AddressChangeState
from endpoints.upkeep.backups import settling
from tests.addresses.rows import a_resource, an_address, an_endpoint, move


@pytest.fixture
def blue(db):
    return an_endpoint("Blue", a_resource("Blue"))


@pytest.fixture
def green(db):
    return an_endpoint("Green", a_resource("Green"))


def settle():
    settling.settle(backup_at=timezone.now(), version="1.0")
    settling.resume()
    for pk in AddressChange.objects.ready().due().values_list("pk", flat=True):
        tasks.move_address(str(pk))


def test_a_move_whose_time_is_over_is_not_done_a_second_time(alice, blue, green):
    address = an_address(alice, blue)
    waiting = move(alice, address, green, at=timezone.now() + timedelta(hours=1))
    before = timezone.now() - timedelta(hours=1)
    AddressChange.objects.filter(pk=waiting.pk).update(scheduled_for=before, due_at=before)
    settle()
    waiting.refresh_from_db()
    assert (waiting.state, Address.objects.get().endpoint) == (AddressChangeState.REFUSED, blue)
    assert waiting.error.startswith("The database was restored from a backup")
    (event,) = Event.objects.filter(verb="address-refused")
    assert event.reason.startswith("The database was restored from a backup")
    assert move(alice, address, green).state == AddressChangeState.DONE


def test_a_move_that_is_scheduled_for_later_is_left_to_its_time(alice, blue, green):
    address = an_address(alice, blue)
    waiting = move(alice, address, green, at=timezone.now() + timedelta(hours=1))
    settle()
    assert AddressChange.objects.get(pk=waiting.pk).is_waiting
    AddressChange.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    tasks.move_address(str(waiting.pk))
    assert Address.objects.get().endpoint == green


@pytest.mark.parametrize(("starts", "state"), [(None, "refused"), (timedelta(hours=1), "waiting")])
def test_a_move_that_waits_for_a_deployment_is_left_to_a_person_once_that_may_be_over(
    alice, blue, green, starts, state
):
    at = starts and timezone.now() + starts
    deployment = Change.objects.create(endpoint=green, kind="change-model", state="queued", scheduled_for=at)
    waiting = move(alice, an_address(alice, blue), green, after=deployment)
    settle()
    assert AddressChange.objects.get(pk=waiting.pk).state == state


def test_addresses_and_recordings_are_in_a_backup(alice, blue, green, back_up, elsewhere, restore):
    address = an_address(alice, blue, description="The hotline")
    submit.set_standby(actor=alice.user, address=address, standby=green, stands_in=True)
    submit.share(actor=alice.user, address=address, second=green, percent=20)
    recording = Recording.of(b"RIFF of a caller", 1.0)
    recording.save()
    Probe.objects.create(endpoint=blue, recording=recording)
    backup = back_up()
    assert b"RIFF of a caller" not in backup.read_bytes()
    with elsewhere():
        restore(backup)
        there = Address.objects.get()
        assert (there.name, there.endpoint, there.second, there.share) == ("hotline", blue, green, 20)
        assert (there.standby, there.stands_in, there.changes.count()) == (green, True, 3)
        assert Probe.objects.get().recording.wav == b"RIFF of a caller"
