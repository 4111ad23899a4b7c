"""A redeployment as the service may show it: running, with the old model until it serves, with the new one at once."""

import re
import uuid
from datetime import timedelta

import pytest
from django.db.models import F
from django.db.models.functions import Now
from django.urls import reverse

from endpoints.changes import refusals, submit
from endpoints.models import Change, Endpoint, Event, Status
from endpoints.models.event import Verb
from endpoints.models.status import ChangeKind, ChangeState
from tests.changes.requests import request_model
from tests.conftest import person

UNREPORTED = "The service doesn't report when the new model is in use."
TIMES = ("accepted_at", "progress_at", "unchanged_at")


def redeploys(world, how):
    """The same world again, which shows redeployments in this way (see the README of the simulator)."""
    world.begin(endpoints=1, rate_limit="0/0", switches={"redeploy": how})


def passed(change, **ago):
    """Move what was seen of an accepted change into the past."""
    by = timedelta(**ago)
    Change.objects.filter(pk=change.pk).update(**{name: F(name) - by for name in TIMES})
    change.refresh_from_db()
    return change


def history(person, endpoint):
    return person.get(reverse("endpoints:history", args=[endpoint.pk])).content.decode()


@pytest.fixture(params=["running", "old", "new"])
def how(request, endpoint, world):
    redeploys(world, request.param)
    return request.param


def test_the_change_is_done_when_the_new_model_serves_however_the_service_shows_it(
    alice, endpoint, other, world, worker, how
):
    change = worker.step(request_model(alice, endpoint, other))
    if how == "new":
        assert change.state == ChangeState.DONE
        assert UNREPORTED in history(alice, endpoint)
    else:
        passed(worker.step(change), minutes=20)
        assert worker.step(change).state == ChangeState.DEPLOYING
        world.advance(3600)
        worker.step(change)
        worker.step(change)
        assert change.state == ChangeState.DONE
        assert UNREPORTED not in history(alice, endpoint)
    endpoint.refresh_from_db()
    assert endpoint.model == other
    assert not Event.objects.filter(verb=Verb.CHANGED_OUTSIDE).exists()
    assert len(world.ledger("PATCH")) == 1


def test_a_redeployment_that_shows_the_old_model_for_twenty_minutes_has_not_failed(
    alice, endpoint, other, world, worker
):
    redeploys(world, "old")
    world.stop()
    change = worker.step(request_model(alice, endpoint, other))
    for _minute in range(4):
        passed(change, minutes=5)
        assert worker.step(change).state == ChangeState.DEPLOYING
    passed(change, minutes=15)
    status = Endpoint.objects.for_list().get().shown_status
    assert (status.label, status.value) == ("Taking longer than usual", Status.RUNNING)
    passed(change, hours=2)
    assert worker.step(change).state == ChangeState.UNDECIDED
    assert "still shows the previous model" in history(alice, endpoint)
    world.go()


def test_the_service_went_back_when_it_shows_the_old_model_for_minutes_after_the_deployment_ran(
    alice, endpoint, other, world, worker
):
    redeploys(world, "back")
    change = worker.step(request_model(alice, endpoint, other))
    world.advance(3600)
    assert worker.step(change).state == ChangeState.DEPLOYING
    passed(change, minutes=4)
    assert worker.step(change).state == ChangeState.DEPLOYING
    passed(change, minutes=2)
    worker.step(change)
    assert (change.state, change.due_at) == (ChangeState.FAILED, None)
    assert change.error == "The service reverted to the previous settings."
    assert Event.objects.get(change_id=change.pk, verb=Verb.FAILED).detail == change.error
    assert change.error in history(alice, endpoint)


@pytest.mark.parametrize("verdict", [ChangeState.FAILED, ChangeState.UNDECIDED])
def test_a_verdict_is_corrected_when_the_requested_model_appears_later(alice, endpoint, other, world, worker, verdict):
    redeploys(world, "old")
    change = worker.step(request_model(alice, endpoint, other))
    Change.objects.move(change, verdict, error="Judged too early.")
    world.advance(3600)
    worker.mirror()
    change.refresh_from_db()
    assert (change.state, change.error) == (ChangeState.DONE, "")
    event = Event.objects.get(change_id=change.pk, verb=Verb.TOOK_EFFECT)
    assert event.text.endswith(f"took effect after all: {other.display_name}")
    assert not Event.objects.filter(verb=Verb.CHANGED_OUTSIDE).exists()


def test_a_deployment_that_fails_after_a_decision_was_needed_has_failed(alice, endpoint, other, world, worker):
    change = worker.step(request_model(alice, endpoint, other))
    Change.objects.move(change, ChangeState.UNDECIDED, error="Not complete.", due_at=None)
    failed = world.call("GET", f"/endpoints/{endpoint.remote_id}") | {"status": "Failed"}
    failed["properties"]["error"] = {"code": "Lost", "message": "It is lost."}
    world.fail({"method": "GET", "path": "/endpoints$", "times": 1, "effect": {"body": {"values": [failed]}}})
    worker.mirror()
    change.refresh_from_db()
    assert (change.state, change.error) == (ChangeState.FAILED, "It is lost.")


def test_a_failed_endpoint_is_not_failed_again_by_an_answer_that_still_shows_the_failure(
    alice, endpoint, other, world, worker
):
    Endpoint.objects.update(status=Status.FAILED)
    remote = world.call("GET", f"/endpoints/{endpoint.remote_id}")
    path = rf"/endpoints/{endpoint.remote_id}$"
    before = {**remote, "status": "Failed"}
    change = request_model(alice, Endpoint.objects.get(), other)
    world.fail(
        *({"method": method, "path": path, "times": 2, "effect": {"body": before}} for method in ("GET", "PATCH"))
    )
    worker.step(change)
    worker.step(change)
    assert change.state == ChangeState.DEPLOYING
    world.fail()
    world.advance(3600)
    worker.step(change)
    assert change.state == ChangeState.DONE


@pytest.mark.parametrize("how", ["running", "old"])
def test_an_answer_that_says_nothing_new_changes_nothing_that_pages_show(alice, endpoint, other, world, worker, how):
    redeploys(world, how)
    world.stop()
    change = worker.step(request_model(alice, endpoint, other))
    worker.step(change)
    before = Change.objects.get().updated_at
    worker.step(change)
    assert (change.state, change.updated_at) == (ChangeState.DEPLOYING, before)
    world.go()


def form_of(page):
    return dict(re.findall(r'name="(key|replaces|seen)" value="([^"]*)"', page))


@pytest.fixture
def deploying(alice, endpoint, other, worker, how):
    """A change to `other` that the service has accepted, and has not completed unless it shows that at once."""
    if how == "new":
        pytest.skip("it is done at once")
    return worker.step(request_model(alice, endpoint, other))


def test_go_back_replaces_the_change_that_is_being_deployed(alice, endpoint, other, deploying, world, worker):
    old = deploying.from_model
    html = history(alice, endpoint)
    assert "Going back replaces that change" in html
    form = {**form_of(html[html.index("go-back") :]), "reason": "Wrong numbers"}
    assert alice.post(reverse("endpoints:go-back", args=[endpoint.pk]), form).status_code == 302
    deploying.refresh_from_db()
    assert deploying.state == ChangeState.REPLACED
    back = Change.objects.open().get()
    assert (back.model, back.replaces) == (old, deploying)
    for _step in range(3):
        world.advance(3600)
        passed(worker.step(back), minutes=6)
    worker.step(back)
    assert back.state == ChangeState.DONE
    worker.mirror()
    endpoint.refresh_from_db()
    assert endpoint.model == old
    assert [entry["status"] for entry in world.ledger("PATCH")] == [200, 200]
    assert not Event.objects.filter(verb=Verb.CHANGED_OUTSIDE).exists()
    assert Event.objects.filter(verb=Verb.REPLACED, change_id=deploying.pk).count() == 1


def test_going_back_is_not_done_by_an_answer_that_still_shows_the_old_model(alice, endpoint, other, world, worker):
    """The service had accepted the new model, and shows the old one until the new one serves."""
    redeploys(world, "old")
    first = worker.step(request_model(alice, endpoint, other))
    back = submit.go_back(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, reason="Back", replaces=first.pk)
    worker.step(back)
    assert len(world.ledger("PATCH")) == 2
    assert back.state == ChangeState.DEPLOYING


def test_change_model_replaces_the_change_that_the_page_showed(alice, endpoint, other, deploying):
    third = submit.previous_model(endpoint)
    url = reverse("endpoints:change-model", args=[endpoint.pk])
    page = alice.get(url).content.decode()
    assert f"The model <bdi>{other.display_name}</bdi> is being deployed" in page.replace("\n", "")
    form = {**form_of(page), "model": str(third.pk), "reason": "Better"}
    form["seen"] = "{}"
    assert alice.post(url, form).status_code == 302
    deploying.refresh_from_db()
    assert deploying.state == ChangeState.REPLACED
    assert Change.objects.open().get().model == third


def test_a_change_that_the_page_did_not_show_is_not_replaced(alice, endpoint, other):
    url = reverse("endpoints:change-model", args=[endpoint.pk])
    form = form_of(alice.get(url).content.decode())
    first = request_model(alice, endpoint, other)
    second = person("arthur", "admin")
    answer = second.post(url, {**form, "seen": "{}", "replaces": "", "model": str(other.pk), "reason": "Mine"})
    assert answer.status_code == 409
    assert "replace it by another model" in answer.content.decode()
    first.refresh_from_db()
    assert first.state == ChangeState.QUEUED
    with pytest.raises(refusals.Busy):
        request_model(alice, endpoint, other, replaces=uuid.uuid4())


def test_a_worker_that_is_sending_a_replaced_change_does_not_complete_it(alice, endpoint, other, world, worker):
    change = request_model(alice, endpoint, other)
    Change.objects.move(change, ChangeState.SENDING, attempt=1)
    stale = Change.objects.get(pk=change.pk)
    newer = request_model(alice, endpoint, endpoint.model, replaces=change.pk)
    assert not Change.objects.move(stale, ChangeState.DEPLOYING)
    assert Change.objects.open().get() == newer


FORMS = {
    "change-model": lambda other: {"model": str(other.pk), "reason": "Better"},
    "edit": lambda other: {"name": "Front door 2", "description": "", "reason": ""},
    "delete": lambda other: {"name": "Front door", "reason": "Not needed"},
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("when", ["at once", "later"])
def test_a_form_that_is_sent_again_answers_as_the_first_time(alice, endpoint, other, world, worker, form, when):
    endpoint.display_name = "Front door"
    endpoint.save()
    url = reverse(f"endpoints:{form}", args=[endpoint.pk])
    typed = {**form_of(alice.get(url).content.decode()), "seen": "{}", **FORMS[form](other)}
    first = alice.post(url, typed)
    if when == "later":
        change = worker.step(Change.objects.get())
        world.advance(3600)
        worker.step(change)
    again = alice.post(url, typed)
    assert (again.status_code, again["Location"]) == (302, first["Location"])
    assert Change.objects.count() == 1
    alice.get(again["Location"])  # shows what was said
    other_content = alice.post(url, {**typed, "reason": "Something else"})
    assert other_content.status_code == 409
    assert "already submitted this form with different content" in other_content.content.decode()
    assert "being redeployed" not in other_content.content.decode()
    assert Change.objects.count() == 1


def test_a_form_of_another_endpoint_with_the_same_key_is_refused(alice, endpoint, other, world, worker):
    first = request_model(alice, endpoint, other)
    copied = Endpoint.objects.create(resource=endpoint.resource, remote_id=str(uuid.uuid4()), locale=endpoint.locale)
    form = {"key": str(first.pk), "name": "", "reason": ""}
    answer = alice.post(reverse("endpoints:delete", args=[copied.pk]), form)
    assert answer.status_code == 409
    assert "being deleted" not in answer.content.decode()
    assert Change.objects.count() == 1
    copied.delete()


def fail_as(world, before, times, methods=("GET", "PATCH")):
    path = rf"/endpoints/{before['self'].rpartition('/')[2]}$"
    world.fail(*({"method": method, "path": path, "times": times, "effect": {"body": before}} for method in methods))


def test_the_failure_of_a_deployment_that_ran_before_is_not_that_of_the_change(alice, endpoint, other, world, worker):
    Endpoint.objects.update(status=Status.RUNNING)
    change = request_model(alice, Endpoint.objects.get(), other)
    fail_as(world, world.call("GET", f"/endpoints/{endpoint.remote_id}") | {"status": "Failed"}, times=2)
    worker.step(change)
    assert change.state == ChangeState.DEPLOYING
    world.fail()


def test_an_endpoint_that_does_not_work_can_have_another_description(alice, endpoint, world, worker):
    Endpoint.objects.update(status=Status.FAILED)
    desired = {"description": "New words"}
    change = submit.edit(key=uuid.uuid4(), actor=alice.user, endpoint=Endpoint.objects.get(), desired=desired)
    before = world.call("GET", f"/endpoints/{endpoint.remote_id}") | {"status": "Failed"}
    fail_as(world, before, times=1)
    worker.step(change)
    fail_as(world, before | {"description": "New words"}, times=1, methods=["GET"])
    worker.step(change)
    assert (change.state, change.error) == (ChangeState.DONE, "")


@pytest.mark.parametrize("facts", [{"polls": 7}, {"sent_at": None}], ids=["of an earlier version", "never sent"])
def test_what_is_not_known_of_a_change_is_not_said(alice, endpoint, other, facts):
    done = {"sent_at": Now(), "accepted_at": Now(), "closed_at": Now(), "model": other, **facts}
    Change.objects.create(endpoint=endpoint, kind=ChangeKind.CHANGE_MODEL, state=ChangeState.DONE, **done)
    assert UNREPORTED not in history(alice, endpoint)


def test_compare_and_search_request_nothing_also_after_done(alice, endpoint, other):
    url = reverse("endpoints:change-model", args=[endpoint.pk])
    form = {**form_of(alice.get(url).content.decode()), "seen": "{}", "model": str(other.pk), "reason": "x"}
    assert alice.post(url, form).status_code == 302
    for typed in ({}, {"reason": "y"}):
        assert alice.post(url, {**form, "go": "compare", **typed}).status_code == 200
    assert Change.objects.count() == 1


@pytest.mark.parametrize("form", ["change-model", "edit"])
def test_a_hidden_field_that_is_nested_without_end_is_refused(alice, endpoint, other, form):
    url = reverse(f"endpoints:{form}", args=[endpoint.pk])
    typed = {"key": str(uuid.uuid4()), "seen": "[" * 50_000, **FORMS[form](other)}
    assert alice.post(url, typed).status_code == 422
    assert alice.get(reverse("endpoints:list"), {"page": "W1tb" * 20_000}).status_code == 200
