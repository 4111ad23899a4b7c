"""The control routes: ledger, faults, clock, reset."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.demo import until

from .conftest import Service


def fault(**parts: Any) -> dict[str, Any]:
    return {"method": "GET", "path": "/endpoints", "times": 1, "stage": "before"} | parts


def test_the_ledger_records_the_effect_of_each_request(service: Service) -> None:
    endpoint = service.deployed()
    identity = endpoint["self"].rsplit("/", 1)[1]
    service.http.patch(endpoint["self"], json={"displayName": "New"})
    service.http.delete(endpoint["self"])
    service.http.get("/endpoints?top=5")
    entries = service.ledger()[-5:]
    assert [entry["method"] for entry in entries] == ["POST", "GET", "PATCH", "DELETE", "GET"]
    assert [entry["status"] for entry in entries] == [201, 200, 200, 204, 200]
    assert entries[0]["effect"] == {"made": [identity], "changed": [], "removed": []}
    assert entries[2]["effect"] == {"made": [], "changed": [identity], "removed": []}
    assert entries[3]["effect"] == {"made": [], "changed": [], "removed": [identity]}
    assert entries[4]["path"] == "/speechtotext/v3.2/endpoints?top=5"
    assert not any("/_world/" in entry["path"] for entry in service.ledger())


def test_a_fault_with_a_status_does_not_execute_the_request(service: Service) -> None:
    endpoint_body = service.endpoint_body()
    headers = {"Retry-After": "7"}
    service.faults(fault(method="POST", effect={"status": 503, "headers": headers, "body": {"code": "X"}}))
    refused = service.http.post("/endpoints", json=endpoint_body)
    assert (refused.status_code, refused.headers["retry-after"], refused.json()) == (503, "7", {"code": "X"})
    assert service.every("/endpoints") == []
    assert service.http.post("/endpoints", json=endpoint_body).status_code == 201, "once only"


def test_a_fault_with_a_status_has_an_error_of_the_contract_by_default(service: Service) -> None:
    service.faults(fault(effect={"status": 429}))
    assert service.http.get("/endpoints").json()["code"] == "TooManyRequests"


def test_the_response_to_an_executed_request_can_be_lost(service: Service) -> None:
    endpoint_body = service.endpoint_body()
    service.faults(fault(method="POST", stage="after", effect={"close": True}))
    with pytest.raises(httpx.RemoteProtocolError):
        service.http.post("/endpoints", json=endpoint_body)
    (endpoint,) = service.every("/endpoints")
    entry = next(entry for entry in service.ledger() if entry["method"] == "POST")
    assert entry["status"] is None
    assert endpoint["self"].endswith(entry["effect"]["made"][0])


def test_a_connection_closed_before_execution_has_no_effect(service: Service) -> None:
    endpoint_body = service.endpoint_body()
    service.faults(fault(method="POST", effect={"close": True}))
    with pytest.raises(httpx.TransportError):
        service.http.post("/endpoints", json=endpoint_body)
    assert service.every("/endpoints") == []


def test_a_truncated_response_announces_the_whole_length(service: Service) -> None:
    service.faults(fault(effect={"truncate": 5}))
    with service.http.stream("GET", "/endpoints") as answer:
        assert int(answer.headers["content-length"]) > 5
        with pytest.raises(httpx.RemoteProtocolError):
            answer.read()


def test_a_dripping_response_is_complete_at_its_end(service: Service) -> None:
    service.faults(fault(path="/locales", effect={"drip": 400}))
    answer = service.http.get("/endpoints/locales")
    assert "en-US" in answer.json()
    assert answer.elapsed.total_seconds() > 0.05


def test_a_delayed_response_is_the_usual_one(service: Service) -> None:
    service.faults(fault(effect={"delay": 0.15}), fault(stage="after", effect={"delay": 0.15}))
    for _ in range(2):
        answer = service.http.get("/endpoints")
        assert answer.status_code == 200
        assert answer.elapsed.total_seconds() >= 0.15


def test_a_request_that_is_delayed_beyond_a_reset_is_not_carried_out_in_the_next_world(service: Service) -> None:
    service.faults(fault(method="POST", effect={"delay": 2}))
    with ThreadPoolExecutor(1) as pool:
        lost = pool.submit(service.http.post, "/endpoints", json=service.endpoint_body())
        until(lambda: [entry for entry in service.ledger() if entry["method"] == "POST"])
        service.reset()
        with pytest.raises(httpx.RemoteProtocolError):
            lost.result()
    assert service.every("/endpoints") == []


@pytest.mark.parametrize(("body", "content"), [("<html>", b"<html>"), ({"values": 7}, b'{"values":7}'), (None, b"")])
def test_another_body_keeps_the_status(service: Service, body: Any, content: bytes) -> None:
    service.faults(fault(effect={"body": body}))
    answer = service.http.get("/endpoints")
    assert (answer.status_code, answer.content) == (200, content)


def test_faults_apply_to_matching_requests_as_often_as_given(service: Service) -> None:
    service.faults(fault(path=r"/models\?top=1$", times=2, effect={"status": 500}))
    codes = [
        service.http.get(path).status_code for path in ("/models", "/models?top=1", "/models?top=1", "/models?top=1")
    ]
    assert codes == [200, 500, 500, 200]
    service.faults({"effect": {"status": 500}, "times": None})
    assert {service.http.get("/models").status_code for _ in range(5)} == {500}
    service.faults()
    assert service.http.get("/models").status_code == 200


def test_faults_apply_to_content(service: Service) -> None:
    service.reset(logs=1, log_bytes=100_000)
    endpoint = service.deployed(properties={"loggingEnabled": True})
    url = service.every(endpoint["links"]["logs"])[0]["links"]["contentUrl"]
    service.faults({"path": "customspeech-audiologs", "effect": {"truncate": 70_000}})
    with service.open.stream("GET", url) as answer, pytest.raises(httpx.RemoteProtocolError):
        answer.read()
    whole = service.open.get(url).content
    assert service.open.get(url, headers={"Range": "bytes=70000-"}).content == whole[70_000:]


@pytest.mark.parametrize("body", ['{"effect": {}}', '[{"effect": {"explode": true}}]', '[{"effect": {}, "path": "("}]'])
def test_an_invalid_fault_is_refused(service: Service, body: str) -> None:
    assert service.open.post(f"{service.url}/_world/faults", content=body).status_code == 400


def test_a_stopped_clock_moves_by_advance_only(service: Service) -> None:
    service.stop()
    began = service.open.post(f"{service.url}/_world/stop").json()["now"]
    endpoint = service.deploy()
    assert endpoint["createdDateTime"] == began
    assert service.get(endpoint["self"])["status"] == "NotStarted"
    service.advance(30)
    assert service.get(endpoint["self"])["status"] == "Succeeded"
    service.reset(deploy_seconds=0.2)
    service.stop()
    endpoint = service.deploy()
    service.go()
    until(lambda: service.get(endpoint["self"])["status"] == "Succeeded")


def test_a_reset_starts_a_new_world_with_other_options(service: Service) -> None:
    service.deploy()
    service.faults({"effect": {"status": 500}, "times": None})
    service.advance(5000)
    options = service.reset(world="empty", endpoints=5, deploy_seconds=0, log_bytes=1000)["options"]
    assert (options["endpoints"], options["models"]) == (5, 9)
    assert service.every("/projects") == service.every("/models") == []
    endpoints = service.every("/endpoints")
    assert len(endpoints) == 5
    assert all("/models/base/" in endpoint["model"]["self"] for endpoint in endpoints)
    assert len(service.ledger()) == 3
    service.reset()
    assert len(service.every("/projects")) == 2


@pytest.mark.parametrize("body", [{"color": 1}, {"endpoints": -1}, {"rate_limit": "fast"}, {"switches": {"x": 1}}])
def test_a_reset_with_invalid_options_is_refused(service: Service, body: dict[str, Any]) -> None:
    assert service.open.post(f"{service.url}/_world/reset", json=body).status_code == 400


def test_control_needs_no_key_and_has_no_rate_limit(service: Service) -> None:
    service.reset(rate_limit="1/10")
    assert {service.open.get(f"{service.url}/_world/ledger").status_code for _ in range(20)} == {200}


def test_responses_can_have_latency(service: Service) -> None:
    service.reset(latency_ms=60)
    assert service.http.get("/endpoints").elapsed.total_seconds() >= 0.06
