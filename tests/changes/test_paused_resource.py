"""While a person has paused a Speech resource, no request is sent to it; what was requested waits and goes on later."""

import pytest
from django.utils import timezone

from endpoints import hints, tasks
from endpoints.mirror.resource_states import pause_resource, resume_resource
from endpoints.models import ConnectionCheck, Download, Event, LogArchive, Purge, Resource
from endpoints.models.event import Verb
from endpoints.models.status import ChangeState
from tests.changes.requests import request_model
from tests.pages.reading import text_of

REASON = "The key is rotated on Monday."


@pytest.fixture
def paused(alice, endpoint):
    pause_resource(endpoint.resource, actor=alice.user, reason=REASON)
    return Resource.objects.get()


def all_work(alice, endpoint, other):
    """A row of each kind of work with the resource; as (task, row)."""
    archive = LogArchive.objects.of(endpoint)
    purge = Purge.objects.create(endpoint=endpoint, actor=alice.user, until=timezone.now().date())
    return [
        ("step", request_model(alice, endpoint, other)),
        ("fetch", Download.objects.create(endpoint=endpoint, actor=alice.user)),
        ("collect", archive),
        ("purge", purge),
        ("mirror", endpoint.resource),
        ("check_connection", ConnectionCheck.objects.create(resource=endpoint.resource)),
    ]


def due(row):
    type(row).objects.filter(pk=row.pk).update(due_at=timezone.now())


def test_no_task_sends_a_request_to_a_paused_resource(alice, endpoint, other, world, paused):
    before = len(world.ledger())
    for task, row in all_work(alice, endpoint, other):
        due(row)
        getattr(tasks, task)(str(row.pk))
        row.refresh_from_db()
        assert row.due_at is not None, task
        assert row.lease is None, task
    assert len(world.ledger()) == before


def test_a_sweep_announces_nothing_of_a_paused_resource(alice, endpoint, other, paused, monkeypatch):
    sent = []
    monkeypatch.setattr(hints, "send", lambda task, pk: sent.append((task, str(pk))))
    work = all_work(alice, endpoint, other)
    for _task, row in work:
        due(row)
    tasks.sweep()
    assert sent == []
    resume_resource(paused, actor=alice.user)
    tasks.sweep()
    assert set(sent) == {(task, str(row.pk)) for task, row in work}


def test_a_change_waits_says_why_and_is_sent_once_the_resource_is_resumed(alice, bob, endpoint, other, worker, paused):
    change = request_model(alice, endpoint, other)
    worker.step(change)
    page = text_of(bob.get(endpoint.get_absolute_url()))
    assert "Waiting: the Speech resource has been paused by alice since" in page
    assert change.state == ChangeState.QUEUED
    resume_resource(paused, actor=alice.user)
    assert worker.step(change).state != ChangeState.QUEUED
    assert "is paused by" not in text_of(bob.get(endpoint.get_absolute_url()))


def test_pausing_and_resuming_are_recorded_with_the_person_and_the_reason(alice, endpoint, paused):
    assert not pause_resource(paused, actor=alice.user, reason="Once more")
    resume_resource(paused, actor=alice.user)
    assert not resume_resource(paused, actor=alice.user)
    events = Event.objects.filter(verb__in=(Verb.RESOURCE_PAUSED, Verb.RESOURCE_RESUMED))
    assert [(one.verb, one.actor_name, one.detail) for one in events] == [
        (Verb.RESOURCE_RESUMED, "alice", ""),
        (Verb.RESOURCE_PAUSED, "alice", REASON),
    ]
