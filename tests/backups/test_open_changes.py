"""What was open in a backup is searched for at the service, and nothing is made twice."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from endpoints.changes import decisions, submit
from endpoints.models import Change, Endpoint, Resource, Restoration
from endpoints.models.status import ChangeState
from endpoints.upkeep.backups import settling
from tests.changes.requests import later, request_create, request_model, unleased
from tests.faults.invariants import all_endpoints, posts


def finished(change, world, worker):
    """Let the installation that has the change carry it out to its end."""
    for _step in range(4):
        unleased(change)
        worker.step(change)
        world.advance(3600)
    assert change.state == ChangeState.DONE


def test_what_was_queued_and_is_done_by_the_old_installation_is_adopted(
    alice, model, world, worker, back_up, elsewhere, restore
):
    change = request_create(alice, model)
    backup = back_up()
    finished(change, world, worker)
    with elsewhere():
        restore(backup)
        settling.resume()
        finished(Change.objects.get(), world, worker)
        assert Endpoint.objects.get().remote_id == all_endpoints(world)[0]["self"].rpartition("/")[2]
    assert len(posts(world)) == 1


def test_a_backup_between_the_request_and_its_answer_leads_to_one_endpoint(
    alice, model, world, worker, back_up, elsewhere, restore, dies_after_the_answer
):
    change = request_create(alice, model)
    dies_after_the_answer(change)
    change.refresh_from_db()
    assert (change.state, len(posts(world))) == (ChangeState.SENDING, 1)
    backup = back_up()
    finished(change, world, worker)
    with elsewhere():
        restore(backup)
        there = Change.objects.get()
        assert (there.state, there.lease) == (ChangeState.UNKNOWN, None)
        settling.resume()
        finished(there, world, worker)
    assert (len(posts(world)), len(all_endpoints(world))) == (1, 1)


def test_a_refresh_before_the_change_adopts_the_endpoint_too(alice, model, world, worker, copy, elsewhere, settle):
    change = request_create(alice, model)
    copy()
    finished(change, world, worker)
    with elsewhere():
        settle()
        settling.resume()
        worker.mirror()
        finished(Change.objects.get(), world, worker)
        assert Endpoint.objects.count() == 1
    assert len(posts(world)) == 1


def test_nothing_is_sent_before_somebody_says_that_the_old_installation_is_off(
    alice, model, world, worker, copy, elsewhere, settle
):
    request_create(alice, model)
    copy()
    asked = len(world.ledger())
    with elsewhere():
        done = settle()
        assert (done.paused, done.changes) == (1, 1)
        worker.run_round()
        assert Change.objects.get().state == ChangeState.UNKNOWN
        assert Resource.objects.get().restored
        assert Restoration.objects.waiting().exists()
    assert len(world.ledger()) == asked


def test_what_nobody_has_carried_out_is_left_to_a_person(alice, model, world, worker, copy, elsewhere, settle):
    request_create(alice, model)
    copy()
    with elsewhere():
        settle()
        settling.resume()
        change = Change.objects.get()
        for _listing in range(3):
            worker.step(change)
        assert change.state == ChangeState.UNKNOWN  # the old installation may just have sent it
        later(change, minutes=11)
        worker.step(change)
        assert change.state == ChangeState.UNDECIDED
        assert "restored from a backup" in change.error
        assert posts(world) == []
        decisions.decide(change, actor=None, again=True)
        finished(change, world, worker)
    assert len(posts(world)) == 1


def test_what_was_made_and_deleted_again_is_not_made_once_more(alice, model, world, worker, copy, elsewhere, settle):
    change = request_create(alice, model)
    copy()
    finished(change, world, worker)
    world.call("DELETE", f"/endpoints/{Endpoint.objects.get().remote_id}")
    with elsewhere():
        settle()
        settling.resume()
        there = later(Change.objects.get(), minutes=11)
        for _listing in range(3):
            worker.step(there)
        assert there.state == ChangeState.UNDECIDED
    assert len(posts(world)) == 1


@pytest.mark.parametrize("by_the_old", [True, False], ids=["done before", "not done"])
def test_a_change_of_the_model_is_not_sent_again(
    alice, endpoint, other, world, worker, copy, elsewhere, settle, by_the_old
):
    change = request_model(alice, endpoint, other)
    copy()
    if by_the_old:
        finished(change, world, worker)
    with elsewhere():
        settle()
        settling.resume()
        there = Change.objects.get()
        worker.step(there)
        worker.step(there)
        assert there.state == (ChangeState.DONE if by_the_old else ChangeState.UNDECIDED)
    assert len(world.ledger("PATCH")) == by_the_old


def test_a_model_that_people_went_back_from_is_not_deployed_again(
    alice, endpoint, other, world, worker, copy, elsewhere, settle
):
    first = request_model(alice, endpoint, other)
    copy()
    finished(first, world, worker)
    endpoint.refresh_from_db()
    finished(submit.go_back(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint), world, worker)
    with elsewhere():
        settle()
        settling.resume()
        there = Change.objects.get()
        worker.step(there)
        assert there.state == ChangeState.UNDECIDED
    assert len(world.ledger("PATCH")) == 2


def test_a_deployment_that_the_old_installation_has_begun_is_waited_for(
    alice, endpoint, other, world, worker, copy, elsewhere, settle
):
    change = request_model(alice, endpoint, other)
    copy()
    world.stop()
    worker.step(change)
    with elsewhere():
        settle()
        settling.resume()
        there = Change.objects.get()
        worker.step(there)
        assert there.state in (ChangeState.UNKNOWN, ChangeState.DEPLOYING)
        world.go()
        world.advance(3600)
        worker.step(there)
        assert there.state == ChangeState.DONE
    assert len(world.ledger("PATCH")) == 1


def test_what_is_scheduled_for_later_stays_scheduled(alice, endpoint, other, worker, world, copy, elsewhere, settle):
    at = timezone.now() + timedelta(days=1)
    request_model(alice, endpoint, other, at=at)
    copy()
    with elsewhere():
        assert settle().changes == 0
        change = Change.objects.get()
        assert (change.state, change.scheduled_for, change.can_be_canceled) == (ChangeState.QUEUED, at, True)


def test_resuming_on_the_page_ends_the_waiting_too(alice, mirrored, copy, elsewhere, settle):
    copy()
    with elsewhere():
        settle()
        alice.force_login(alice.user)
        page = alice.get("/resources/").content.decode()
        assert "restored from a backup" in page
        alice.post(f"/resources/{mirrored.pk}/resume/")
        assert not Resource.objects.get().paused
        assert not Restoration.objects.waiting().exists()


def test_a_pause_by_a_person_outlasts_the_resuming(alice, mirrored, copy, elsewhere, settle):
    alice.post(f"/resources/{mirrored.pk}/pause/", {"reason": "Quiet weekend"})
    copy()
    with elsewhere():
        assert settle().paused == 0
        assert Restoration.objects.waiting().exists()
        assert settling.resume() == []
        found = Resource.objects.get()
        assert (found.paused_by, found.pause_reason) == ("alice", "Quiet weekend")
        assert not Restoration.objects.waiting().exists()
