"""GET /changes/ID?wait= is held until the change moves."""

from functools import partial

import pytest

from endpoints.api import waiting
from endpoints.models import Change


@pytest.fixture
def change(pipeline, endpoint):
    asked = pipeline.send(f"/endpoints/{endpoint.pk}/edit", {"description": "New"}).json()
    return Change.objects.get(pk=asked["id"])


def moving(monkeypatch, act):
    """Let `act` happen while a request waits, instead of its pauses."""
    monkeypatch.setattr("endpoints.api.waiting.sleep", lambda _seconds: act())


def test_the_answer_comes_when_the_change_moves(pipeline, change, monkeypatch):
    moving(monkeypatch, lambda: Change.objects.filter(pk=change.pk).update(state="sending"))
    assert pipeline.ask(f"/changes/{change.pk}?wait=30")["state"] == "sending"


def test_a_change_that_does_not_move_is_answered_when_the_time_is_over(pipeline, change):
    assert pipeline.ask(f"/changes/{change.pk}?wait=1")["state"] == "queued"


def test_a_closed_change_is_not_waited_for(pipeline, change, monkeypatch):
    moving(monkeypatch, lambda: pytest.fail("It waits."))
    pipeline.send(f"/changes/{change.pk}/cancel")
    assert pipeline.ask(f"/changes/{change.pk}?wait=30")["state"] == "canceled"


def test_what_has_moved_since_it_was_seen_is_answered_at_once(pipeline, change, monkeypatch):
    address = f"/api/v1/changes/{change.pk}"
    seen = pipeline.get(address)["ETag"]
    Change.objects.filter(pk=change.pk).update(state="sending")
    moving(monkeypatch, lambda: pytest.fail("It waits."))
    answer = pipeline.get(f"{address}?wait=30", headers={"If-None-Match": seen})
    assert (answer.status_code, answer.json()["state"]) == (200, "sending")


def test_what_has_not_moved_is_a_304_in_the_end(pipeline, change):
    address = f"/api/v1/changes/{change.pk}"
    seen = pipeline.get(address)["ETag"]
    assert pipeline.get(f"{address}?wait=1", headers={"If-None-Match": seen}).status_code == 304


def test_who_finds_no_place_to_wait_is_told_when_to_come_back(pipeline, change, settings, monkeypatch):
    moving(monkeypatch, lambda: pytest.fail("It waits."))
    for _place in range(settings.WAITING_REQUESTS):
        assert waiting._places.acquire(blocking=False)
    try:
        answer = pipeline.get(f"/api/v1/changes/{change.pk}?wait=30")
    finally:
        waiting._places.release(settings.WAITING_REQUESTS)
    assert (answer.status_code, answer.json()["state"], answer["Retry-After"]) == (200, "queued", "5")


def test_a_place_is_free_again_after_a_failure(settings):
    for _ in range(settings.WAITING_REQUESTS + 1):
        versions = iter([None])
        with pytest.raises(StopIteration):
            waiting.until_moved(partial(next, versions), None, 5)
    assert waiting._places._value == settings.WAITING_REQUESTS


def test_a_web_process_that_stops_holds_nothing(pipeline, change, monkeypatch):
    moving(monkeypatch, lambda: pytest.fail("It waits."))
    answer = pipeline.get(f"/api/v1/changes/{change.pk}?wait=30", **{"speechstudio.alive": lambda: False})
    assert answer.json()["state"] == "queued"


@pytest.mark.parametrize("wait", ["-1", "61", "x", "1e9", "99999999999999999999"])
def test_a_wait_that_is_no_number_of_seconds_is_refused(wait, pipeline, change):
    assert pipeline.get(f"/api/v1/changes/{change.pk}?wait={wait}").status_code == 422
