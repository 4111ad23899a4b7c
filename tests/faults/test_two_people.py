"""Two people change one endpoint at once, and a person who asked loses the permission."""

import threading
import uuid
from contextlib import contextmanager
from functools import partial

import pytest
from django.urls import reverse

from endpoints.access import door
from endpoints.changes import refusals, submit
from endpoints.models import Change, Endpoint, Event, SpeechModel
from endpoints.models.event import Verb
from endpoints.models.status import ChangeState
from tests.changes.requests import request_create, request_model
from tests.conftest import fitting, person
from tests.faults.concurrently import concurrently


@contextmanager
def both_have_looked(monkeypatch):
    """Both requests check for an open change before either of them stores one."""
    looked = threading.Barrier(2)
    ask = submit._ask

    def after_the_other(*arguments, **more):
        looked.wait(timeout=10)
        return ask(*arguments, **more)

    with monkeypatch.context() as patch:
        patch.setattr(submit, "_ask", after_the_other)
        yield


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("same", [False, True], ids=["different models", "the same model"])
def test_two_people_change_the_model_at_once(alice, endpoint, world, worker, monkeypatch, same):
    arthur = person("arthur", "admin")
    first, second = fitting(endpoint)[:2]
    people = {"alice": (alice, first), "arthur": (arthur, first if same else second)}
    page = reverse("endpoints:change-model", args=[endpoint.pk])

    def press(client, model):
        return client.post(page, {"key": str(uuid.uuid4()), "model": str(model.pk), "reason": "Numbers"})

    with both_have_looked(monkeypatch):
        answers = concurrently(*(lambda one=one: press(*one) for one in people.values()))

    assert sorted(answer.status_code for answer in answers) == [302, 409]
    change = Change.objects.get()
    told = next(answer for answer in answers if answer.status_code == 409).content.decode()
    assert str(change.actor) in told
    assert change.model.display_name in told
    for client, _model in people.values():
        assert str(change.actor) in client.get(endpoint.get_absolute_url()).content.decode()
    worker.step(change)
    world.advance(3600)
    worker.step(change)
    assert change.state == ChangeState.DONE
    assert len(world.ledger("PATCH")) == 1
    assert Event.objects.filter(verb=Verb.REQUESTED_CHANGE_MODEL).count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_form_arriving_twice_at_once_makes_one_change(alice, endpoint, other, world, monkeypatch):
    key = uuid.uuid4()
    ask = partial(submit.change_model, key=key, actor=alice.user, endpoint=endpoint, model=other)
    with both_have_looked(monkeypatch):
        first, second = concurrently(ask, ask)
    assert first == second == Change.objects.get()
    assert Event.objects.filter(verb=Verb.REQUESTED_CHANGE_MODEL).count() == 1


def overtaken(monkeypatch, owner, name, press):
    """Another form is processed after the next one has checked for earlier requests, but before it is stored."""
    read, presses = getattr(owner, name).fget, [press]

    def first_the_other(row):
        if presses:
            results.append(presses.pop()())
        return read(row)

    results = []
    monkeypatch.setattr(owner, name, property(first_the_other))
    return results


def test_a_form_that_is_overtaken_by_the_same_form_gets_the_first_change(alice, endpoint, other, monkeypatch):
    key = uuid.uuid4()
    ask = partial(submit.change_model, key=key, actor=alice.user, endpoint=endpoint, model=other)
    first = overtaken(monkeypatch, Endpoint, "facts", ask)
    assert [ask()] == first == [Change.objects.get()]
    assert Event.objects.filter(verb=Verb.REQUESTED_CHANGE_MODEL).count() == 1


def pressed_while_the_same_form_is_read(monkeypatch, owner, name, press):
    """The answers to both: the first is accepted after the second was looked up, before its fields are checked."""
    found, answers = getattr(owner, name), []

    def after_the_other(*arguments):
        monkeypatch.setattr(owner, name, found)
        answers.append(press())
        return found(*arguments)

    monkeypatch.setattr(owner, name, after_the_other)
    answers.append(press())
    return [(answer.status_code, answer.headers.get("Location")) for answer in answers]


def test_the_model_that_still_serves_is_requested_twice_at_once_in_place_of_another(
    alice, endpoint, other, monkeypatch
):
    open_one, key = request_model(alice, endpoint, other), str(uuid.uuid4())
    page = reverse("endpoints:change-model", args=[endpoint.pk])
    typed = {"key": key, "model": str(endpoint.model_id), "reason": "Not yet", "replaces": str(open_one.pk)}
    answers = pressed_while_the_same_form_is_read(
        monkeypatch, door, "endpoint_on_service", lambda: alice.post(page, typed)
    )
    assert answers == [(302, endpoint.get_absolute_url())] * 2
    assert str(Change.objects.open().get().pk) == key


def test_a_person_goes_back_twice_at_once(alice, endpoint, other, monkeypatch, world, worker):
    change = request_model(alice, endpoint, other)
    worker.step(change)
    world.advance(3600)
    worker.step(change)
    key, page = str(uuid.uuid4()), reverse("endpoints:go-back", args=[endpoint.pk])
    typed = {"key": key, "reason": "It was better"}
    answers = pressed_while_the_same_form_is_read(
        monkeypatch, submit, "previous_model", lambda: alice.post(page, typed)
    )
    assert answers == [(302, endpoint.get_absolute_url())] * 2
    assert str(Change.objects.open().get().pk) == key


def test_a_form_that_is_overtaken_by_another_persons_says_whose(alice, bob, endpoint, other, monkeypatch):
    first = overtaken(monkeypatch, Endpoint, "facts", partial(request_model, bob, endpoint, other))
    with pytest.raises(refusals.Busy, match="bob") as busy:
        request_model(alice, endpoint, other)
    assert [busy.value.change] == first == [Change.objects.get()]
    assert Event.objects.filter(verb=Verb.REQUESTED_CHANGE_MODEL).count() == 1


def test_a_form_for_a_new_endpoint_that_is_overtaken_by_the_same_form_gets_the_first_change(alice, model, monkeypatch):
    key = uuid.uuid4()
    ask = partial(request_create, alice, model, key=key)
    first = overtaken(monkeypatch, SpeechModel, "why_not", ask)
    assert [ask()] == first == [Change.objects.get()]
    assert Endpoint.objects.count() == 1
    assert Event.objects.filter(verb=Verb.REQUESTED_CREATE).count() == 1


def test_a_repeated_request_gets_its_first_change_whatever_has_become_of_the_model_or_the_page(alice, endpoint, other):
    seen = endpoint.facts
    ask = {"key": uuid.uuid4(), "actor": alice.user, "endpoint": endpoint, "model": other, "seen": seen}
    first = submit.change_model(**ask)
    SpeechModel.objects.filter(pk=other.pk).update(status="Failed")
    Endpoint.objects.update(display_name="Renamed")
    again = {"endpoint": Endpoint.objects.get(), "model": SpeechModel.objects.get(pk=other.pk)}
    assert submit.change_model(**ask | again) == first
    with pytest.raises(refusals.NotPossible, match="Training failed"):
        submit.change_model(**ask | again | {"key": uuid.uuid4()})


@pytest.mark.django_db(transaction=True)
def test_the_same_form_for_a_new_endpoint_four_times_at_once_makes_one_change(alice, model, world, worker):
    key = uuid.uuid4()
    asked = concurrently(*[lambda: request_create(alice, model, key=key)] * 4)
    assert set(asked) == {Change.objects.get()}
    worker.step(Change.objects.get())
    assert Endpoint.objects.count() == 1
    assert len(world.ledger("POST")) == 1


@pytest.mark.parametrize("how", ["deactivated", "only a viewer now"])
def test_a_change_goes_on_when_its_person_has_lost_the_permission(alice, endpoint, other, world, worker, how):
    change = request_model(alice, endpoint, other, reason="Numbers")
    if how == "deactivated":
        alice.user.is_active = False
        alice.user.save()
    else:
        alice.user.groups.clear()
    worker.step(change)
    world.advance(3600)
    worker.step(change)
    assert change.state == ChangeState.DONE
    assert Event.objects.get(change_id=change.pk, verb=Verb.REQUESTED_CHANGE_MODEL).actor_name == "alice"

    page = reverse("endpoints:change-model", args=[endpoint.pk])
    form = {"key": str(uuid.uuid4()), "model": str(fitting(Endpoint.objects.get())[0].pk)}
    for answer in (alice.get(page), alice.post(page, form)):
        assert answer.status_code == (302 if how == "deactivated" else 403)
        assert how != "deactivated" or "sign-in" in answer["Location"]
    assert Change.objects.count() == 1
    assert len(world.ledger("PATCH")) == 1


def test_a_press_that_is_overtaken_gets_its_own_change_among_others(
    alice, endpoint, other, model, monkeypatch, world, worker
):
    for _earlier in range(2):
        request_create(alice, model)
    key = uuid.uuid4()
    with monkeypatch.context() as patch:
        overtaken(patch, SpeechModel, "why_not", lambda: request_create(alice, model, key=key))
        assert request_create(alice, model, key=key).pk == key
    key = uuid.uuid4()
    ask = partial(submit.change_model, key=key, actor=alice.user, endpoint=endpoint, model=other)
    with monkeypatch.context() as patch:
        overtaken(patch, Endpoint, "facts", ask)
        assert ask().pk == key
