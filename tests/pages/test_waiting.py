"""What the endpoint's page says of a change that waits: why, and when it is tried or checked again."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.utils import timezone

from endpoints.models import Change, Resource
from endpoints.models.status import ChangeState
from tests.changes.requests import reference, request_create, request_model
from tests.conftest import fitting

TOO_MANY = {"status": 429, "headers": {"Retry-After": "60"}}
AGAIN = re.compile(r'<p class="caption">([^<]*(?:Next|Nächste)[^<]*)</p>')


def page_of(person, change, **more):
    return unescape(person.get(change.endpoint.get_absolute_url(), **more).content.decode())


def waits(person, change, **more):
    """What the page says of it with a time, in which TIME stands for when the change is due; empty without a time."""
    change.refresh_from_db()
    found = AGAIN.search(page_of(person, change, **more))
    return found[1].replace(f"{timezone.localtime(change.due_at):%H:%M:%S %Z}", "TIME") if found else ""


@pytest.fixture
def change(alice, endpoint, other):
    return request_model(alice, endpoint, other)


def test_a_change_that_was_told_to_wait_says_until_when(alice, change, world, worker):
    world.fail({"method": "PATCH", "path": "/", "effect": TOO_MANY})
    worker.step(change)
    assert waits(alice, change) == "The service received too many requests. Next attempt at TIME."
    german = {"headers": {"Accept-Language": "de"}}
    assert waits(alice, change, **german) == "Der Dienst hat zu viele Anfragen erhalten. Nächster Versuch um TIME."


def test_a_change_that_waits_because_another_request_was_told_to_says_so(alice, change, worker):
    Resource.objects.get().pause(60)
    worker.step(change)
    assert change.error == ""
    assert waits(alice, change) == "The service received too many requests. Next attempt at TIME."


def test_a_change_that_failed_to_be_sent_says_when_it_is_tried_again(alice, change, world, worker):
    world.fail({"method": "GET", "path": "/endpoints/", "times": None, "effect": {"status": 503}})
    worker.step(change)
    assert re.fullmatch(r"The service failed \(503\).* Next attempt at TIME\.", waits(alice, change))


def test_a_change_that_waits_in_an_outage_says_that_the_resource_is_unreachable(alice, change, worker):
    Resource.objects.update(failing_since=timezone.now() - timedelta(minutes=10), tried_at=timezone.now())
    worker.step(change)
    assert waits(alice, change) == "The Speech resource is unreachable. Next attempt at TIME."


def test_a_change_that_waits_for_another_deployment_says_when_it_is_tried_again(alice, change, world, worker):
    third = next(model for model in fitting(change.endpoint) if model not in (change.model, change.endpoint.model))
    world.stop()
    world.call("PATCH", f"/endpoints/{change.endpoint.remote_id}", reference(world, third))
    worker.step(change)
    assert (
        waits(alice, change) == "The request will be sent when the current deployment finishes. Next attempt at TIME."
    )


def test_a_change_whose_answer_was_lost_says_when_it_is_looked_for_again(alice, mirrored, world, worker):
    model = mirrored.models.deployable().filter(locale="en-US").exclude(display_name__icontains="broken").first()
    change = request_create(alice, model)
    world.fail({"method": "POST", "path": "/endpoints$", "stage": "before", "effect": {"close": True}})
    worker.step(change)
    assert worker.step(change).state == ChangeState.UNKNOWN
    assert waits(alice, change).endswith("Next check at TIME.")


def test_a_deployment_that_cannot_be_checked_says_when_it_is_checked_again(alice, change, world, worker):
    world.stop()
    assert worker.step(change).state == ChangeState.DEPLOYING
    assert waits(alice, change) == ""
    world.fail({"method": "GET", "path": "/endpoints/", "times": None, "effect": {"status": 503}})
    worker.step(change)
    assert re.fullmatch(r"The service failed \(503\).* Next check at TIME\.", waits(alice, change))


def test_a_change_that_a_worker_is_about_to_send_or_that_is_scheduled_has_no_such_time(alice, endpoint, other):
    change = request_model(alice, endpoint, other, at=timezone.now() + timedelta(days=1))
    Resource.objects.get().pause(60)
    assert "Scheduled for" in page_of(alice, change)
    assert waits(alice, change) == ""
    Change.objects.update(scheduled_for=None, due_at=timezone.now())
    assert waits(alice, change) == ""


def test_a_change_that_waits_for_a_person_keeps_its_reason_and_has_no_time(alice, change):
    Change.objects.update(state=ChangeState.UNDECIDED, error="The endpoint was deleted in Azure.")
    Resource.objects.get().pause(60)
    assert waits(alice, change) == ""
    assert "The endpoint was deleted in Azure." in page_of(alice, change)


def test_a_wait_is_news_to_an_open_page_and_a_poll_of_a_deployment_is_not(alice, change, world, worker):
    Change.objects.update(updated_at=timezone.now() - timedelta(hours=1))
    address = re.search(r'hx-get="([^"]+)"', page_of(alice, change))[1]
    Resource.objects.get().pause(60)
    worker.step(change)
    assert alice.get(address, headers={"HX-Request": "true", "HX-Target": "deployment"}).status_code == 200
    Resource.objects.update(paused_until=None)
    world.stop()
    worker.step(change)
    before = Change.objects.get().updated_at
    world.fail({"method": "GET", "path": "/endpoints/", "effect": {"headers": {"Retry-After": "10"}}})
    worker.step(change)
    assert change.due_at > timezone.now() + timedelta(seconds=9)
    assert change.updated_at == before
