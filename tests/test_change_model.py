"""Changing the model behind an endpoint, while the previous one keeps answering."""

import re
import uuid

import pytest
from django.urls import reverse

from endpoints import deploy
from endpoints.models import Change, Endpoint, SpeechModel, Status
from endpoints.models.change import ChangeState
from tests.conftest import fitting, person

PATCH = {"method": "PATCH", "path": "/endpoints/", "times": 1}


def ask(client, endpoint, model, **more):
    return deploy.change_model(key=uuid.uuid4(), actor=client.user, endpoint=endpoint, model=model, **more)


def test_the_change_is_done_when_the_service_shows_the_new_model(alice, endpoint, other, world, worker):
    logging = endpoint.logging_enabled
    change = worker.step(ask(alice, endpoint, other, reason="Better on numbers"))
    assert change.state == ChangeState.DEPLOYING
    world.advance(3600)
    worker.step(change)
    assert change.state == ChangeState.DONE
    endpoint.refresh_from_db()
    assert endpoint.model == other
    assert endpoint.logging_enabled == logging
    assert len(world.ledger("PATCH")) == 1


def test_until_then_the_row_says_that_it_is_being_deployed(alice, endpoint, other, worker):
    change = ask(alice, endpoint, other)
    assert Endpoint.objects.for_list().get().shown_status.value == Status.NOT_STARTED
    worker.step(change)
    assert Endpoint.objects.for_list().get().shown_status.label == "Deploying"
    assert not Endpoint.objects.for_list().get().settled


def test_only_one_change_of_an_endpoint_is_open_at_a_time(alice, endpoint, other):
    first = ask(alice, endpoint, other)
    with pytest.raises(deploy.Busy) as busy:
        ask(alice, endpoint, other)
    assert busy.value.change == first
    assert Change.objects.count() == 1


@pytest.mark.parametrize("stage", ["before", "after"])
def test_a_lost_answer_changes_the_model_all_the_same(alice, endpoint, other, world, worker, stage):
    world.fail({**PATCH, "stage": stage, "effect": {"close": True}})
    change = worker.step(ask(alice, endpoint, other))
    assert change.state == ChangeState.UNKNOWN
    for _step in range(3):
        worker.step(change)
    world.advance(3600)
    worker.step(change)
    assert change.state == ChangeState.DONE
    assert len(world.ledger("PATCH")) == (2 if stage == "before" else 1)


def test_a_model_that_was_changed_elsewhere_meanwhile_is_not_overwritten(alice, endpoint, other, world, worker):
    change = ask(alice, endpoint, other)
    another = fitting(endpoint).exclude(pk=other.pk)[0]
    kind = "models/base" if another.kind == "base" else "models"
    body = {"model": {"self": f"{world.url}/speechtotext/v3.2/{kind}/{another.remote_id}"}}
    world.call("PATCH", f"/endpoints/{endpoint.remote_id}", body)
    world.advance(3600)
    worker.step(change)
    assert change.state == ChangeState.REFUSED
    assert "elsewhere" in change.error
    endpoint.refresh_from_db()
    assert endpoint.model == another


def test_an_endpoint_deleted_in_the_portal_refuses_the_change_and_leaves_the_list(
    alice, endpoint, other, world, worker
):
    change = ask(alice, endpoint, other)
    world.call("DELETE", f"/endpoints/{endpoint.remote_id}")
    worker.step(change)
    assert change.state == ChangeState.REFUSED
    assert not Endpoint.objects.present().exists()


def page_of(endpoint):
    return reverse("endpoints:change-model", args=[endpoint.pk])


def test_done_pressed_twice_asks_once(alice, endpoint, other):
    page = alice.get(page_of(endpoint)).content.decode()
    form = {"key": re.search(r'name="key" value="([^"]+)"', page)[1], "model": str(other.pk), "reason": ""}
    for _press in range(2):
        assert alice.post(page_of(endpoint), form).status_code == 302
    assert Change.objects.count() == 1


def test_the_second_person_is_told_who_was_first_and_what_they_asked(alice, endpoint, other):
    ask(alice, endpoint, other)
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


def test_a_broker_that_is_away_costs_nothing_but_time(alice, endpoint, other, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True) as bells:
        form = {"key": str(uuid.uuid4()), "model": str(other.pk)}
        assert alice.post(page_of(endpoint), form).status_code == 302
    assert len(bells) == 1
    assert list(Change.objects.due()) == [Change.objects.get()]
