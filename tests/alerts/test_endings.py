"""The end of an alert is told when what it says is over, not when nobody looks for it any more."""

from datetime import timedelta

import pytest
from django.utils import timezone

from endpoints.changes import submit
from endpoints.models import (
    Address,
    Alert,
    AlertChannel,
    Change,
    Endpoint,
    LogArchive,
    LogEntry,
    LogFile,
    Quality,
    Resource,
)
from endpoints.models.alert import AlertRule
from endpoints.models.status import ChangeState, Status
from tests.alerts.looking import facts, look

SPEECH_REACHES = "Speech reaches Hotline again."


@pytest.fixture
def hotline(endpoint):
    Endpoint.objects.filter(pk=endpoint.pk).update(display_name="Hotline", logging_enabled=True, expires_at=None)
    endpoint.refresh_from_db()
    return endpoint


@pytest.fixture
def now():
    return timezone.now()


def recovered():
    return list(Alert.objects.filter(recovered=True).values_list("rule", flat=True))


def lasting():
    return list(Alert.objects.lasting().values_list("rule", flat=True))


def stuck(hotline, other, alice, now):
    change = submit.change_model(key=hotline.pk, actor=alice.user, endpoint=hotline, model=other)
    Change.objects.filter(pk=change.pk).update(state=ChangeState.DEPLOYING, accepted_at=now - timedelta(hours=1))
    return AlertRule.STUCK


def unreachable(_hotline, _other, _alice, now):
    Resource.objects.update(failing_since=now - timedelta(hours=1), failure="No answer")
    return AlertRule.UNREACHABLE


def dead_hook(_hotline, _other, _alice, now):
    Resource.objects.update(hook_enabled=True, hook_status="Failed")
    look(now - timedelta(minutes=30))
    return AlertRule.HOOK


@pytest.mark.parametrize("make", [stuck, unreachable, dead_hook])
def test_a_pause_of_the_resource_neither_ends_an_alert_nor_tells_it_again(make, hotline, other, alice, now):
    rule = make(hotline, other, alice, now)
    look(now)
    Resource.objects.update(paused_at=now)
    look(now + timedelta(minutes=1))
    Resource.objects.update(paused_at=None)
    look(now + timedelta(minutes=2))
    assert (lasting(), recovered()) == ([rule], [])
    assert len(facts(rule)) == 1


@pytest.mark.parametrize("make", [stuck, unreachable, dead_hook])
def test_what_begins_while_the_resource_is_paused_is_not_told(make, hotline, other, alice, now):
    Resource.objects.update(paused_at=now)
    make(hotline, other, alice, now)
    look(now)
    look(now + timedelta(hours=1))
    assert not Alert.objects.exists()


def test_a_web_hook_that_is_turned_off_does_not_work_again(hotline, other, alice, now):
    rule = dead_hook(hotline, other, alice, now)
    look(now)
    assert lasting() == [rule]
    Resource.objects.update(hook_enabled=False)
    look(now + timedelta(minutes=1))
    assert (lasting(), recovered()) == ([], [])


def test_a_resource_that_is_removed_is_not_connected_again(hotline, other, alice, now):
    rule = unreachable(hotline, other, alice, now)
    look(now)
    assert lasting() == [rule]
    Resource.objects.update(removing_at=now)
    look(now + timedelta(minutes=1))
    assert (lasting(), recovered()) == ([], [])


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"logging_enabled": False}, []),
        ({"gone_at": timezone.now()}, []),
        ({}, [AlertRule.SILENT]),
    ],
)
def test_speech_does_not_reach_an_endpoint_again_that_logs_nothing(hotline, now, changed, told):
    Quality.objects.create(endpoint=hotline, last_day=now.date(), silent_days=5)
    look(now)
    Quality.objects.update(silent_days=5 if changed else 0)
    Endpoint.objects.filter(pk=hotline.pk).update(**changed or {"description": "Calls"})
    look(now + timedelta(minutes=1))
    assert (lasting(), recovered()) == ([], told)
    assert facts(AlertRule.SILENT)[0].startswith(SPEECH_REACHES if told else "No speech has reached Hotline")


@pytest.mark.parametrize(("verdict", "told"), [("worse", []), ("better", [AlertRule.QUALITY])])
def test_recognition_is_not_good_again_because_time_has_passed(hotline, now, verdict, told):
    Quality.objects.create(endpoint=hotline, verdict="worse", since=now, before_share=0.1, since_share=0.4)
    look(now)
    assert lasting() == [AlertRule.QUALITY]
    Quality.objects.update(verdict=verdict)
    look(now + timedelta(days=31))
    assert (lasting(), recovered()) == ([], told)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"enabled": False}, []),
        ({"failing_since": None}, []),  # with another address
        ({"failing_since": None, "delivered_at": timezone.now() + timedelta(days=1)}, [AlertRule.CHANNEL]),
    ],
)
def test_a_channel_that_is_off_or_has_delivered_nothing_since_does_not_work_again(alice, now, changed, told):
    since = now - timedelta(minutes=20)
    channel = AlertChannel.objects.create(kind="mail", name="Mine", person=alice.user, failing_since=since)
    look(now)
    assert lasting() == [AlertRule.CHANNEL]
    AlertChannel.objects.filter(pk=channel.pk).update(**changed)
    look(now + timedelta(hours=1))
    assert (lasting(), recovered()) == ([], told)


def test_an_address_whose_trouble_is_another_one_can_not_answer(hotline, now):
    address = Address.objects.create(name="hotline", locale=hotline.locale, endpoint=hotline)
    Resource.objects.update(failing_since=now - timedelta(hours=1), failure="No answer")
    look(now)
    Resource.objects.update(failing_since=None)
    Endpoint.objects.filter(pk=hotline.pk).update(status=Status.FAILED)
    look(now + timedelta(minutes=1))
    assert (lasting(), recovered()) == ([AlertRule.ADDRESS], [AlertRule.UNREACHABLE])
    assert facts(AlertRule.ADDRESS)[-1] == "The address hotline leads to Hotline, whose deployment has failed."
    Endpoint.objects.filter(pk=hotline.pk).update(status=Status.SUCCEEDED)
    look(now + timedelta(minutes=2))
    assert recovered().count(AlertRule.ADDRESS) == 1
    Endpoint.objects.filter(pk=hotline.pk).update(status=Status.FAILED)
    look(now + timedelta(minutes=3))
    address.delete()
    look(now + timedelta(minutes=4))
    assert recovered().count(AlertRule.ADDRESS) == 1


def test_logs_that_are_no_longer_to_be_saved_and_models_of_deleted_endpoints_are_no_news(hotline, now):
    archive = LogArchive.objects.of(hotline)
    LogArchive.objects.filter(pk=archive.pk).update(keep=True)
    entry = LogEntry.objects.create(endpoint=hotline, key="a", at=now, day=now.date())
    created = now - timedelta(days=28)
    LogFile.objects.create(endpoint=hotline, entry=entry, remote_id="1", name="a.wav", kind="Audio", created_at=created)
    Endpoint.objects.filter(pk=hotline.pk).update(expires_at=now + timedelta(days=5))
    look(now)
    assert set(lasting()) == {AlertRule.LOGS_EXPIRE, AlertRule.EXPIRES}
    LogArchive.objects.filter(pk=archive.pk).update(keep=False)
    Endpoint.objects.filter(pk=hotline.pk).update(gone_at=now)
    look(now + timedelta(minutes=1))
    assert (lasting(), recovered()) == ([], [])
