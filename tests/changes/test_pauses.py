"""How often a resource is called that tells us to wait, or that does not answer."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from endpoints import tasks
from endpoints.changes import submit
from endpoints.changes.backoff import before_calling
from endpoints.changes.turns import after_slice
from endpoints.models import Change, Download, Endpoint, Resource
from endpoints.models.status import ChangeState
from tests.changes.requests import request_create, request_model


def test_a_post_that_was_answered_by_429_is_looked_for_before_it_is_sent_again(alice, mirrored, world, worker):
    """The service may have carried it out all the same."""
    model = fitting_model(mirrored)
    change = request_create(alice, model)
    answer = {"status": 429, "headers": {"Retry-After": "1"}}
    world.fail({"method": "POST", "path": "/endpoints$", "times": 1, "stage": "after", "effect": answer})
    worker.step(change)
    assert change.state == ChangeState.QUEUED
    assert len(world.ledger("POST")) == 1
    Resource.objects.update(paused_until=None)
    worker.step(change)
    assert change.state == ChangeState.DEPLOYING
    assert len(world.ledger("POST")) == 1
    assert len(world.call("GET", "/endpoints")["values"]) == 1


def fitting_model(resource):
    return resource.models.deployable().filter(locale="en-US").exclude(display_name__icontains="broken").first()


@pytest.mark.parametrize(("asked", "seconds"), [("0", 1), ("-5", 1), ("30", 30), ("99999", 900)])
def test_the_resource_is_left_alone_as_long_as_it_tells_us_to(alice, endpoint, other, world, worker, asked, seconds):
    change = request_model(alice, endpoint, other)
    world.fail({"method": "PATCH", "path": "/", "effect": {"status": 429, "headers": {"Retry-After": asked}}})
    worker.step(change)
    assert seconds / 2 < Resource.objects.get().seconds_of_pause() <= seconds


def test_while_one_request_is_told_to_wait_the_others_of_its_resource_wait_too_and_changes_go_first(
    alice, endpoint, other, world, worker
):
    change = request_model(alice, endpoint, other)
    world.fail({"method": "PATCH", "path": "/", "effect": {"status": 429, "headers": {"Retry-After": "60"}}})
    worker.step(change)
    calls = len(world.ledger())
    resource = Resource.objects.get()
    worker.step(change)
    Resource.objects.update(due_at=Now())
    tasks.mirror(str(resource.pk))
    resource.refresh_from_db()
    assert len(world.ledger()) == calls
    assert timezone.now() < change.due_at < resource.due_at
    assert "Too many requests. Next attempt at" in alice.get(reverse("endpoints:resources")).content.decode()


def test_in_an_outage_the_callers_of_a_resource_take_turns_and_come_back_at_different_times(
    alice, endpoint, other, world
):
    change = request_model(alice, endpoint, other)
    Resource.objects.update(failing_since=timezone.now() - timedelta(minutes=10), tried_at=Now())
    waits = {before_calling(Change.objects.get(pk=change.pk), longest=60) for _call in range(20)}
    assert len(waits) == 20
    assert 15 < min(waits) < max(waits) <= 60
    Resource.objects.update(tried_at=timezone.now() - timedelta(seconds=61))
    assert [before_calling(Change.objects.get(pk=change.pk), longest=60) > 0 for _call in range(3)] == [
        False,
        True,
        True,
    ]


def test_resources_that_fail_share_few_of_the_workers_however_many_they_are(alice, endpoint, other):
    mine = request_model(alice, endpoint, other)
    since = timezone.now() - timedelta(minutes=10)
    elsewhere = [
        Resource.objects.create(name=f"Other {number}", region="westus", hook_token=str(number), failing_since=since)
        for number in range(2)
    ]
    Resource.objects.update(failing_since=since, tried_at=None)
    leased(Resource.objects.filter(pk=elsewhere[0].pk))
    assert before_calling(Change.objects.get(pk=mine.pk), longest=60) == 0
    Resource.objects.update(tried_at=None)
    leased(Resource.objects.filter(pk=elsewhere[1].pk))
    assert before_calling(Change.objects.get(pk=mine.pk), longest=60) > 15
    assert Resource.objects.get(pk=endpoint.resource_id).tried_at is None
    download = Download.objects.create(endpoint=endpoint, actor=alice.user)
    assert before_calling(download, longest=60) == 0
    Resource.objects.filter(pk=elsewhere[1].pk).update(failing_since=None)
    Resource.objects.update(tried_at=None)
    assert before_calling(Change.objects.get(pk=mine.pk), longest=60) == 0


def test_after_an_outage_the_first_answer_lets_all_callers_in(alice, endpoint, other, world, worker):
    Resource.objects.update(failing_since=timezone.now() - timedelta(minutes=10), tried_at=None)
    first = worker.step(request_model(alice, endpoint, other))
    assert first.state == ChangeState.DEPLOYING
    assert Resource.objects.get().failing_since is None
    assert before_calling(Change.objects.get(pk=first.pk), longest=60) == 0


def test_a_deletion_waits_in_the_pause_too(alice, endpoint, world, worker):
    Resource.objects.update(paused_until=timezone.now() + timedelta(minutes=1))
    change = worker.step(submit.delete(key=uuid4(), actor=alice.user, endpoint=endpoint))
    assert change.state == ChangeState.QUEUED
    assert world.ledger("DELETE") == []


def leased(rows):
    rows.update(leased_until=timezone.now() + timedelta(seconds=20), lease=uuid4())


def test_a_resource_takes_few_of_the_workers_and_one_when_it_fails(alice, mirrored, world, worker):
    world.begin(endpoints=6, rate_limit="0/0")
    worker.mirror()
    ask = [
        submit.edit(key=uuid4(), actor=alice.user, endpoint=one, desired={"description": "New"})
        for one in Endpoint.objects.all()
    ]
    mine = Change.objects.get(pk=ask[0].pk)
    leased(Change.objects.filter(pk=ask[1].pk))
    assert before_calling(mine, longest=60) == 0
    Resource.objects.update(failing_since=timezone.now())
    assert before_calling(Change.objects.get(pk=ask[0].pk), longest=60) > 0
    Resource.objects.update(failing_since=None)
    leased(Change.objects.filter(pk__in=[one.pk for one in ask[1:]]))
    assert before_calling(Change.objects.get(pk=ask[0].pk), longest=60) > 0
    elsewhere = Resource.objects.create(name="Other", region="westus", hook_token="x")
    Endpoint.objects.filter(pk=ask[0].endpoint_id).update(resource=elsewhere)
    assert before_calling(Change.objects.get(pk=ask[0].pk), longest=60) == 0


def test_the_long_tasks_of_a_resource_take_turns(alice, endpoint):
    first = Download.objects.create(endpoint=endpoint, actor=alice.user, selection="q=a")
    second = Download.objects.create(endpoint=endpoint, actor=alice.user, selection="q=b")
    assert before_calling(first, longest=60) == 0
    leased(Download.objects.filter(pk=first.pk))
    assert before_calling(second, longest=60) > 0
    assert after_slice(first, 0) > before_calling(second, longest=60)  # the other one is first then
    Download.objects.filter(pk=second.pk).update(due_at=None)
    assert after_slice(first, 0) == 0
    assert after_slice(first, 30) == 30


def test_a_change_does_not_wait_for_the_long_tasks_of_its_resource(alice, endpoint, other):
    leased(Download.objects.filter(pk=Download.objects.create(endpoint=endpoint, actor=alice.user).pk))
    change = request_model(alice, endpoint, other)
    assert before_calling(Change.objects.get(pk=change.pk), longest=60) == 0


def test_a_short_pause_does_not_end_a_long_one(mirrored):
    mirrored.pause(60)
    mirrored.pause(1)
    assert mirrored.seconds_of_pause() > 50


def test_who_has_no_room_does_not_spend_the_turn_of_the_others(alice, endpoint, other):
    change = request_model(alice, endpoint, other)
    beside = Endpoint.objects.create(resource=endpoint.resource, display_name="Line", locale="en-US")
    leased(Change.objects.filter(pk=Change.objects.create(endpoint=beside, kind="edit").pk))
    Resource.objects.update(failing_since=timezone.now() - timedelta(minutes=10), tried_at=None)
    assert 0 < before_calling(Change.objects.get(pk=change.pk), longest=60) <= 2
    assert Resource.objects.get().tried_at is None
