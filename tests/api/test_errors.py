"""Whatever goes wrong below /api/, the answer is problem details (RFC 9457)."""

import json
from uuid import uuid4

import pytest
from django.db import OperationalError

from endpoints.models import Change


def problem(answer, status, name=None):
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    found = json.loads(answer.content)
    assert found["status"] == status
    assert found["title"]
    assert found["type"].startswith("/api/problems/")
    if name:
        assert found["type"].endswith(f"/{name}")
    return found


def test_without_a_token_there_is_nothing(client, db):
    answer = client.get("/api/v1/endpoints")
    problem(answer, 401, "no-token")
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_an_address_that_does_not_exist(client, pipeline):
    for path in (
        "/api/",
        "/api/v2/endpoints",
        "/api/v1/a%0Ab",
        "/api/v1/nothing",
        f"/api/v1/endpoints/{uuid4()}/nothing",
    ):
        problem(client.get(path), 404, "not-found")
    problem(pipeline.get(f"/api/v1/endpoints/{uuid4()}"), 404, "not-found")
    problem(pipeline.get("/api/v1/endpoints/1"), 404, "not-found")


def test_a_method_that_an_address_does_not_take(pipeline):
    answer = pipeline.put("/api/v1/endpoints", b"{}", content_type="application/json")
    problem(answer, 405, "method")
    assert {"GET", "POST"} <= set(answer["Allow"].split(", "))


def test_what_the_rights_do_not_allow(watcher, endpoint):
    answer = watcher.send(f"/endpoints/{endpoint.pk}/go-back", {"reason": "No"})
    problem(answer, 403, "not-permitted")


def test_each_wrong_member_is_named(pipeline, endpoint):
    answer = pipeline.send(f"/endpoints/{endpoint.pk}/change-model", {"model": "none", "resaon": "x"})
    errors = {one["pointer"]: one["detail"] for one in problem(answer, 422, "not-valid")["errors"]}
    assert errors.keys() == {"#/model", "#/resaon"}


def test_a_misspelled_filter_selects_nothing(pipeline):
    found = problem(pipeline.get("/api/v1/endpoints?locael=de-DE"), 422, "not-valid")
    assert found["errors"][0]["parameter"] == "locael"
    problem(pipeline.get("/api/v1/endpoints?status=Broken"), 422, "not-valid")
    problem(pipeline.get("/api/v1/endpoints?cursor=x"), 422, "not-valid")


CRAFTED = {
    "no JSON": (b"{", 400),
    "not UTF-8": (b'{"name": "\xff"}', 400),
    "NaN": (b'{"number": NaN}', 400),
    "deep": (b"[" * 100_000 + b"]" * 100_000, 400),
    "an endless number": (b'{"number": ' + b"1" * 10_000 + b"}", 400),
    "NUL": (b'{"reason": "a\\u0000b"}', 422),
    "half a surrogate pair": (b'{"reason": "\\ud800"}', 422),
    "a huge number": (b'{"number": 99999999999999999999999}', 422),
    "infinite": (b'{"number": 1e999}', 422),
    "a list": (b"[]", 422),
    "null": (b"null", 422),
    "nothing": (b"", 422),
    "an unknown member": (b'{"__class__": 1}', 422),
    "too large": (b'{"reason": "' + b"a" * 2_700_000 + b'"}', 413),
}


@pytest.mark.parametrize("name", CRAFTED)
def test_a_crafted_body_is_refused(name, pipeline, mirrored):
    body, status = CRAFTED[name]
    problem(pipeline.send(f"/resources/{mirrored.pk}/pause", body), status)


def test_a_body_that_is_no_json_is_refused(pipeline, mirrored):
    headers = {"Idempotency-Key": "1"}
    answer = pipeline.post(f"/api/v1/resources/{mirrored.pk}/pause", {"reason": "x"}, headers=headers)
    problem(answer, 415, "media-type")


@pytest.mark.parametrize(
    "query",
    ["q=%00", "q=%ED%A0%80", "limit=0", "limit=1e9", "limit=99999999999999999999", "cursor=%00", "owner=%00"],
)
def test_a_crafted_query_fails_nothing(query, pipeline, endpoint):
    assert pipeline.get(f"/api/v1/endpoints?{query}").status_code in (200, 422)


def test_a_crafted_address_or_header_is_refused(client, pipeline):
    problem(client.get("/api/v1/endpoints/%00"), 400, "bad-request")
    for number in ("0", "9" * 19, "9" * 400, "9" * 5000):
        for file in ("", "/audio", "/transcript"):
            answer = pipeline.get(f"/api/v1/endpoints/{uuid4()}/logs/{number}{file}")
            problem(answer, 404 if len(number) > 4300 else 422)
    problem(client.get("/api/v1/endpoints", headers={"Host": "elsewhere.example"}), 400, "bad-request")
    problem(client.get("/api/v1/endpoints", headers={"Authorization": "Bearer \x00\udc80"}), 401, "no-token")
    problem(client.get("/api/v1/endpoints", headers={"Authorization": "Basic YTpi"}), 401, "no-token")


def test_what_fails_here_tells_nothing(pipeline, endpoint, monkeypatch):
    def fail(*_arguments):
        raise RuntimeError("secret words")

    monkeypatch.setattr("endpoints.api.rows.endpoint", fail)
    answer = pipeline.get(f"/api/v1/endpoints/{endpoint.pk}")
    assert b"secret words" not in answer.content
    problem(answer, 500, "failed")


def test_a_database_that_is_away_is_a_503(pipeline, endpoint, monkeypatch):
    def fail(*_arguments):
        raise OperationalError("gone")

    monkeypatch.setattr("endpoints.api.rows.endpoint", fail)
    answer = pipeline.get(f"/api/v1/endpoints/{endpoint.pk}")
    problem(answer, 503, "unavailable")
    assert answer["Retry-After"]


def test_each_kind_of_problem_is_explained_at_its_address(client, db, pipeline):
    kind = problem(pipeline.get("/api/v1/nothing"), 404)["type"]
    assert "nothing at this address" in client.get(kind).content.decode()


def test_nothing_was_requested_by_any_of_these(pipeline, mirrored):
    pipeline.send(f"/resources/{mirrored.pk}/pause", b"{")
    mirrored.refresh_from_db()
    assert not mirrored.paused
    assert not Change.objects.exists()
