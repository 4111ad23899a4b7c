"""Changing the model of an endpoint."""

import re
import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from endpoints.changes import refusals, submit
from endpoints.models import Change, Endpoint, Event, SpeechModel, Status
from endpoints.models.model import ModelKind
from endpoints.models.status import ChangeState
from tests.changes.requests import request_model
from tests.conftest import fitting, person

PATCH = {"method": "PATCH", "path": "/endpoints/", "times": 1}


def test_the_change_is_done_when_the_service_shows_the_new_model(alice, endpoint, other, world, worker):
    logging = endpoint.logging_enabled
    change = worker.step(request_model(alice, endpoint, other, reason="Better on numbers"))
    assert change.state == ChangeState.DEPLOYING
    world.advance(3600)
    worker.step(change)
    assert change.state == ChangeState.DONE
    endpoint.refresh_from_db()
    assert endpoint.model == other
    assert endpoint.logging_enabled == logging
    assert len(world.ledger("PATCH")) == 1


def shows(world, remote, times=1, **differing):
    """The next responses show the endpoint with these values, for example as it was before the change."""
    address = rf"/endpoints/{remote['self'].rpartition('/')[2]}$"
    world.fail({"method": "GET", "path": address, "times": times, "effect": {"body": {**remote, **differing}}})


def accepted(change, **ago):
    """Move the acceptance of a change into the past."""
    Change.objects.filter(pk=change.pk).update(accepted_at=timezone.now() - timedelta(**ago))
    change.refresh_from_db()


def test_a_change_is_not_done_while_the_service_still_shows_the_old_model(alice, endpoint, other, world, worker):
    before = world.call("GET", f"/endpoints/{endpoint.remote_id}")
    assert before["status"] == "Succeeded"
    earlier = submit.edit(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, desired={"description": "Moved"})
    assert worker.step(earlier).state == ChangeState.DONE
    accepted(earlier, hours=1)
    endpoint.refresh_from_db()
    change = worker.step(request_model(alice, endpoint, other))
    shows(world, before)
    worker.step(change)
    assert (change.state, change.closed_at) == (ChangeState.DEPLOYING, None)
    assert change.due_at is not None
    world.advance(3600)
    worker.step(change)
    assert change.state == ChangeState.DONE


def test_a_deployment_that_runs_for_long_has_not_failed(alice, endpoint, other, world, worker):
    world.stop()
    change = worker.step(request_model(alice, endpoint, other))
    accepted(change, minutes=20)
    worker.step(change)
    assert change.state == ChangeState.DEPLOYING
    world.go()


def test_the_row_says_deploying_until_the_service_shows_the_new_model(alice, endpoint, other, worker):
    change = request_model(alice, endpoint, other)
    assert Endpoint.objects.for_list().get().shown_status.value == Status.NOT_STARTED
    worker.step(change)
    assert Endpoint.objects.for_list().get().shown_status.label == "Deploying"
    assert not Endpoint.objects.for_list().get().settled


def test_only_one_change_of_an_endpoint_is_open_at_a_time(alice, endpoint, other):
    first = request_model(alice, endpoint, other)
    with pytest.raises(refusals.Busy) as busy:
        request_model(alice, endpoint, other)
    assert busy.value.change == first
    assert Change.objects.count() == 1


@pytest.mark.parametrize("stage", ["before", "after"])
def test_a_lost_answer_changes_the_model_all_the_same(alice, endpoint, other, world, worker, stage):
    world.fail({**PATCH, "stage": stage, "effect": {"close": True}})
    change = worker.step(request_model(alice, endpoint, other))
    assert change.state == ChangeState.UNKNOWN
    for _step in range(3):
        worker.step(change)
    world.advance(3600)
    worker.step(change)
    assert change.state == ChangeState.DONE
    assert len(world.ledger("PATCH")) == (2 if stage == "before" else 1)


def test_a_model_that_was_changed_elsewhere_meanwhile_is_not_overwritten(alice, endpoint, other, world, worker):
    change = request_model(alice, endpoint, other)
    another = fitting(endpoint).exclude(pk=other.pk)[0]
    kind = "models/base" if another.kind == "base" else "models"
    body = {"model": {"self": f"{world.url}/speechtotext/v3.2/{kind}/{another.remote_id}"}}
    world.call("PATCH", f"/endpoints/{endpoint.remote_id}", body)
    world.advance(3600)
    worker.step(change)
    assert change.state == ChangeState.REFUSED
    assert "outside this app" in change.error
    endpoint.refresh_from_db()
    assert endpoint.model == another


def test_an_endpoint_deleted_in_the_portal_leaves_the_list_and_its_change_needs_a_decision(
    alice, endpoint, other, world, worker
):
    change = request_model(alice, endpoint, other)
    world.call("DELETE", f"/endpoints/{endpoint.remote_id}")
    worker.step(change)
    assert change.state == ChangeState.UNDECIDED
    assert not Endpoint.objects.present().exists()


def page_of(endpoint):
    return reverse("endpoints:change-model", args=[endpoint.pk])


def test_submitting_done_twice_makes_one_change(alice, endpoint, other):
    page = alice.get(page_of(endpoint)).content.decode()
    form = {"key": re.search(r'name="key" value="([^"]+)"', page)[1], "model": str(other.pk), "reason": "Numbers"}
    for _press in range(2):
        assert alice.post(page_of(endpoint), form).status_code == 302
    assert Change.objects.count() == 1


def test_a_reason_is_optional_and_never_filled_in(alice, endpoint, other):
    field = re.search(r'<input[^>]*name="reason"[^>]*>', alice.get(page_of(endpoint)).content.decode())[0]
    assert "value=" not in field
    assert "required" not in field
    form = {"key": str(uuid.uuid4()), "model": str(other.pk), "reason": "  "}
    assert alice.post(page_of(endpoint), form).status_code == 302
    assert Change.objects.get().reason == ""


def test_the_second_person_sees_who_was_first_and_what_they_requested(alice, endpoint, other):
    request_model(alice, endpoint, other)
    second = person("arthur", "admin")
    answer = second.post(page_of(endpoint), {"model": str(other.pk)})
    assert answer.status_code == 409
    assert "alice" in answer.content.decode()
    assert other.display_name in answer.content.decode()
    assert Change.objects.count() == 1


@pytest.mark.parametrize(("which", "error"), [("current", "already uses this model"), ("other locale", "is for")])
def test_a_model_that_does_not_fit_gives_the_fields_error(alice, endpoint, which, error):
    foreign = SpeechModel.objects.deployable().exclude(locale=endpoint.locale).first()
    model = endpoint.model if which == "current" else foreign
    answer = alice.post(page_of(endpoint), {"model": str(model.pk), "reason": "Kept as typed"})
    assert answer.status_code == 422
    assert error in answer.content.decode()
    assert "Kept as typed" in answer.content.decode()


def test_an_unavailable_broker_only_delays_a_change(alice, endpoint, other, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True) as sent:
        form = {"key": str(uuid.uuid4()), "model": str(other.pk), "reason": "Numbers"}
        assert alice.post(page_of(endpoint), form).status_code == 302
    assert len(sent) == 1
    assert list(Change.objects.due()) == [Change.objects.get()]


def card(page):
    """The new model's card."""
    return re.search(r'<section class="card" id="new-model".*?</section>', page, re.DOTALL)[0]


def lasting(model, days, **facts):
    SpeechModel.objects.filter(pk=model.pk).update(expires_at=timezone.now() + timedelta(days=days, hours=1), **facts)
    model.refresh_from_db()


def test_a_link_with_a_model_opens_with_both_side_by_side_and_what_differs_marked(alice, endpoint, other):
    lasting(endpoint.model, 300, description="Same words", datasets=[])
    datasets = [{"id": "1", "name": "Calls"}, {"id": "2", "name": "Names"}]
    lasting(other, 412, description="Same words", datasets=datasets)
    page = alice.get(page_of(endpoint), {"model": str(other.pk)}).content.decode()
    new = card(page)
    assert endpoint.model.display_name in page
    assert other.display_name in new
    assert "412 days left" in new
    assert "Differs: 112 days later" in new
    assert re.search(r"Training data.*2 datasets: <bdi>Calls, Names</bdi>.*Differs", new, re.DOTALL)
    assert not re.search(r"Description</dt>.*Differs.*Training data", new, re.DOTALL)
    assert re.search(rf'value="{other.pk}" checked', page)


def test_choosing_a_model_gets_its_card_alone(alice, endpoint, other):
    headers = {"HX-Request": "true", "HX-Target": "new-model"}
    answer = alice.get(page_of(endpoint), {"model": str(other.pk)}, headers=headers)
    text = answer.content.decode()
    assert text.startswith('<section class="card" id="new-model"')
    assert other.display_name in text
    assert re.search(r'role="status"[^>]*>[^<]*\d difference', text)
    assert "HX-Request" in answer["Vary"]


@pytest.mark.parametrize("text", ["", "none", "0" * 3000, "00000000-0000-4000-8000-000000000000", "current"])
def test_an_address_that_names_no_other_model_opens_without_a_choice(alice, endpoint, text):
    asked = str(endpoint.model_id) if text == "current" else text
    answer = alice.get(page_of(endpoint), {"model": asked}, follow=True)
    assert answer.status_code == 200
    assert "Choose a model to compare it with the current one." in card(answer.content.decode())


def test_compare_without_a_script_keeps_the_choice_the_reason_and_the_time(alice, endpoint, other):
    typed = {"model": str(other.pk), "reason": "Numbers & names", "at": "2099-01-02T03:04", "go": "compare"}
    answer = alice.post(page_of(endpoint), typed)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert other.display_name in card(page)
    assert re.search(rf'value="{other.pk}" checked', page)
    assert 'value="Numbers &amp; names"' in page
    assert 'value="2099-01-02T03:04"' in page
    assert not Change.objects.exists()


def test_an_expired_model_is_shown_with_why_and_cannot_be_chosen(alice, endpoint, other):
    lasting(other, -11)
    page = alice.get(page_of(endpoint), {"model": str(other.pk)}).content.decode()
    assert "be deployed: Expired" in card(page)
    assert re.search(rf'value="{other.pk}"[^>]* disabled', page)
    form = {"key": str(uuid.uuid4()), "model": str(other.pk), "reason": "All the same"}
    assert alice.post(page_of(endpoint), form).status_code == 422
    assert not Change.objects.exists()


@pytest.mark.parametrize(("days", "words"), [(200, "200 days earlier"), (80, "It expires soon: 80 days left.")])
def test_a_model_that_expires_earlier_is_pointed_out_and_needs_a_reason(alice, endpoint, other, days, words):
    lasting(endpoint.model, 400 if days == 200 else 60)
    lasting(other, days)
    told = card(alice.get(page_of(endpoint), {"model": str(other.pk)}).content.decode())
    assert words in told
    assert "Explain in the reason why you still chose it." in told
    lasting(other, 500)
    assert "Explain in the reason" not in card(alice.get(page_of(endpoint), {"model": str(other.pk)}).content.decode())


def test_models_are_mirrored_with_the_names_of_their_data_sets(mirrored, world):
    trained = SpeechModel.objects.filter(kind=ModelKind.CUSTOM).exclude(project=None)
    assert trained
    for model in trained:
        assert {one["name"] for one in model.datasets} <= {"Recorded calls", "Product names"}
        assert model.datasets
    projects = {model.project_id for model in trained}
    assert len([one for one in world.ledger("GET") if "/datasets" in one["path"]]) == len(projects)
    assert all(model.datasets == [] for model in SpeechModel.objects.filter(kind=ModelKind.BASE))


@pytest.mark.parametrize("effect", [{"close": True}, {"status": 404}, {"status": 403}, {"status": 429}])
def test_names_of_data_sets_outlast_a_listing_that_fails(mirrored, world, worker, effect):
    before = dict(SpeechModel.objects.values_list("pk", "datasets"))
    mirrored.cataloged_at = None
    mirrored.save()
    world.fail({"method": "GET", "path": "/datasets", "times": 99, "stage": "before", "effect": effect})
    worker.mirror()
    mirrored.refresh_from_db()
    assert mirrored.cataloged_at is not None
    assert dict(SpeechModel.objects.values_list("pk", "datasets")) == before


def test_without_projects_only_the_number_of_data_sets_is_known(alice, mirrored, world, worker):
    SpeechModel.objects.update(datasets=[])
    mirrored.api_version, mirrored.cataloged_at = "2024-11-15", None
    mirrored.save()
    worker.mirror()
    model = SpeechModel.objects.filter(kind=ModelKind.CUSTOM).exclude(datasets=[]).first()
    assert {one["name"] for one in model.datasets} == {""}


def test_a_change_whose_endpoint_cannot_be_read_for_now_waits_and_says_why(alice, endpoint, other, world, worker):
    change = worker.step(request_model(alice, endpoint, other))
    address = f"/endpoints/{endpoint.remote_id}$"
    refusal = {"code": "Forbidden", "message": "This network is not allowed."}
    world.fail({"method": "GET", "path": address, "times": 1, "effect": {"status": 403, "body": refusal}})
    worker.step(change)
    assert change.state == ChangeState.DEPLOYING
    assert "This network is not allowed." in change.error
    assert change.due_at is not None
    worker.step(change)
    assert (change.state, change.error) == (ChangeState.DEPLOYING, "")
    world.advance(3600)
    worker.step(change)
    assert change.state == ChangeState.DONE


def test_the_model_of_an_endpoint_whose_model_is_not_known_can_be_changed(alice, endpoint, other):
    Endpoint.objects.update(model=None)
    change = request_model(alice, Endpoint.objects.get(), other)
    assert (change.from_model, change.before["model"]) == (None, None)
    assert Event.objects.first().facts == {"model": str(other), "old": ""}
