"""Deployments: of new endpoints and of another model."""

from __future__ import annotations

import pytest

from .conftest import Service


def test_a_new_endpoint_is_returned_with_201_and_location(service: Service) -> None:
    response = service.http.post("/endpoints", json=service.endpoint_body())
    assert response.status_code == 201
    assert response.headers["location"] == response.json()["self"]
    assert "retry-after" not in response.headers
    assert response.json()["status"] == "NotStarted"


def test_a_deployment_is_not_started_then_running_then_succeeded(service: Service) -> None:
    endpoint = service.deploy()
    seen = []
    for seconds in (0, 5, 16):
        service.advance(seconds)
        seen.append(service.get(endpoint["self"]))
    assert [one["status"] for one in seen] == ["NotStarted", "Running", "Succeeded"]
    assert len({one["lastActionDateTime"] for one in seen}) == 3
    assert len({one["createdDateTime"] for one in seen}) == 1


def test_retry_after_is_sent_until_all_statuses_are_final(service: Service) -> None:
    endpoint = service.deploy()
    for path in (endpoint["self"], "/endpoints"):
        assert service.http.get(path).headers["retry-after"] == "2"
    service.advance(30)
    for path in (endpoint["self"], "/endpoints"):
        assert "retry-after" not in service.http.get(path).headers


def test_a_new_endpoint_has_links(service: Service) -> None:
    endpoint = service.deploy()
    identity = endpoint["self"].rsplit("/", 1)[1]
    assert len(endpoint["links"]) == 7
    assert endpoint["links"].pop("logs") == f"{endpoint['self']}/files/logs"
    assert all(link.endswith(f"?cid={identity}") for link in endpoint["links"].values())


def test_another_model_is_returned_at_once_and_deployed(service: Service) -> None:
    endpoint = service.deployed()
    other = service.get("/models", top=1, skip=1)["values"][0]
    changed = service.http.patch(endpoint["self"], json={"model": {"self": other["self"]}})
    assert changed.status_code == 200
    assert changed.json()["model"]["self"] == other["self"]
    assert changed.json()["status"] == "NotStarted"
    assert changed.headers["retry-after"] == "2"
    service.advance(30)
    assert service.get(endpoint["self"])["status"] == "Succeeded"


@pytest.mark.parametrize("media", ["application/json", "application/merge-patch+json"])
def test_a_new_name_starts_no_deployment(service: Service, media: str) -> None:
    endpoint = service.deployed()
    body = b'{"displayName": "Renamed", "properties": {"contentLoggingEnabled": true}}'
    changed = service.http.patch(endpoint["self"], content=body, headers={"content-type": media}).json()
    assert changed["displayName"] == "Renamed"
    assert changed["status"] == "Succeeded"
    assert changed["properties"]["loggingEnabled"] is True
    assert changed["lastActionDateTime"] == endpoint["lastActionDateTime"]


def test_the_same_model_again_starts_no_deployment(service: Service) -> None:
    endpoint = service.deployed()
    changed = service.http.patch(endpoint["self"], json={"model": endpoint["model"]}).json()
    assert changed["status"] == "Succeeded"


def test_a_broken_model_fails_with_a_reason_and_can_be_replaced(service: Service) -> None:
    endpoint = service.deployed(model={"self": service.model("Broken")["self"]})
    assert endpoint["status"] == "Failed"
    assert set(endpoint["properties"]["error"]) == {"code", "message"}
    good = {"model": {"self": service.model("Call center")["self"]}}
    service.http.patch(endpoint["self"], json=good).raise_for_status()
    service.advance(30)
    repaired = service.get(endpoint["self"])
    assert repaired["status"] == "Succeeded"
    assert "error" not in repaired["properties"]


def test_the_same_model_is_deployed_again_after_a_failure(service: Service) -> None:
    endpoint = service.deployed(model={"self": service.model("Broken")["self"]})
    again = service.http.patch(endpoint["self"], json={"model": endpoint["model"]}).json()
    assert again["status"] == "NotStarted"


def test_an_endpoint_cannot_be_changed_during_a_deployment(service: Service) -> None:
    endpoint = service.deploy()
    code = service.error_of("PATCH", endpoint["self"], json={"displayName": "Too early"})
    assert code == (409, "EndpointNotUpdatable")
    assert service.get(endpoint["self"])["displayName"] == "Line 1"


def test_a_switch_permits_changes_during_a_deployment(service: Service) -> None:
    service.reset(switches={"update_while_running": "accept"})
    endpoint = service.deploy()
    assert service.http.patch(endpoint["self"], json={"displayName": "Early"}).json()["displayName"] == "Early"


def test_a_base_model_can_be_deployed(service: Service) -> None:
    base = service.get("/models/base", filter="locale eq 'fr-FR'")["values"][-1]
    endpoint = service.deployed(locale="fr-FR", model={"self": base["self"]})
    assert endpoint["model"]["self"] == base["self"]
    assert endpoint["status"] == "Succeeded"


def test_a_deleted_endpoint_is_not_found(service: Service) -> None:
    endpoint = service.deploy()
    assert service.http.delete(endpoint["self"]).status_code == 204
    assert service.http.get(endpoint["self"]).status_code == 404
    assert service.http.delete(endpoint["self"]).status_code == 404


def test_time_to_live_counts_from_completion(service: Service) -> None:
    endpoint = service.deploy(properties={"timeToLive": "PT1H"})
    service.advance(3610)
    assert service.http.get(endpoint["self"]).status_code == 200
    service.advance(15)
    assert service.http.get(endpoint["self"]).status_code == 404
    assert service.every("/endpoints") == []


def test_an_endpoint_of_a_free_resource_is_deleted_after_seven_days(service: Service) -> None:
    service.reset(tier="F0")
    endpoint = service.deployed()
    service.advance(6.9 * 86_400)
    assert service.http.get(endpoint["self"]).status_code == 200
    service.advance(0.2 * 86_400)
    assert service.http.get(endpoint["self"]).status_code == 404


def test_the_email_property_is_removed_after_the_deployment(service: Service) -> None:
    endpoint = service.deploy(properties={"email": "ann@example.com"})
    assert endpoint["properties"]["email"] == "ann@example.com"
    service.advance(30)
    assert "email" not in service.get(endpoint["self"])["properties"]


REDEPLOYED = {  # while another model is deployed, and then: the status, and whether the new model is shown
    "running": (("NotStarted", True), ("Succeeded", True)),
    "old": (("Succeeded", False), ("Succeeded", True)),
    "new": (("Succeeded", True), ("Succeeded", True)),
    "back": (("NotStarted", True), ("Succeeded", False)),
}


@pytest.mark.parametrize("how", REDEPLOYED)
def test_another_model_is_shown_as_the_switch_says(service: Service, how: str) -> None:
    service.reset(switches={"redeploy": how})
    endpoint = service.deployed()
    model = service.get("/models/base", filter="locale eq 'en-US'")["values"][-1]["self"]
    for _attempt in range(2 if how == "back" else 1):  # the same model again, after it was lost
        seen = [service.http.patch(endpoint["self"], json={"model": {"self": model}}).json()]
        service.advance(60)
        seen.append(service.get(endpoint["self"]))
        assert tuple((one["status"], one["model"]["self"] == model) for one in seen) == REDEPLOYED[how]
