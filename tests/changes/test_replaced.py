"""Changes of the model that replace one which the service may still carry out."""

import uuid
from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from endpoints.changes import decisions, submit
from endpoints.models import Change, Endpoint, Event, SpeechModel
from endpoints.models.event import Verb
from endpoints.models.status import ChangeState
from tests.changes.requests import later, reference, request_model
from tests.changes.test_redeploy_answers import passed, redeploys
from tests.conftest import fitting

IN_FIVE_HOURS = timedelta(hours=5)


@pytest.fixture
def third(endpoint, other):
    return fitting(endpoint).exclude(pk=other.pk).first()


@pytest.fixture
def accepted(alice, endpoint, other, world, worker):
    """A change to `other` that the service has accepted; it shows the old model until it ends."""
    redeploys(world, "old")
    world.stop()
    yield worker.step(request_model(alice, endpoint, other))
    world.go()


def completed(world, worker, endpoint):
    """The service completes whatever it has accepted."""
    world.go()
    world.advance(3600)
    worker.mirror()
    return Endpoint.objects.get(pk=endpoint.pk)


def test_a_chain_of_replacements_knows_which_of_them_was_sent(alice, endpoint, accepted, third, world, worker):
    scheduled = request_model(alice, endpoint, third, replaces=accepted.pk, at=timezone.now() + IN_FIVE_HOURS)
    back = worker.step(request_model(alice, endpoint, endpoint.model, replaces=scheduled.pk))
    assert back.replaces == accepted
    assert (back.state, len(world.ledger("PATCH"))) == (ChangeState.DEPLOYING, 2)


def test_a_replaced_change_that_takes_effect_after_all_is_done(alice, endpoint, accepted, third, world, worker):
    old = endpoint.model
    scheduled = request_model(alice, endpoint, third, replaces=accepted.pk, at=timezone.now() + IN_FIVE_HOURS)
    assert decisions.cancel(scheduled, actor=alice.user)
    endpoint = completed(world, worker, endpoint)
    accepted.refresh_from_db()
    assert (endpoint.model, accepted.state) == (accepted.model, ChangeState.DONE)
    assert Event.objects.filter(change_id=accepted.pk, verb=Verb.TOOK_EFFECT).count() == 1
    assert submit.previous_model(endpoint) == old


def test_a_change_is_not_sent_while_a_worker_sends_the_one_that_it_replaces(
    alice, endpoint, other, third, world, worker
):
    sending = request_model(alice, endpoint, other)
    Change.objects.move(sending, ChangeState.SENDING, attempt=1, sent_at=Now())
    Change.objects.filter(pk=sending.pk).update(leased_until=timezone.now() + timedelta(seconds=20), lease=uuid.uuid4())
    newer = worker.step(request_model(alice, endpoint, third, replaces=sending.pk))
    assert (newer.state, world.ledger("PATCH")) == (ChangeState.QUEUED, [])
    Change.objects.filter(pk=sending.pk).update(leased_until=None)
    worker.step(newer)
    assert len(world.ledger("PATCH")) == 1


def test_a_replaced_change_that_is_carried_out_after_the_newer_one_is_an_outside_change(
    alice, endpoint, accepted, other, third, world, worker
):
    newer = worker.step(request_model(alice, endpoint, third, replaces=accepted.pk))
    for _step in range(3):
        completed(world, worker, endpoint)
        worker.step(passed(newer, minutes=6))
    assert newer.state == ChangeState.DONE
    world.call("PATCH", f"/endpoints/{endpoint.remote_id}", reference(world, other))
    assert completed(world, worker, endpoint).model == other
    assert Event.objects.filter(verb=Verb.CHANGED_OUTSIDE).count() == 1


def test_an_older_verdict_is_not_corrected_by_what_a_newer_change_may_have_done(
    alice, endpoint, accepted, other, world, worker
):
    Change.objects.move(accepted, ChangeState.FAILED, error="It went back.")
    newer = request_model(alice, endpoint, other)
    Change.objects.filter(pk=newer.pk).update(state=ChangeState.UNKNOWN, attempt=1, sent_at=Now())
    completed(world, worker, endpoint)
    accepted.refresh_from_db()
    assert accepted.state == ChangeState.FAILED


def test_a_change_that_was_sent_and_never_seen_is_done_when_the_service_shows_it(endpoint, accepted, world, worker):
    never_seen = {"state": ChangeState.UNDECIDED, "accepted_at": None, "due_at": None}
    Change.objects.filter(pk=accepted.pk).update(**never_seen, error="It was sent three times.")
    completed(world, worker, endpoint)
    accepted.refresh_from_db()
    assert accepted.state == ChangeState.DONE


def test_what_took_effect_long_after_its_verdict_is_no_usual_duration(endpoint, accepted, world, worker):
    Change.objects.move(accepted, ChangeState.FAILED, error="It went back.")
    later(accepted, days=60)
    assert completed(world, worker, endpoint).usual_duration is None


def test_go_back_is_offered_while_a_replacement_waits_for_the_running_deployment(
    alice, endpoint, other, third, world, worker
):
    world.stop()
    running = worker.step(request_model(alice, endpoint, other))
    waiting = worker.step(request_model(alice, endpoint, third, replaces=running.pk))
    assert waiting.state == ChangeState.QUEUED
    assert "current deployment" in Endpoint.objects.for_page().get().shown_status.detail
    assert submit.previous_model(Endpoint.objects.get()) is not None
    later(waiting, hours=3)
    worker.step(waiting)
    assert waiting.state == ChangeState.UNDECIDED
    world.go()


@pytest.fixture
def broken(endpoint):
    models = fitting_or_broken(endpoint)
    return models.filter(display_name__icontains="broken").get()


def fitting_or_broken(endpoint):
    return SpeechModel.objects.deployable().filter(locale=endpoint.locale).exclude(pk=endpoint.model_id)


def test_go_back_leads_to_the_model_that_served_and_not_to_a_replaced_one(alice, endpoint, other, third, world, worker):
    served = endpoint.model
    replaced = worker.step(request_model(alice, endpoint, other))
    worker.mirror()  # the service shows the model that it deploys
    newer = request_model(alice, Endpoint.objects.get(), third, replaces=replaced.pk)
    assert newer.from_model == served
    assert Event.objects.get(change_id=newer.pk, verb=Verb.REQUESTED_CHANGE_MODEL).facts["old"] == str(served)
    for _step in range(3):
        completed(world, worker, endpoint)
        worker.step(passed(newer, minutes=6))
    assert newer.state == ChangeState.DONE
    assert submit.previous_model(completed(world, worker, endpoint)) == served


def test_go_back_does_not_lead_to_a_model_whose_deployment_failed(alice, endpoint, other, broken, world, worker):
    first = worker.step(request_model(alice, endpoint, other))
    completed(world, worker, endpoint)
    worker.step(first)
    failed = worker.step(request_model(alice, Endpoint.objects.get(), broken))
    completed(world, worker, endpoint)
    worker.step(failed)
    assert failed.state == ChangeState.FAILED
    worked = worker.step(request_model(alice, Endpoint.objects.get(), endpoint.model))
    completed(world, worker, endpoint)
    worker.step(worked)
    assert worked.state == ChangeState.DONE
    assert submit.previous_model(Endpoint.objects.get()) == other
