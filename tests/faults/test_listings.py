"""The listings in which an endpoint is searched whose answer was lost."""

from endpoints.models.status import ChangeState
from tests.changes.requests import later, reference, request_create
from tests.faults.invariants import posts

POST = {"method": "POST", "path": "/endpoints$", "times": 1}
LIST = {"method": "GET", "path": r"/endpoints(\?|$)", "stage": "after"}


def test_a_listing_that_does_not_show_a_new_endpoint_yet_causes_no_second_request(alice, model, world, worker):
    lost = {**POST, "stage": "after", "effect": {"close": True}}
    world.fail(lost)
    change = worker.step(request_create(alice, model))
    world.fail({**LIST, "times": 5, "effect": {"body": {"values": []}}})
    for _listing in range(5):
        worker.step(change)
        assert change.state == ChangeState.UNKNOWN
    assert change.empty_listings == 5
    later(change, seconds=60)
    worker.step(change)
    assert change.state == ChangeState.DEPLOYING
    assert len(posts(world)) == 1


def test_a_listing_with_an_item_that_cannot_be_read_does_not_count_as_empty(alice, model, world, worker):
    world.fail({**POST, "stage": "before", "effect": {"close": True}})
    change = worker.step(request_create(alice, model))
    world.fail({**LIST, "times": 3, "effect": {"body": {"values": [None]}}})
    for _listing in range(2):
        worker.step(change)
        assert (change.state, change.empty_listings) == (ChangeState.UNKNOWN, 0)
    later(change, minutes=11)
    worker.step(change)
    assert change.state == ChangeState.UNDECIDED
    assert "an endpoint that can't be read. It might be this one." in change.error
    assert len(posts(world)) == 1


def test_an_item_that_cannot_be_read_and_is_another_does_not_hold_up_a_deployment(alice, model, world, worker):
    world.fail({**POST, "stage": "before", "effect": {"close": True}})
    change = worker.step(request_create(alice, model))
    world.fail({**LIST, "times": 2, "effect": {"body": {"values": [{"displayName": "Another"}]}}})
    later(change, minutes=11)
    for _listing in range(2):
        worker.step(change)
    assert change.state == ChangeState.QUEUED


def test_a_listing_whose_second_page_fails_does_not_count_as_empty(alice, world, worker, untracked, request):
    world.begin(rate_limit="0/0", switches={"page_size": 1})
    model = request.getfixturevalue("model")
    for name in ("One", "Two"):
        body = {"displayName": name, "locale": model.locale, **reference(world, model)}
        world.call("POST", "/endpoints", body)
    untracked.posts = elsewhere = len(posts(world))
    lost = {**POST, "stage": "before", "effect": {"close": True}}
    world.fail(lost)
    change = worker.step(request_create(alice, model))
    world.fail({"method": "GET", "path": r"/endpoints\?.*skip=1", "times": 3, "effect": {"status": 400}})
    later(change, minutes=11)
    for _listing in range(3):
        worker.step(change)
        assert (change.state, change.empty_listings) == (ChangeState.UNKNOWN, 0)
    assert len(posts(world)) == elsewhere + 1

    worker.step(change)
    assert (change.state, change.empty_listings) == (ChangeState.UNKNOWN, 1)
    worker.step(change)
    assert change.state == ChangeState.QUEUED
    worker.step(change)
    assert change.state == ChangeState.DEPLOYING
