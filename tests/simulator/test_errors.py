"""Requests that the service refuses, and the codes of the errors."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.demo import PLAIN

from .conftest import KEY, Service


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"displayName": ""}, "InvalidPayload"),
        ({"displayName": None}, "InvalidPayload"),
        ({"displayName": 7}, "InvalidPayload"),
        ({"locale": None}, "InvalidPayload"),
        ({"locale": "xx-XX"}, "InvalidLocale"),
        ({"locale": "de-DE"}, "ModelMismatch"),
        ({"model": None}, "InvalidModel"),
        ({"model": {}}, "InvalidModel"),
        ({"model": {"self": "somewhere"}}, "InvalidModelUri"),
        ({"model": {"self": f"http://x/speechtotext/v3.2/models/{uuid4()}"}}, "InvalidModel"),
        ({"project": {"self": f"http://x/speechtotext/v3.2/projects/{uuid4()}"}}, "InvalidProject"),
        ({"project": {"self": "somewhere"}}, "InvalidProject"),
        ({"properties": {"timeToLive": "P32D"}}, "InvalidTimeToLive"),
        ({"properties": {"timeToLive": "soon"}}, "InvalidTimeToLive"),
        ({"properties": {"loggingEnabled": "yes"}}, "InvalidPayload"),
        ({"customProperties": {"number": 1}}, "InvalidPayload"),
        ({"customProperties": {"k" * 65: "v"}}, "InvalidParameterValue"),
        ({"customProperties": {"k": "v" * 257}}, "InvalidParameterValue"),
        ({"customProperties": {str(index): "v" for index in range(11)}}, "InvalidParameterValue"),
    ],
)
def test_an_invalid_body_is_refused_and_creates_nothing(service: Service, change: dict[str, Any], code: str) -> None:
    assert service.error_of("POST", "/endpoints", json=service.endpoint_body(**change)) == (400, code)
    assert service.every("/endpoints") == []


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Call center, batch only", "ModelNotDeployable"),
        ("Hotline, noisy lines", "ModelNotDeployable"),
        ("Hotline, next release", "ModelNotDeployable"),
    ],
)
def test_a_model_that_cannot_be_deployed_is_refused(service: Service, name: str, code: str) -> None:
    model = service.model(name)
    endpoint_body = service.endpoint_body(model={"self": model["self"]}, locale=model["locale"])
    assert service.error_of("POST", "/endpoints", json=endpoint_body) == (400, code)


def test_an_expired_model_is_refused_for_new_and_existing_endpoints(service: Service) -> None:
    model = service.get("/models", skip=3, top=1)["values"][0]
    reference = {"model": {"self": model["self"]}}
    assert service.error_of("POST", "/endpoints", json=service.endpoint_body(**reference)) == (400, "ModelDeprecated")
    endpoint = service.deployed()
    assert service.error_of("PATCH", endpoint["self"], json=reference) == (400, "ModelDeprecated")


def test_a_refused_change_changes_nothing(service: Service) -> None:
    endpoint = service.deployed()
    change = {"displayName": "New", "customProperties": {"a": "b"}, "model": {"self": "somewhere"}}
    assert service.error_of("PATCH", endpoint["self"], json=change) == (400, "InvalidModelUri")
    assert service.get(endpoint["self"]) == endpoint


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "EmptyRequest"),
        (b"{", "InvalidRequestBodyFormat"),
        (b"[]", "InvalidRequestBodyFormat"),
        (b"\xff", "InvalidRequestBodyFormat"),
        (b"[" * 100_000, "InvalidRequestBodyFormat"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(service: Service, body: bytes, code: str) -> None:
    headers = {"content-type": "application/json"}
    assert service.error_of("POST", "/endpoints", content=body, headers=headers) == (400, code)


def test_other_media_types_are_not_supported(service: Service) -> None:
    response = service.http.post("/endpoints", content=b"<a/>", headers={"content-type": "text/xml"})
    assert response.status_code == 415
    assert response.json()["code"] == "UnsupportedMediaType"


def test_read_only_and_unknown_properties_are_ignored(service: Service) -> None:
    endpoint_body = {"status": "Succeeded", "createdDateTime": "2001-01-01T00:00:00Z", "links": {}, "color": "red"}
    endpoint = service.deploy(**endpoint_body)
    assert endpoint["status"] == "NotStarted"
    assert not endpoint["createdDateTime"].startswith("2001")
    assert "color" not in endpoint


def test_the_fifty_first_endpoint_exceeds_the_quota(service: Service) -> None:
    service.reset(endpoints=50)
    assert service.error_of("POST", "/endpoints", json=service.endpoint_body()) == (409, "QuotaViolation")
    service.http.delete(service.get("/endpoints", top=1)["values"][0]["self"])
    service.deploy()


def test_a_free_resource_has_one_endpoint(service: Service) -> None:
    service.reset(tier="F0", switches={"quota_status": 403})
    service.deploy()
    assert service.error_of("POST", "/endpoints", json=service.endpoint_body()) == (403, "QuotaViolation")


def test_custom_properties_of_an_update_are_merged(service: Service) -> None:
    endpoint = service.deployed(customProperties={"team": "a", "cost": "1"})
    change = {"customProperties": {"cost": None, "mark": "x"}}
    changed = service.http.patch(endpoint["self"], json=change).json()
    assert changed["customProperties"] == {"team": "a", "mark": "x"}


def test_a_switch_replaces_custom_properties_instead(service: Service) -> None:
    service.reset(switches={"patch_custom_properties": "replace"})
    endpoint = service.deployed(customProperties={"team": "a"})
    changed = service.http.patch(endpoint["self"], json={"customProperties": {"mark": "x"}}).json()
    assert changed["customProperties"] == {"mark": "x"}


def test_logging_has_another_name_in_an_update(service: Service) -> None:
    endpoint = service.deployed()
    ignored = service.http.patch(endpoint["self"], json={"properties": {"loggingEnabled": True}})
    assert ignored.json()["properties"]["loggingEnabled"] is False
    heard = service.http.patch(endpoint["self"], json={"properties": {"contentLoggingEnabled": True}})
    assert heard.json()["properties"]["loggingEnabled"] is True


def test_null_removes_description_and_project(service: Service) -> None:
    project = {"self": service.every("/projects")[0]["self"]}
    endpoint = service.deployed(description="Words", project=project)
    assert endpoint["project"] == project
    changed = service.http.patch(endpoint["self"], json={"description": None, "project": None}).json()
    assert "description" not in changed
    assert "project" not in changed


@pytest.mark.parametrize("headers", [{}, {"Ocp-Apim-Subscription-Key": "wrong"}, {"Authorization": "Bearer x.y.z"}])
def test_a_wrong_key_gets_an_error_of_the_gateway(service: Service, headers: dict[str, str]) -> None:
    response = service.open.get(f"{service.url}/speechtotext/v3.2/endpoints", headers=headers)
    assert response.status_code == 401
    assert response.json()["error"]["code"] == "401"


def test_a_token_replaces_the_key_for_ten_minutes(service: Service) -> None:
    token = service.http.post(f"{service.url}/sts/v1.0/issueToken").text
    headers = {"Authorization": f"Bearer {token}"}
    address = f"{service.url}/speechtotext/v3.2/endpoints"
    assert service.open.get(address, headers=headers).status_code == 200
    service.advance(601)
    assert service.open.get(address, headers=headers).status_code == 401


def test_an_unknown_path_is_404_and_an_unknown_method_405(service: Service) -> None:
    assert service.http.get("/nothing").json() == {"error": {"code": "404", "message": "Resource not found"}}
    assert service.http.get(f"{service.url}/speechtotext/v9/endpoints").status_code == 404
    refused = service.http.put("/endpoints")
    assert (refused.status_code, refused.json()["code"]) == (405, "NotAllowed")


def test_too_many_requests_get_429_with_retry_after(service: Service) -> None:
    service.reset(rate_limit="3/10")
    answers = [service.http.get("/endpoints") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[3].json()["code"] == "TooManyRequests"
    assert 1 <= int(answers[3].headers["retry-after"]) <= 10
    service.advance(10)
    assert service.http.get("/endpoints").status_code == 200


def test_zero_disables_the_rate_limit(service: Service) -> None:
    service.reset(rate_limit="0/0")
    with httpx.Client(headers={"Ocp-Apim-Subscription-Key": KEY}, verify=PLAIN) as client:
        answers = {client.get(f"{service.url}/speechtotext/v3.2/endpoints").status_code for _ in range(120)}
    assert answers == {200}
