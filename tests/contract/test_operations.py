"""All operations of all versions are called, and neither requests nor responses violate the contract."""

from __future__ import annotations

import io
import wave
from typing import Any

import httpx
import pytest

from endpoints.contract import VERSIONS
from tests.demo import PLAIN

from .conftest import Caller

PAGES = ("evaluations", "datasets", "endpoints", "models", "transcriptions")


def id_of(entity: dict[str, Any]) -> dict[str, str]:
    return {"id": httpx.URL(entity["self"]).path.rpartition("/")[2]}


@pytest.fixture(params=VERSIONS)
def caller(request: pytest.FixtureRequest, url: str, http: httpx.Client) -> Caller:
    return Caller(url, request.param, http)


def custom_model(caller: Caller) -> dict[str, Any]:
    models = caller.call_ok("Models_ListCustomModels", filter="status eq 'Succeeded' and locale eq 'en-US'")["values"]
    return next(one for one in models if one["displayName"].startswith("Call center"))


def new_endpoint(caller: Caller, **more: Any) -> dict[str, Any]:
    body = {"displayName": "Line 1", "locale": "en-US", "model": {"self": custom_model(caller)["self"]}, **more}
    made: dict[str, Any] = caller.call_ok("Endpoints_Create", body)
    return made


def endpoints(caller: Caller) -> None:
    caller.call_ok("Endpoints_ListSupportedLocales")
    page = caller.call_ok("Endpoints_List", top=3, skip=1)
    assert len(page["values"]) == 3
    assert caller.http.get(page["@nextLink"]).status_code == 200
    made = new_endpoint(caller, description="First floor", properties={"loggingEnabled": caller.version == "v3.2"})
    assert caller.call("Endpoints_Get", path_values=id_of(made)).headers["Retry-After"]
    refused = caller.call("Endpoints_Update", {"model": made["model"]}, id_of(made))
    assert refused.status_code == 409
    caller.control("advance", seconds=60)
    change = {"customProperties": {"floor": "1"}, "properties": {"contentLoggingEnabled": False}}
    assert caller.call_ok("Endpoints_Update", change, id_of(made))["customProperties"] == {"floor": "1"}
    caller.call_ok("Endpoints_Delete", path_values=id_of(made))
    assert caller.call("Endpoints_Get", path_values=id_of(made)).status_code == 404


def logs(caller: Caller) -> None:
    path_values = id_of(new_endpoint(caller, properties={"loggingEnabled": True}))
    caller.control("advance", seconds=60)
    page = caller.call_ok("Endpoints_ListLogs", path_values=path_values, top=1, sasValidityInSeconds=600)
    assert caller.http.get(page["@nextLink"]).status_code == 200
    log = path_values | {"logId": id_of(page["values"][0])["id"]}
    caller.call_ok("Endpoints_GetLog", path_values=log)
    caller.call_ok("Endpoints_DeleteLog", path_values=log)
    caller.call_ok("Endpoints_DeleteLogs", path_values=path_values, endDate="2020-01-31")
    caller.call_ok("Endpoints_DeleteLogs", path_values=path_values)
    assert caller.call("Endpoints_ListLogs", path_values=path_values).headers["Retry-After"]


def logs_of_base_models(caller: Caller) -> None:
    file = io.BytesIO()
    with wave.open(file, "wb") as audio:
        audio.setparams((1, 2, 16_000, 0, "NONE", ""))
        audio.writeframes(b"\1\2" * 16_000)
    address = f"{caller.url}/speech/recognition/conversation/cognitiveservices/v1?language=en-US&storeAudio=true"
    caller.http.post(address, content=file.getvalue(), headers={"Content-Type": "audio/wav"}).raise_for_status()
    path_values = {"locale": "en-US"}
    page = caller.call_ok("Endpoints_ListBaseModelLogs", path_values=path_values, top=5)
    log = path_values | {"logId": id_of(page["values"][0])["id"]}
    caller.call_ok("Endpoints_GetBaseModelLog", path_values=log)
    caller.call_ok("Endpoints_DeleteBaseModelLog", path_values=log)
    caller.call_ok("Endpoints_DeleteBaseModelLogs", path_values=path_values)


def models(caller: Caller) -> None:
    lifetime = {"sasLifetimeMinutes": 5} if caller.version != "v3.2" else {"sasValidityInSeconds": 300}
    assert "en-US" in caller.call_ok("Models_ListSupportedLocales")
    custom = custom_model(caller)
    base = caller.call_ok("Models_ListBaseModels", filter="locale eq 'en-US'", top=50)["values"][-1]
    caller.call_ok("Models_GetBaseModel", path_values=id_of(base))
    caller.call_ok("Models_GetBaseModelManifest", path_values=id_of(base), **lifetime)
    caller.call_ok("Models_GetCustomModel", path_values=id_of(custom))
    caller.call_ok("Models_GetCustomModelManifest", path_values=id_of(custom), **lifetime)
    files = caller.call_ok("Models_ListFiles", path_values=id_of(custom), filter="kind eq 'ModelReport'", **lifetime)[
        "values"
    ]
    caller.call_ok("Models_GetFile", path_values=id_of(custom) | {"fileId": id_of(files[0])["id"]}, **lifetime)
    caller.call_ok("Models_Update", {"displayName": "Call center, new"}, id_of(custom))
    body = {"displayName": "Mine", "locale": "en-US", "baseModel": {"self": base["self"]}}
    made = caller.call("Models_Create", body | {"datasets": [dataset(caller)]})
    assert made.status_code == 201, made.text
    assert made.headers["Location"] == made.json()["self"]
    caller.call_ok("Models_Delete", path_values=id_of(made.json()))


def dataset(caller: Caller) -> dict[str, str]:
    """A reference to a dataset of the demo world; not all versions can list them."""
    caller = Caller(caller.url, "v3.2", caller.http)
    for project in caller.call_ok("Projects_List")["values"]:
        for one in caller.call_ok("Projects_ListDatasets", path_values=id_of(project))["values"]:
            if one["status"] == "Succeeded" and one["locale"] == "en-US":
                return {"self": one["self"]}
    raise AssertionError("the demo world has no data set")


def copies(caller: Caller) -> None:
    other_resource = "/subscriptions/1/resourceGroups/speech/providers/Microsoft.CognitiveServices/accounts/other"
    own = caller.call_ok("Models_AuthorizeCopy", {"sourceResourceId": other_resource})["targetResourceId"]
    authorization = caller.call_ok("Models_AuthorizeCopy", {"sourceResourceId": own})
    begun = caller.call("Models_Copy", authorization, id_of(custom_model(caller)))
    assert begun.status_code == 202, begun.text
    caller.control("advance", seconds=300)
    assert caller.call_ok("Operations_GetModelCopy", path_values=id_of(begun.json()))["status"] == "Succeeded"
    assert caller.http.get(begun.headers["Operation-Location"]).status_code == 200


def projects(caller: Caller) -> None:
    caller.call_ok("Projects_ListSupportedLocales")
    made = caller.call("Projects_Create", {"displayName": "Hotline", "locale": "en-US", "description": "Calls"})
    assert made.headers["Location"] == made.json()["self"]
    path_values = id_of(made.json())
    assert caller.call_ok("Projects_Update", {"description": "All calls"}, path_values)["description"] == "All calls"
    new_endpoint(caller, project={"self": made.json()["self"]})
    found = caller.call_ok("Projects_Get", path_values=path_values)
    if caller.version == "v3.2":
        assert found["properties"]["endpointCount"] == 1
    for project in caller.call_ok("Projects_List", top=100)["values"]:
        for page in PAGES:
            caller.call_ok(f"Projects_List{page.capitalize()}", path_values=id_of(project), top=10)
    caller.call_ok("Projects_Delete", path_values=path_values)
    caller.call_ok("Projects_Delete", path_values=path_values)


def web_hooks(caller: Caller, receiver: str) -> None:
    events = {"endpointCreation": True, "endpointCompletion": True, "ping": True}
    body = {"displayName": "Ear", "webUrl": receiver, "events": events, "properties": {"secret": "shared"}}
    made = caller.call("WebHooks_Create", body)
    assert made.headers["Location"] == made.json()["self"]
    path_values = id_of(made.json())
    caller.call_ok("WebHooks_Get", path_values=path_values)
    assert caller.call_ok("WebHooks_List", filter="displayName eq 'Ear'")["values"]
    caller.call_ok("WebHooks_Update", {"displayName": "Our ear", "properties": {"secret": "other"}}, path_values)
    assert caller.call("WebHooks_Ping", path_values=path_values).status_code == 202
    assert caller.call("WebHooks_Test", path_values=path_values).status_code in (202, 204)
    caller.call_ok("WebHooks_Delete", path_values=path_values)


def test_every_operation_follows_the_contract(caller: Caller, receiver: str) -> None:
    endpoints(caller)
    models(caller)
    copies(caller)
    web_hooks(caller, receiver)
    if "Endpoints_ListLogs" in caller.operations:
        logs(caller)
        logs_of_base_models(caller)
    if "Projects_List" in caller.operations:
        projects(caller)
    assert caller.operations.keys() - caller.called == set()


@pytest.mark.parametrize("key", ["", "wrong"])
def test_errors_of_the_gateway_differ_from_those_of_the_service(url: str, key: str) -> None:
    headers = {"Ocp-Apim-Subscription-Key": key} if key else {}
    answer = httpx.get(f"{url}/speechtotext/v3.2/endpoints", headers=headers, verify=PLAIN)
    assert answer.status_code == 401
    assert set(answer.json()) == {"error"}


def test_the_description_is_served_without_a_key(url: str) -> None:
    for version in VERSIONS:
        query = f"openapi.json?api-version={version}" if version[0] != "v" else f"{version}/openapi.json"
        document = httpx.get(f"{url}/speechtotext/{query}", verify=PLAIN).raise_for_status().json()
        assert document["info"]["version"] == version
        assert document["servers"][0]["url"].startswith(url)
    assert httpx.get(f"{url}/speechtotext/openapi.json", verify=PLAIN).status_code in (400, 401)
