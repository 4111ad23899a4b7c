"""Three API versions of one world, and retired versions."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .conftest import Json, Service
from .test_training import ACCOUNT

LATER = ("2024-11-15", "2025-10-15")
NEWEST = "2025-10-15"
UNKNOWN = "InvalidParameterValue"
every_later = pytest.mark.parametrize("version", LATER)


def addresses(body: Any) -> set[str]:
    """All URLs of the management API in a response."""
    if isinstance(body, dict):
        return set().union(*(addresses(value) for value in body.values()))
    if isinstance(body, list):
        return set().union(*(addresses(value) for value in body))
    return {body} if isinstance(body, str) and "/speechtotext/" in body else set()


@every_later
def test_all_urls_of_a_later_version_have_it_in_the_query(service: Service, version: str) -> None:
    service.reset(endpoints=3)
    with service.later(version) as later:
        bodies = [later.get(path, top=1) for path in ("/endpoints", "/models", "/models/base")]
        if version == NEWEST:
            bodies.append(later.get("/projects", top=1))
            bodies.append(later.get(bodies[-1]["values"][0]["links"]["datasets"], top=1, **{"api-version": version}))
        found = addresses(bodies)
        assert any("skip=1" in address for address in found)
        assert {address.partition("?")[2].split("&")[0] for address in found} == {f"api-version={version}"}
        assert all(address.startswith(f"{service.url}/speechtotext/") for address in found)
        assert "/v3.2/" not in json.dumps(bodies)
        for body in bodies:
            assert len(later.get(body["@nextLink"])["values"]) == 1
            own = body["values"][0]["self"]
            if "/datasets/" not in own:
                assert later.get(own)["self"] == own


@every_later
def test_an_entity_of_one_version_is_visible_in_the_others(service: Service, version: str) -> None:
    endpoint = service.deploy(text="Words", properties={"timeToLive": "P1D", "email": "a@example.com"})
    name = endpoint["self"].rsplit("/", 1)[1]
    with service.later(version) as later:
        shown = later.get(f"/endpoints/{name}")
        assert shown["displayName"] == endpoint["displayName"]
        assert "text" not in shown
        assert shown["properties"] == {"loggingEnabled": False}
        host = service.url.removeprefix("http")
        assert shown["links"] == {"webSocket": f"ws{host}/stt/speech/universal/v2?cid={name}"}
        made = later.http.post("/endpoints", json={**service.endpoint_body(), "model": shown["model"], "text": "Words"})
        assert made.status_code == 201
        assert made.headers["location"] == made.json()["self"]
        assert "text" not in service.get(f"/endpoints/{made.json()['self'].partition('?')[0].rsplit('/', 1)[1]}")


@every_later
def test_models_of_later_versions_have_other_features_and_links(service: Service, version: str) -> None:
    with service.later(version) as later:
        custom, base = later.get("/models")["values"][0], later.get("/models/base")["values"][0]
        for model in (custom, base):
            features = model["properties"]["features"]
            assert features["supportsTranscriptionsSubmit"] is True
            assert features["supportsTranscriptionsTranscribe"] is True
            assert "supportsTranscriptions" not in features
        assert set(custom["links"]) == {"copy", "files", "manifest"}
        assert custom["links"]["copy"].endswith(f":copy?api-version={version}")
        assert ("project" in custom) is (version == NEWEST)
        endpoint_body = {"displayName": "New", "locale": "en-US", "text": "Words"}
        assert later.error_of("POST", "/models", json=endpoint_body) == (400, "InvalidDataset"), "text is gone"


@every_later
def test_content_urls_are_valid_for_minutes_which_manifests_require(service: Service, version: str) -> None:
    with service.later(version) as later:
        model = later.model("Call center")
        assert later.error_of("GET", model["links"]["manifest"]) == (400, "InvalidSasValidityDuration")
        manifest = later.get(f"{model['links']['manifest']}&sasLifetimeMinutes=2")
        address = manifest["modelFiles"][0]["contentUrl"]
        assert service.open.get(address).status_code == 200
        service.advance(121)
        assert service.open.get(address).status_code == 403
        files = later.get(f"{model['links']['files']}&sasLifetimeMinutes=5")["values"]
        assert files[0]["properties"].keys() == {"size"}
        wrong = f"{model['links']['files']}&sasLifetimeMinutes=0"
        assert later.error_of("GET", wrong) == (400, "InvalidSasValidityDuration")


@every_later
def test_logging_needs_own_storage(service: Service, version: str) -> None:
    endpoint_body = service.endpoint_body(properties={"loggingEnabled": True})
    endpoint = service.deployed()
    name = endpoint["self"].rsplit("/", 1)[1]
    change = {"properties": {"contentLoggingEnabled": True}}
    with service.later(version) as later:
        assert later.error_of("POST", "/endpoints", json=endpoint_body) == (400, "EndpointLoggingNotSupported")
        assert later.error_of("PATCH", f"/endpoints/{name}", json=change) == (400, "EndpointLoggingNotSupported")
        assert service.http.patch(endpoint["self"], json=change).status_code == 200
        off = later.http.patch(f"/endpoints/{name}", json={"properties": {"contentLoggingEnabled": False}})
        assert off.json()["properties"] == {"loggingEnabled": False}


@every_later
def test_a_resource_with_own_storage_logs_and_returns_urls_without_sas(service: Service, version: str) -> None:
    service.reset(switches={"byos": "on"})
    with service.later(version) as later:
        made = later.http.post("/endpoints", json=service.endpoint_body(properties={"loggingEnabled": True}))
        assert made.json()["properties"] == {"loggingEnabled": True}
        files = later.model("Call center")["links"]["files"]
        assert "?" not in later.get(files)["values"][0]["links"]["contentUrl"]
        refused = later.error_of("GET", f"{files}&sasLifetimeMinutes=5")
        assert refused == (400, "InvalidSasValidityDuration")


def test_v3_2_returns_a_url_without_sas_for_zero_seconds(service: Service) -> None:
    service.reset(logs=1, log_bytes=1000, switches={"byos": "on"})
    endpoint = service.deployed(properties={"loggingEnabled": True})
    plain = service.get(endpoint["links"]["logs"], sasValidityInSeconds=0)["values"][0]
    assert "?" not in plain["links"]["contentUrl"]
    assert "sig=" in service.every(endpoint["links"]["logs"])[0]["links"]["contentUrl"]


@every_later
def test_later_versions_have_no_logs(service: Service, version: str) -> None:
    endpoint = service.deploy()
    name = endpoint["self"].rsplit("/", 1)[1]
    with service.later(version) as later:
        for path in (f"/endpoints/{name}/files/logs", "/endpoints/base/en-US/files/logs"):
            assert later.http.get(path).json() == {"error": {"code": "404", "message": "Resource not found"}}


def test_2024_11_15_has_no_projects(service: Service) -> None:
    project = service.every("/projects")[0]
    with service.later("2024-11-15") as later:
        assert later.http.get("/projects").status_code == 404
        made = later.http.post("/endpoints", json=service.endpoint_body(project={"self": project["self"]})).json()
        assert "project" not in made
        name = made["self"].partition("?")[0].rsplit("/", 1)[1]
    assert "project" not in service.get(f"/endpoints/{name}")


def test_2025_10_15_has_projects_with_a_foundry_name_and_without_counts(service: Service) -> None:
    with service.later(NEWEST) as later:
        endpoint_body = {"displayName": "P", "locale": "en-US", "foundryProjectName": "contoso-speech"}
        made = later.http.post("/projects", json=endpoint_body).json()
        assert made["foundryProjectName"] == "contoso-speech"
        assert "properties" not in made
        assert set(made["links"]) == {"datasets", "evaluations", "models", "endpoints", "transcriptions"}
        found = later.get("/projects", filter="foundryProjectName eq 'contoso-speech'", **{"api-version": NEWEST})
        assert [one["self"] for one in found["values"]] == [made["self"]]
        changed = later.http.patch(made["self"], json={"foundryProjectName": "other"}).json()
        assert changed["foundryProjectName"] == "other"
        endpoint = later.http.post("/endpoints", json=service.endpoint_body(project={"self": made["self"]})).json()
        assert endpoint["project"] == {"self": made["self"]}
        assert [one["self"] for one in later.every(made["links"]["endpoints"])] == [endpoint["self"]]
        dataset = later.every(later.get("/projects")["values"][0]["links"]["datasets"])[0]
        assert dataset["properties"]["durationMilliseconds"] == 3_640_000
    name = made["self"].partition("?")[0].rsplit("/", 1)[1]
    old = service.get(f"/projects/{name}")
    assert "foundryProjectName" not in old
    assert old["properties"]["endpointCount"] == 1


@every_later
def test_the_operation_of_a_copy_has_the_version_of_the_request(service: Service, version: str) -> None:
    with service.later(version) as later:
        first = later.http.post(
            "/models:authorizecopy",
            json={"sourceResourceId": ACCOUNT},
        ).json()
        granted = later.http.post("/models:authorizecopy", json={"sourceResourceId": first["targetResourceId"]}).json()
        answer = later.http.post(later.model("Call center")["links"]["copy"], json=granted)
        assert answer.status_code == 202
        service.advance(60)
        done = later.get(answer.headers["operation-location"])
        assert later.get(done["result"]["link"])["status"] == "Succeeded"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "InvalidParameter"),
        ("?api-version=", "InvalidParameterValue"),
        ("?api-version=v3.2", "InvalidParameterValue"),
    ],
)
def test_an_unknown_api_version_is_refused(service: Service, query: str, code: str) -> None:
    assert service.error_of("GET", f"{service.url}/speechtotext/endpoints{query}") == (400, code)


def retired(service: Service, version: str, answer: str) -> tuple[int, Json]:
    service.reset(switches={"retired": [version], "retired_answer": answer})
    with service.later(version) as later:
        response = later.http.get("/endpoints")
        assert later.http.get("/models/base").status_code == response.status_code
    return response.status_code, response.json()


@pytest.mark.parametrize("version", ["v3.2", *LATER])
def test_a_retired_version_responds_as_the_switch_says(service: Service, version: str) -> None:
    status, body = retired(service, version, "410")
    assert status == 410
    assert version in body["error"]["message"]
    assert retired(service, version, "404") == (404, {"error": {"code": "404", "message": "Resource not found"}})
    status, body = retired(service, version, "error")
    assert status == 400
    assert "retired" in body["message"]
    for other in {"v3.2", *LATER} - {version}:
        with service.later(other) as there:
            there.get("/endpoints")
