"""Endpoints and models that others change or delete in Azure, and deployments that are stuck."""

import json
import re
import uuid
from datetime import datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from endpoints.models import Change, Endpoint, Event, Resource, SpeechModel, Status
from endpoints.models.event import Verb
from endpoints.models.status import ChangeState
from tests.changes.requests import later, reference, request_create, request_model
from tests.conftest import fitting
from tests.faults.invariants import all_endpoints, posts
from tests.pages.wizard import Wizard


def test_an_endpoint_deleted_in_the_portal_keeps_its_row_and_is_not_made_again(alice, endpoint, world, worker):
    world.call("DELETE", f"/endpoints/{endpoint.remote_id}")
    worker.mirror()
    worker.run_round()
    endpoint.refresh_from_db()
    assert endpoint.gone_at
    assert not Endpoint.objects.present().exists()
    gone = Event.objects.get(endpoint_id=endpoint.pk, verb=Verb.VANISHED)
    assert gone.actor_id is None
    assert alice.get(endpoint.get_absolute_url()).status_code == 200
    assert posts(world) == []
    assert all_endpoints(world) == []


def gone_while(when, alice, endpoint, other, world, worker):
    """A change that is open when somebody deletes its endpoint elsewhere."""
    change = request_model(alice, endpoint, other)
    if when.startswith("its answer was lost"):
        stage = when.rpartition(" ")[2]
        world.fail({"method": "PATCH", "path": "/endpoints/", "stage": stage, "effect": {"close": True}})
    if when != "it waited":
        worker.step(change)
    if when == "it was sent":
        # The last refresh still found the endpoint.
        Change.objects.filter(pk=change.pk).update(state=ChangeState.QUEUED, attempt=0, sent_at=None)
        worker.mirror()
        remote = world.call("GET", f"/endpoints/{endpoint.remote_id}")
        before = {**remote, "status": "Succeeded", "model": reference(world, endpoint.model)["model"]}
        world.fail({"method": "GET", "path": endpoint.remote_id, "times": 1, "effect": {"body": before}})
    world.call("DELETE", f"/endpoints/{endpoint.remote_id}")
    return change


WHEN = ["it waited", "it was sent", "it was deployed", "its answer was lost before", "its answer was lost after"]


@pytest.mark.parametrize("redeploy", ["running", "old"], indirect=True)
@pytest.mark.parametrize("when", WHEN)
def test_an_open_change_of_an_endpoint_deleted_elsewhere_needs_a_decision(
    alice, bob, endpoint, other, world, worker, when
):
    change = gone_while(when, alice, endpoint, other, world, worker)
    for _look in range(3):
        worker.step(change)
    assert change.state == ChangeState.UNDECIDED
    assert change.error == "The endpoint was deleted in Azure."
    assert Event.objects.filter(endpoint_id=endpoint.pk, verb=Verb.VANISHED).count() == 1
    assert Event.objects.get(change_id=change.pk, verb=Verb.UNDECIDED).detail == change.error
    assert posts(world) == []

    page = alice.get(endpoint.get_absolute_url()).content.decode()
    assert "Needs a decision" in page
    assert [word for word in ("Deploy again", "Abandon", "Try again") if word in page] == ["Deploy again", "Abandon"]
    assert "Abandon" not in bob.get(endpoint.get_absolute_url()).content.decode()


def test_a_change_that_waits_for_its_time_needs_a_decision_as_soon_as_its_endpoint_is_gone(
    alice, endpoint, other, world, worker
):
    change = request_model(alice, endpoint, other, at=timezone.now() + timedelta(hours=8))
    world.call("DELETE", f"/endpoints/{endpoint.remote_id}")
    for _round in range(2):
        worker.mirror()
    change.refresh_from_db()
    assert (change.state, change.attempt, change.due_at) == (ChangeState.UNDECIDED, 0, None)
    assert Event.objects.filter(change_id=change.pk, verb=Verb.UNDECIDED).count() == 1


def test_deploying_again_what_was_deleted_elsewhere_makes_a_new_endpoint(alice, endpoint, other, world, worker):
    change = request_model(alice, endpoint, other)
    world.call("DELETE", f"/endpoints/{endpoint.remote_id}")
    worker.step(change)
    page = alice.get(endpoint.get_absolute_url()).content.decode()
    again = re.search(r'href="([^"]+)">Deploy again<', page)[1]
    wizard = Wizard(alice)
    wizard.page = alice.get(again, follow=True)
    assert wizard.step == "review"
    wizard.press("add")
    worker.run_round()
    (made,) = all_endpoints(world)
    assert made["displayName"] == f"Copy of {endpoint.display_name}"
    change.refresh_from_db()
    assert (change.state, change.error) == (ChangeState.FAILED, "A new endpoint was requested instead.")
    assert Event.objects.get(change_id=change.pk, verb=Verb.GAVE_UP).actor_id == alice.user.pk
    page = alice.get(endpoint.get_absolute_url()).content.decode()
    assert "Needs a decision" not in page
    assert change.error in page
    assert "Deploy again" in page


def test_a_change_still_needs_a_decision_when_the_endpoint_exists_after_all_or_a_copy_is_made(
    alice, endpoint, other, world, worker
):
    change = request_model(alice, endpoint, other)
    effect = {"status": 404, "body": {"code": "NotFound", "message": "The endpoint does not exist."}}
    world.fail({"method": "GET", "path": endpoint.remote_id, "times": 1, "effect": effect})
    worker.step(change)
    again = f"{reverse('endpoints:new')}?clone={endpoint.pk}"
    begun = [alice.get(again, follow=True)]
    worker.mirror()
    begun.append(alice.get(again, follow=True))
    for page in begun:
        wizard = Wizard(alice)
        wizard.page = page
        wizard.press("add")
    change.refresh_from_db()
    assert change.state == ChangeState.UNDECIDED
    assert Change.objects.filter(kind="create").count() == 2


def test_a_change_that_needed_a_decision_goes_on_when_the_endpoint_exists_after_all(
    alice, endpoint, other, world, worker
):
    change = request_model(alice, endpoint, other)
    missing = {"code": "NotFound", "message": "The endpoint does not exist."}
    effect = {"status": 404, "body": missing}
    world.fail({"method": "GET", "path": endpoint.remote_id, "times": 1, "effect": effect})
    worker.step(change)
    assert change.state == ChangeState.UNDECIDED
    worker.mirror()
    assert "Try again" in alice.get(endpoint.get_absolute_url()).content.decode()
    alice.post(reverse("endpoints:change-decide", args=[change.pk]), {"decision": "again"})
    worker.step(change)
    world.advance(3600)
    worker.step(change)
    assert change.state == ChangeState.DONE
    assert len(world.ledger("PATCH")) == 1


def test_a_model_deleted_between_the_wizards_steps_marks_the_field_and_keeps_what_was_typed(
    alice, model, world, worker
):
    wizard = Wizard(alice).to_details(model).press("next", name="Support calls", description="EU hotline")
    assert wizard.step == "review"
    world.call("DELETE", f"/models/{model.remote_id}")
    Resource.objects.update(cataloged_at=None)
    worker.mirror()
    wizard.press("add")
    assert wizard.page.status_code == 422
    assert wizard.step == "model"
    assert "Deleted in Azure" in wizard.text
    assert not Change.objects.exists()
    another = SpeechModel.objects.deployable().filter(locale="en-US").exclude(pk=model.pk).first()
    assert "EU hotline" in wizard.press("next", model=str(another.pk)).text


@pytest.mark.parametrize("mirrored_meanwhile", [False, True])
def test_a_model_deleted_before_the_request_is_sent_refuses_it_in_words(
    alice, model, world, worker, mirrored_meanwhile
):
    change = request_create(alice, model)
    world.call("DELETE", f"/models/{model.remote_id}")
    if mirrored_meanwhile:
        Resource.objects.update(cataloged_at=None)
        worker.mirror()
    worker.step(change)
    assert change.state == ChangeState.REFUSED
    assert "model" in change.error.lower()
    row = Endpoint.objects.get()
    assert row.shown_status.value == Status.FAILED
    assert row.shown_status.detail == change.error
    assert all_endpoints(world) == []


def test_a_model_that_expires_before_the_request_is_sent_refuses_it_in_words(alice, model, world, worker):
    change = request_create(alice, model)
    world.advance(timedelta(days=4000).total_seconds())
    worker.step(change)
    assert change.state == ChangeState.REFUSED
    assert change.error
    assert all_endpoints(world) == []
    world.begin(rate_limit="0/0")


def test_a_page_opened_before_a_change_in_the_portal_does_not_overwrite_it(alice, endpoint, other, world, worker):
    page = reverse("endpoints:change-model", args=[endpoint.pk])
    seen = alice.get(page).context["form"].initial["seen"]
    portal = fitting(endpoint).exclude(pk=other.pk)[0]
    world.call("PATCH", f"/endpoints/{endpoint.remote_id}", reference(world, portal))
    world.advance(3600)
    worker.mirror()

    form = {"key": str(uuid.uuid4()), "model": str(other.pk), "reason": "Numbers", "seen": json.dumps(seen)}
    answer = alice.post(page, form)
    assert answer.status_code == 409
    assert portal.display_name in answer.content.decode()
    assert not Change.objects.exists()
    assert len(world.ledger("PATCH")) == 1
    endpoint.refresh_from_db()
    assert endpoint.model == portal
    assert Event.objects.filter(endpoint_id=endpoint.pk, verb=Verb.CHANGED_OUTSIDE).count() == 1


@pytest.mark.parametrize("redeploy", ["running"], indirect=True)
@pytest.mark.parametrize("running", [False, True], ids=["deployed", "still running"])
def test_a_change_in_the_portal_that_no_refresh_has_seen_is_not_overwritten_either(
    alice, endpoint, other, world, worker, running
):
    change = request_model(alice, endpoint, other)
    portal = fitting(endpoint).exclude(pk=other.pk)[0]
    world.call("PATCH", f"/endpoints/{endpoint.remote_id}", reference(world, portal))
    if running:
        worker.step(change)
        assert change.state == ChangeState.QUEUED
    world.advance(3600)
    worker.step(change)
    assert change.state == ChangeState.REFUSED
    assert "changed outside this app" in change.error
    assert len(world.ledger("PATCH")) == 1
    endpoint.refresh_from_db()
    assert endpoint.model == portal


def test_a_name_changed_in_the_portal_survives_a_change_of_model(alice, endpoint, other, world, worker):
    change = request_model(alice, endpoint, other)
    world.call("PATCH", f"/endpoints/{endpoint.remote_id}", {"displayName": "Renamed in the portal"})
    worker.step(change)
    world.advance(3600)
    worker.step(change)
    assert change.state == ChangeState.DONE
    endpoint.refresh_from_db()
    assert (endpoint.display_name, endpoint.model) == ("Renamed in the portal", other)


def says(world, endpoint, *statuses):
    """The service returns these statuses, one for each poll."""
    remote = world.call("GET", f"/endpoints/{endpoint.remote_id}")
    begun = datetime.fromisoformat(remote["lastActionDateTime"])
    faults = []
    for n, status in enumerate(statuses):
        at = begun + timedelta(seconds=n)
        body = {**remote, "status": status, "lastActionDateTime": f"{at:%Y-%m-%dT%H:%M:%SZ}"}
        faults.append({"method": "GET", "path": f"/endpoints/{endpoint.remote_id}", "effect": {"body": body}})
    world.fail(*faults)


@pytest.mark.parametrize("redeploy", ["running", "old"], indirect=True)
def test_a_status_that_flaps_is_shown_as_it_is_and_recorded_once(alice, endpoint, other, world, worker):
    change = worker.step(request_model(alice, endpoint, other))
    flapping = [Status.RUNNING, Status.NOT_STARTED, Status.RUNNING]
    says(world, endpoint, *flapping)
    for status in flapping:
        worker.step(change)
        endpoint = Endpoint.objects.get()
        assert (change.state, endpoint.status) == (ChangeState.DEPLOYING, status)
        assert endpoint.shown_status.value == status
    world.advance(3600)
    worker.step(change)
    assert change.state == ChangeState.DONE
    assert Event.objects.filter(change_id=change.pk, verb=Verb.DEPLOYED).count() == 1


def test_what_fails_after_it_has_succeeded_is_shown_as_failed_and_keeps_its_history(
    alice, endpoint, other, world, worker
):
    change = worker.step(request_model(alice, endpoint, other))
    world.advance(3600)
    worker.step(change)
    assert change.state == ChangeState.DONE
    remote = world.call("GET", f"/endpoints/{endpoint.remote_id}")
    failed = {**remote, "status": "Failed", "lastActionDateTime": f"{timezone.now() + timedelta(days=1):%FT%TZ}"}
    failed["properties"] = {**remote["properties"], "error": {"code": "InternalServerError", "message": "It is lost."}}
    world.fail({"method": "GET", "path": "/endpoints$", "effect": {"body": {"values": [failed]}}})
    worker.mirror()
    row = Endpoint.objects.get()
    assert (row.shown_status.value, row.shown_status.detail) == (Status.FAILED, "It is lost.")
    change.refresh_from_db()
    assert change.state == ChangeState.DONE
    assert Event.objects.filter(change_id=change.pk, verb=Verb.DEPLOYED).count() == 1
    Endpoint.objects.update(last_action_at=None)  # so that the final check gets the real status


def test_a_deployment_that_never_ends_needs_a_decision_after_two_hours(alice, world, worker, request):
    world.begin(rate_limit="0/0", deploy_seconds=10_000_000)
    model = request.getfixturevalue("model")
    change = worker.step(request_create(alice, model))
    worker.step(change)
    assert 0 < (change.due_at - timezone.now()).total_seconds() < 61
    world.advance(3 * 3600)
    later(change, hours=3)
    worker.step(change)
    assert (change.state, change.due_at) == (ChangeState.UNDECIDED, None)
    assert "two hours" in change.error
    assert "Needs a decision" in alice.get(reverse("endpoints:list")).content.decode()


def test_a_deployment_that_ends_after_a_decision_was_needed_is_done(alice, model, world, worker):
    change = worker.step(request_create(alice, model))
    later(change, hours=3)
    worker.step(change)
    assert change.state == ChangeState.UNDECIDED
    world.advance(3600)
    worker.mirror()
    change.refresh_from_db()
    assert change.state == ChangeState.DONE
    assert Event.objects.filter(change_id=change.pk, verb=Verb.TOOK_EFFECT).count() == 1
