"""A POST with an Idempotency-Key is carried out once, however often it is sent."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from endpoints.access import api_requests
from endpoints.models import ApiRequest, Change, Event
from tests.api.conftest import Program
from tests.conftest import person


def test_the_same_request_requests_once(pipeline, endpoint, other):
    address, body = f"/endpoints/{endpoint.pk}/change-model", {"model": str(other.pk), "reason": "Release 7"}
    first = pipeline.send(address, body, key="release-7")
    again = pipeline.send(address, dict(reversed(body.items())), key="release-7")
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json()["id"] == again.json()["id"]
    assert ("Idempotency-Replayed" in first, again["Idempotency-Replayed"]) == (False, "true")
    assert Change.objects.count() == 1
    assert Event.objects.filter(verb="requested-change-model").count() == 1


def test_what_is_repeated_is_shown_as_it_is_now(pipeline, endpoint, other, worker):
    address, body = f"/endpoints/{endpoint.pk}/change-model", {"model": str(other.pk)}
    pipeline.send(address, body, key="release-7")
    worker.run_round()
    assert pipeline.send(address, body, key="release-7").json()["state"] == Change.objects.get().state != "queued"


def test_the_same_key_with_another_request_is_refused(pipeline, endpoint, other):
    address = f"/endpoints/{endpoint.pk}"
    pipeline.send(f"{address}/change-model", {"model": str(other.pk)}, key="release-7")
    for action, body in (
        ("change-model", {"model": str(other.pk), "reason": "Another"}),
        ("delete", {"name": endpoint.display_name, "reason": "Another"}),
    ):
        answer = pipeline.send(f"{address}/{action}", body, key="release-7")
        assert (answer.status_code, answer.json()["type"]) == (409, "/api/problems/key-reused")
    assert Change.objects.count() == 1


@pytest.mark.parametrize("key", ["", " ", "ä", "a b", "a" * 256])
def test_without_a_key_nothing_is_requested(key, pipeline, endpoint, other):
    headers = {"Idempotency-Key": key} if key else {}
    body = f'{{"model": "{other.pk}"}}'
    address = f"/api/v1/endpoints/{endpoint.pk}/change-model"
    answer = pipeline.post(address, body, content_type="application/json", headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (400, "/api/problems/no-key")
    assert not Change.objects.exists()


def test_a_key_may_stand_in_quotation_marks(pipeline, endpoint, other):
    address, body = f"/endpoints/{endpoint.pk}/change-model", {"model": str(other.pk)}
    first = pipeline.send(address, body, key='"release-7"')
    assert pipeline.send(address, body, key="release-7").json() == first.json()


def test_a_request_that_was_refused_may_be_sent_again(pipeline, endpoint, other):
    address, body = f"/endpoints/{endpoint.pk}/change-model", {"model": str(other.pk)}
    opened = pipeline.send(f"/endpoints/{endpoint.pk}/edit", {"description": "New"}).json()["id"]
    assert pipeline.send(address, body, key="release-7").status_code == 409
    assert pipeline.send(f"/changes/{opened}/cancel").status_code == 200
    assert pipeline.send(address, body, key="release-7").status_code == 202


def test_keys_are_a_person_s_own(pipeline, endpoint, other):
    another = Program(person("alice", "admin").user)
    body = {"description": "New"}
    pipeline.send(f"/endpoints/{endpoint.pk}/edit", body, key="1")
    assert another.send(f"/endpoints/{endpoint.pk}/edit", body, key="1").status_code == 409  # another change is open
    second = Program(pipeline.user, "another token")
    assert second.send(f"/endpoints/{endpoint.pk}/edit", body, key="1").status_code == 202


def test_old_keys_are_forgotten_but_a_change_is_never_requested_twice(pipeline, endpoint, other, worker):
    address, body = f"/endpoints/{endpoint.pk}/change-model", {"model": str(other.pk)}
    first = pipeline.send(address, body, key="release-7").json()["id"]
    ApiRequest.objects.update(created_at=timezone.now() - api_requests.KEPT - timedelta(days=1))
    assert api_requests.remove_old() == 1
    pipeline.send(f"/changes/{first}/cancel")
    assert pipeline.send(address, body, key="release-7").json()["id"] == first
    ApiRequest.objects.all().delete()
    assert pipeline.send(address, {**body, "reason": "Another"}, key="release-7").status_code == 409
    assert Change.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_many_at_once_request_once(pipeline, endpoint, other):
    """As many connections as a web process has; each waits for the one that came first."""
    address, body = f"/endpoints/{endpoint.pk}/edit", {"description": "New"}
    answers, together = [], threading.Barrier(4)

    def send():
        program = Program.__new__(Program)
        program.__dict__ = dict(pipeline.__dict__)
        together.wait()
        answers.append(program.send(address, body, key="at-once"))
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [202] * 4
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert Change.objects.count() == 1
