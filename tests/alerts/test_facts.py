"""What people are alerted to: each fact once, and its end."""

from datetime import timedelta

import pytest
from django.utils import timezone

from endpoints import audit, tasks
from endpoints.access import door
from endpoints.changes import submit
from endpoints.models import (
    Alert,
    AlertChannel,
    AlertWatch,
    Change,
    Endpoint,
    LogArchive,
    LogDay,
    LogEntry,
    LogFile,
    Resource,
)
from endpoints.models.alert import AlertRule
from endpoints.models.status import ChangeState
from endpoints.models.verbs import Verb
from tests.alerts.looking import facts, look

GIB = 1 << 30


def expires(endpoint, *, days):
    at = timezone.now() + timedelta(days=days)
    Endpoint.objects.filter(pk=endpoint.pk).update(expires_at=at)
    return at


def test_each_nearer_day_of_an_expiration_is_told_once(endpoint):
    at = expires(endpoint, days=100)
    for days in (100, 91, 89, 60, 29, 13, 12, 6, 0.5, 0.4):
        now = at - timedelta(days=days)
        look(now)
        look(now + timedelta(minutes=1))
    told = list(Alert.objects.filter(rule=AlertRule.EXPIRES).order_by("at").values_list("facts__days", flat=True))
    assert told == [90, 30, 14, 7, 1]
    assert Alert.objects.lasting().filter(rule=AlertRule.EXPIRES).count() == 1
    assert not Alert.objects.filter(recovered=True).exists()


def test_an_installation_that_starts_late_is_told_of_the_nearest_day_alone(endpoint):
    expires(endpoint, days=5)
    look()
    (alert,) = Alert.objects.filter(rule=AlertRule.EXPIRES)
    assert alert.facts["days"] == 7
    assert endpoint.display_name in alert.text


def test_the_day_itself_is_told_and_a_model_that_expired_long_ago_is_not(endpoint):
    at = expires(endpoint, days=0.5)
    look(at - timedelta(hours=12))
    look(at + timedelta(hours=1))
    assert list(Alert.objects.lasting().values_list("facts__days", flat=True)) == [0]
    look(at + timedelta(days=30))
    assert not Alert.objects.lasting().exists()
    assert Alert.objects.count() == 2


def test_another_model_ends_the_alert_and_that_is_told(endpoint):
    expires(endpoint, days=5)
    look()
    Endpoint.objects.filter(pk=endpoint.pk).update(expires_at=timezone.now() + timedelta(days=400))
    look()
    (alert,) = Alert.objects.filter(rule=AlertRule.EXPIRES)
    assert alert.recovered
    assert alert.text == f"{endpoint.display_name} no longer uses a model that expires soon."


def test_what_finished_is_told_to_whoever_asked_for_it(endpoint, other, alice, bob, worker, world):
    change = submit.change_model(key=endpoint.pk, actor=alice.user, endpoint=endpoint, model=other)
    for _poll in range(10):
        world.advance(600)
        change = worker.step(change)
    assert change.state == "done"
    look()
    look()
    (alert,) = Alert.objects.exclude(rule=AlertRule.EXPIRES)
    assert alert.text == f"Your deployment of {other.display_name} to {endpoint.display_name} finished."
    assert alert in door.alert_news(alice.user)
    assert alert not in door.alerts(bob.user)


@pytest.mark.parametrize(
    ("verb", "rule", "text"),
    [
        (Verb.FAILED, AlertRule.FAILED, "The deployment or change of Hotline failed."),
        (Verb.REFUSED, AlertRule.FAILED, "The deployment or change of Hotline failed."),
        (Verb.CHANGED_OUTSIDE, AlertRule.OUTSIDE, "Hotline was changed outside this app."),
        (Verb.VANISHED, AlertRule.OUTSIDE, "Hotline was deleted outside this app."),
    ],
)
def test_what_happened_is_told_once(endpoint, alice, verb, rule, text):
    endpoint.display_name = "Hotline"
    audit.record(verb, endpoint=endpoint, actor=alice.user, detail="because of Peter")
    for _look in range(3):
        look()
    assert facts(rule) == [text]
    (alert,) = Alert.objects.filter(rule=rule)
    assert "alice" not in str(alert.facts)
    assert "Peter" not in str(alert.facts)


def test_an_event_that_was_committed_late_is_not_missed(endpoint):
    now = timezone.now()
    look(now + timedelta(minutes=2))  # another worker's look, after the event and before its commit
    audit.record(Verb.FAILED, endpoint=endpoint)
    look(now + timedelta(minutes=3))
    assert len(facts(AlertRule.FAILED)) == 1


def test_events_while_no_worker_ran_are_told_when_one_runs_again(endpoint):
    look(timezone.now() - timedelta(days=2))
    audit.record(Verb.FAILED, endpoint=endpoint)
    look()
    assert len(facts(AlertRule.FAILED)) == 1


def test_a_deployment_that_takes_too_long_is_told_and_its_end(endpoint, other, alice):
    change = submit.change_model(key=endpoint.pk, actor=alice.user, endpoint=endpoint, model=other)
    now = timezone.now()
    Change.objects.filter(pk=change.pk).update(state=ChangeState.DEPLOYING, accepted_at=now)
    look(now + timedelta(minutes=20))
    assert facts(AlertRule.STUCK) == []
    look(now + timedelta(minutes=31))
    assert len(facts(AlertRule.STUCK)) == 1
    Change.objects.filter(pk=change.pk).update(state=ChangeState.DONE)
    look(now + timedelta(minutes=32))
    assert facts(AlertRule.STUCK) == [f"The change of {endpoint.display_name} has ended."]


def test_a_change_that_needs_a_decision_is_told_at_once(endpoint, other, alice):
    change = submit.change_model(key=endpoint.pk, actor=alice.user, endpoint=endpoint, model=other)
    Change.objects.filter(pk=change.pk).update(state=ChangeState.UNDECIDED)
    look()
    assert len(facts(AlertRule.STUCK)) == 1


def test_an_outage_is_told_after_five_minutes_once_and_its_end(endpoint):
    resource = endpoint.resource
    began = timezone.now()
    Resource.objects.filter(pk=resource.pk).update(failing_since=began, failure="The key was refused.")
    look(began + timedelta(minutes=4))
    assert facts(AlertRule.UNREACHABLE) == []
    for minutes in (6, 7, 60):
        look(began + timedelta(minutes=minutes))
    assert facts(AlertRule.UNREACHABLE) == ["Speech resource Contoso can't be reached, or refuses its key."]
    Resource.objects.filter(pk=resource.pk).update(failing_since=None)
    look(began + timedelta(hours=2))
    assert facts(AlertRule.UNREACHABLE) == ["Speech resource Contoso is connected again."]
    Resource.objects.filter(pk=resource.pk).update(failing_since=began + timedelta(hours=3))
    look(began + timedelta(hours=4))
    assert Alert.objects.filter(rule=AlertRule.UNREACHABLE).count() == 2


def test_a_web_hook_is_dead_when_it_has_been_so_for_ten_minutes(endpoint):
    Resource.objects.update(hook_enabled=True, hook_status="Refused")
    now = timezone.now()
    for minutes in (0, 5, 9):
        look(now + timedelta(minutes=minutes))
    assert facts(AlertRule.HOOK) == []
    Resource.objects.update(hook_status="Succeeded")
    look(now + timedelta(minutes=11))
    Resource.objects.update(hook_status="Failed")
    look(now + timedelta(minutes=12))
    look(now + timedelta(minutes=21))
    assert facts(AlertRule.HOOK) == []
    look(now + timedelta(minutes=23))
    assert len(facts(AlertRule.HOOK)) == 1


def test_endpoints_that_are_nearly_used_up_are_told_and_room_for_some_ends_it(resource):
    rows = [
        Endpoint(resource=resource, remote_id=f"{number:036d}", display_name=str(number), locale="en-US")
        for number in range(45)
    ]
    Endpoint.objects.bulk_create(rows[:44])
    look()
    assert facts(AlertRule.QUOTA) == []
    rows[44].save(force_insert=True)
    look()
    assert facts(AlertRule.QUOTA) == ["Speech resource Contoso has 45 of 50 endpoints."]
    rows[44].delete()
    look()
    assert Alert.objects.lasting().count() == 1
    Endpoint.objects.filter(pk__in=[row.pk for row in rows[:5]]).update(gone_at=timezone.now())
    look()
    assert facts(AlertRule.QUOTA) == ["Speech resource Contoso has room for endpoints again."]


def test_a_disk_that_is_nearly_full_is_told_and_its_end_only_with_some_room(db):
    for free in (50, 11, 9, 9, 11, 11.9):
        look(disk=(int(free * GIB), 200 * GIB))
    look()  # on a machine where it is not known
    assert facts(AlertRule.DISK) == ["The disk of this app is nearly full: 4% are free."]
    look(disk=(13 * GIB, 200 * GIB))
    assert facts(AlertRule.DISK) == ["The disk of this app has room again."]


@pytest.mark.parametrize("keep", [True, False])
def test_logs_that_are_to_be_saved_and_are_about_to_vanish_or_gone_are_told(endpoint, world, keep):
    archive = LogArchive.objects.of(endpoint)
    archive.keep = keep
    archive.save(update_fields=["keep"])
    entry = LogEntry.objects.create(endpoint=endpoint, key="a", at=timezone.now(), day=timezone.now().date())
    LogFile.objects.create(
        endpoint=endpoint,
        entry=entry,
        remote_id="1",
        name="a.wav",
        kind="Audio",
        created_at=timezone.now() - timedelta(days=28),
    )
    day = (timezone.now() - timedelta(days=2)).date()
    LogDay.objects.add(endpoint, {day: {"seen": 4, "vanished": 3}})
    look()
    look()
    assert [len(facts(rule)) for rule in (AlertRule.LOGS_EXPIRE, AlertRule.LOGS_LOST)] == ([1, 1] if keep else [0, 0])
    LogFile.objects.update(stored_as="a.wav")
    look()
    assert not Alert.objects.lasting().filter(rule=AlertRule.LOGS_EXPIRE).exists()


def test_a_channel_that_fails_is_told_after_some_attempts(alice):
    channel = AlertChannel.objects.create(kind="mail", name="Mine", person=alice.user)
    began = timezone.now()
    AlertChannel.objects.filter(pk=channel.pk).update(failing_since=began)
    look(began + timedelta(minutes=5))
    assert facts(AlertRule.CHANNEL) == []
    look(began + timedelta(minutes=11))
    assert facts(AlertRule.CHANNEL) == ["Alerts can't be delivered to the channel Mine."]


def test_what_is_over_is_kept_for_a_while_and_then_removed(endpoint):
    now = timezone.now()
    audit.record(Verb.FAILED, endpoint=endpoint)
    look(now)
    Alert.objects.update(ended_at=now - timedelta(days=89))
    assert not Alert.objects.old(90).exists()
    Alert.objects.update(ended_at=now - timedelta(days=91))
    assert Alert.objects.old(90).exists()


def test_the_task_looks_when_it_is_due_and_a_second_worker_does_nothing(endpoint):
    audit.record(Verb.FAILED, endpoint=endpoint)
    assert AlertWatch.objects.claim(AlertWatch.objects.ready(), seconds=20)
    tasks.alert()
    assert not Alert.objects.filter(rule=AlertRule.FAILED).exists()
    AlertWatch.objects.update(leased_until=None, lease=None)
    for _message in range(3):
        tasks.alert()
    assert len(facts(AlertRule.FAILED)) == 1
    assert AlertWatch.objects.get().due_at > timezone.now()
