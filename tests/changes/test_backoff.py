"""How long a worker waits between two polls, and what it leaves to a person."""

import uuid
from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from endpoints.changes import backoff, submit
from endpoints.mirror import resources
from endpoints.mirror.open_changes import needs_decision
from endpoints.models import Change, Event
from endpoints.models.status import ChangeState


@pytest.fixture
def change(alice, endpoint, other):
    return submit.change_model(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, model=other)


@pytest.fixture
def deploying(change):
    Change.objects.update(state=ChangeState.DEPLOYING, accepted_at=Now())
    change.refresh_from_db()
    return change


def test_without_a_time_of_the_service_each_pause_is_longer_up_to_a_minute(change):
    assert [backoff.pause(change) for _poll in range(8)] == [2, 5, 10, 20, 40, 60, 60, 60]
    assert Change.objects.get().polls == 8


@pytest.mark.parametrize(("asked", "pause"), [(0, 1), (1, 1), (1.5, 1.5), (900, 900), (3600, 900)])
def test_the_service_may_ask_for_a_pause_of_1_second_to_15_minutes(change, asked, pause):
    assert backoff.pause(change, asked) == pause
    assert Change.objects.get().polls == 1


def test_polls_while_a_person_waits_count_for_the_pauses_afterwards(deploying):
    for _poll in range(4):
        assert backoff.pause_of_deployment(deploying, None) == 2
    Change.objects.update(accepted_at=Now() - timedelta(minutes=40))
    assert backoff.pause_of_deployment(deploying, None) == 40


def test_a_time_of_the_service_holds_while_a_person_waits_and_afterwards(deploying):
    assert backoff.pause_of_deployment(deploying, 30) == 30
    Change.objects.update(accepted_at=Now() - timedelta(minutes=40))
    assert backoff.pause_of_deployment(deploying, 30) == 30


def copies(change, count, **facts):
    """More changes, each like this one, that are deploying since now."""
    facts = {"state": ChangeState.DEPLOYING, "accepted_at": timezone.now(), **facts}
    return Change.objects.bulk_create(
        Change(kind=change.kind, desired=change.desired, before=change.before, **facts) for _each in range(count)
    )


def test_another_deployment_that_a_person_waits_for_makes_no_difference_to_an_old_one(deploying):
    copies(deploying, 1)
    Change.objects.filter(pk=deploying.pk).update(accepted_at=Now() - timedelta(minutes=40), polls=20)
    deploying.refresh_from_db()
    assert backoff.pause_of_deployment(deploying, None) == 60


def test_two_deployments_a_second_are_polled_of_each_resource(deploying, endpoint):
    elsewhere = resources.register(
        name="Fabrikam", region="westus", url="http://127.0.0.1:9", key="0" * 32, api_version="v3.2"
    )
    rows = []
    for resource, count in ((endpoint.resource, 9), (elsewhere, 20)):
        for _each in range(count):
            row = type(endpoint).objects.create(resource=resource, display_name="Line", locale="en-US")
            rows.append(row)
            copies(deploying, 1, endpoint=row)
    copies(deploying, 1, endpoint=rows[0], state=ChangeState.DONE)
    assert backoff.pause_of_deployment(deploying, None) == 5


def test_a_resource_that_has_not_failed_is_polled_as_after_a_failure_just_now(mirrored):
    assert backoff.pause_of_failing(mirrored, 60) == 2


@pytest.mark.parametrize(("seconds", "pause"), [(20, 20), (100, 60)])
def test_a_resource_is_polled_after_as_long_as_it_has_been_failing(mirrored, seconds, pause):
    mirrored.failing_since = timezone.now() - timedelta(seconds=seconds)
    assert backoff.pause_of_failing(mirrored, 60) == pytest.approx(pause, abs=1)


def test_what_is_left_to_a_person_says_why_and_is_due_no_more(change):
    needs_decision(change, "It is not known what happened.")
    change.refresh_from_db()
    assert (change.state, change.due_at, change.error) == (
        ChangeState.UNDECIDED,
        None,
        "It is not known what happened.",
    )
    event = Event.objects.get(verb="undecided")
    assert (event.change_id, event.endpoint_id, event.detail) == (change.pk, change.endpoint_id, change.error)


def test_a_change_that_went_on_meanwhile_is_not_left_to_a_person(change):
    Change.objects.update(state=ChangeState.DEPLOYING)
    needs_decision(change, "It is not known what happened.")
    assert Change.objects.get().state == ChangeState.DEPLOYING
    assert not Event.objects.filter(verb="undecided").exists()
