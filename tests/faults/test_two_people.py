"""Two people change one endpoint at once, and a person who asked loses the permission."""

import threading
import uuid
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse

from endpoints.changes import submit
from endpoints.models import Change, Endpoint, Event, SpeechModel
from endpoints.models.event import Verb
from endpoints.models.status import ChangeState
from tests.conftest import person
from tests.faults.conftest import ask_create, ask_model, fitting


def at_once(*actions):
    """Do all of them at the same moment, each in a thread and connection of its own; the results in their order."""
    barrier = threading.Barrier(len(actions))
    results: list[Any] = [None] * len(actions)

    def run(n, action):
        try:
            barrier.wait(timeout=10)
            results[n] = action()
        except Exception as error:
            results[n] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return results


@contextmanager
def both_have_looked(monkeypatch):
    """Each of two requests looks whether a change is open before either writes one."""
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
def test_two_people_press_change_model_at_once(alice, endpoint, world, worker, monkeypatch, same):
    arthur = person("arthur", "admin")
    first, second = fitting(endpoint)[:2]
    people = {"alice": (alice, first), "arthur": (arthur, first if same else second)}
    page = reverse("endpoints:change-model", args=[endpoint.pk])

    def press(client, model):
        return client.post(page, {"key": str(uuid.uuid4()), "model": str(model.pk), "reason": "Numbers"})

    with both_have_looked(monkeypatch):
        answers = at_once(*(lambda one=one: press(*one) for one in people.values()))

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
    assert Event.objects.filter(verb=Verb.ASKED_CHANGE_MODEL).count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_press_arriving_twice_at_once_is_one_change(alice, endpoint, other, world, monkeypatch):
    key = uuid.uuid4()
    ask = lambda: submit.change_model(key=key, actor=alice.user, endpoint=endpoint, model=other)  # noqa: E731
    with both_have_looked(monkeypatch):
        first, second = at_once(ask, ask)
    assert first == second == Change.objects.get()
    assert Event.objects.filter(verb=Verb.ASKED_CHANGE_MODEL).count() == 1


def overtaken(monkeypatch, owner, name, press):
    """Another press arrives after the next one has looked whether it was asked already, and before it is stored."""
    read, presses = getattr(owner, name).fget, [press]

    def first_the_other(row):
        if presses:
            results.append(presses.pop()())
        return read(row)

    results = []
    monkeypatch.setattr(owner, name, property(first_the_other))
    return results


def test_a_press_that_is_overtaken_by_the_same_one_gets_the_first_change(alice, endpoint, other, monkeypatch):
    key = uuid.uuid4()
    ask = lambda: submit.change_model(key=key, actor=alice.user, endpoint=endpoint, model=other)  # noqa: E731
    first = overtaken(monkeypatch, Endpoint, "facts", ask)
    assert [ask()] == first == [Change.objects.get()]
    assert Event.objects.filter(verb=Verb.ASKED_CHANGE_MODEL).count() == 1


def test_a_press_that_is_overtaken_by_another_persons_is_told_whose(alice, bob, endpoint, other, monkeypatch):
    ask = lambda person: ask_model(person, endpoint, other)  # noqa: E731
    first = overtaken(monkeypatch, Endpoint, "facts", lambda: ask(bob))
    with pytest.raises(submit.Busy, match="bob") as busy:
        ask(alice)
    assert [busy.value.change] == first == [Change.objects.get()]
    assert Event.objects.filter(verb=Verb.ASKED_CHANGE_MODEL).count() == 1


def test_a_press_for_a_new_endpoint_that_is_overtaken_by_the_same_one_gets_the_first_change(alice, model, monkeypatch):
    key = uuid.uuid4()
    ask = lambda: ask_create(alice, model, key=key)  # noqa: E731
    first = overtaken(monkeypatch, SpeechModel, "why_not", ask)
    assert [ask()] == first == [Change.objects.get()]
    assert Endpoint.objects.count() == 1
    assert Event.objects.filter(verb=Verb.ASKED_CREATE).count() == 1


def test_what_was_asked_already_is_given_back_whatever_has_become_of_the_model_or_the_page(alice, endpoint, other):
    seen = endpoint.facts
    ask = {"key": uuid.uuid4(), "actor": alice.user, "endpoint": endpoint, "model": other, "seen": seen}
    first = submit.change_model(**ask)
    SpeechModel.objects.filter(pk=other.pk).update(status="Failed")
    Endpoint.objects.update(display_name="Renamed")
    again = {"endpoint": Endpoint.objects.get(), "model": SpeechModel.objects.get(pk=other.pk)}
    assert submit.change_model(**ask | again) == first
    with pytest.raises(submit.NotPossible, match="Training failed"):
        submit.change_model(**ask | again | {"key": uuid.uuid4()})


@pytest.mark.django_db(transaction=True)
def test_four_presses_for_one_new_endpoint_are_one_change(alice, model, world, worker):
    key = uuid.uuid4()
    asked = at_once(*[lambda: ask_create(alice, model, key=key)] * 4)
    assert set(asked) == {Change.objects.get()}
    worker.step(Change.objects.get())
    assert Endpoint.objects.count() == 1
    assert len(world.ledger("POST")) == 1


@pytest.mark.parametrize("how", ["deactivated", "only a viewer now"])
def test_what_somebody_asked_goes_on_when_they_may_no_longer(alice, endpoint, other, world, worker, how):
    change = ask_model(alice, endpoint, other, reason="Numbers")
    if how == "deactivated":
        alice.user.is_active = False
        alice.user.save()
    else:
        alice.user.groups.clear()
    worker.step(change)
    world.advance(3600)
    worker.step(change)
    assert change.state == ChangeState.DONE
    assert Event.objects.get(change_id=change.pk, verb=Verb.ASKED_CHANGE_MODEL).actor_name == "alice"

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
        ask_create(alice, model)
    key = uuid.uuid4()
    with monkeypatch.context() as patch:
        overtaken(patch, SpeechModel, "why_not", lambda: ask_create(alice, model, key=key))
        assert ask_create(alice, model, key=key).pk == key
    key = uuid.uuid4()
    ask = lambda: submit.change_model(key=key, actor=alice.user, endpoint=endpoint, model=other)  # noqa: E731
    with monkeypatch.context() as patch:
        overtaken(patch, Endpoint, "facts", ask)
        assert ask().pk == key
