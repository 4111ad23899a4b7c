"""Every operation of every version is asked for, and nothing that is sent or answered goes against the contract."""

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
    models = caller.take("Models_ListCustomModels", filter="status eq 'Succeeded' and locale eq 'en-US'")["values"]
    return next(one for one in models if one["displayName"].startswith("Call centre"))


def new_endpoint(caller: Caller, **more: Any) -> dict[str, Any]:
    wish = {"displayName": "Line 1", "locale": "en-US", "model": {"self": custom_model(caller)["self"]}, **more}
    made: dict[str, Any] = caller.take("Endpoints_Create", wish)
    return made


def endpoints(caller: Caller) -> None:
    caller.take("Endpoints_ListSupportedLocales")
    page = caller.take("Endpoints_List", top=3, skip=1)
    assert len(page["values"]) == 3
    assert caller.http.get(page["@nextLink"]).status_code == 200
    made = new_endpoint(caller, description="First floor", properties={"loggingEnabled": caller.version == "v3.2"})
    assert caller.ask("Endpoints_Get", place=id_of(made)).headers["Retry-After"]
    refused = caller.ask("Endpoints_Update", {"model": made["model"]}, id_of(made))
    assert refused.status_code == 409
    caller.control("advance", seconds=60)
    change = {"customProperties": {"floor": "1"}, "properties": {"contentLoggingEnabled": False}}
    assert caller.take("Endpoints_Update", change, id_of(made))["customProperties"] == {"floor": "1"}
    caller.take("Endpoints_Delete", place=id_of(made))
    assert caller.ask("Endpoints_Get", place=id_of(made)).status_code == 404


def logs(caller: Caller) -> None:
    place = id_of(new_endpoint(caller, properties={"loggingEnabled": True}))
    caller.control("advance", seconds=60)
    page = caller.take("Endpoints_ListLogs", place=place, top=1, sasValidityInSeconds=600)
    assert caller.http.get(page["@nextLink"]).status_code == 200
    log = place | {"logId": id_of(page["values"][0])["id"]}
    caller.take("Endpoints_GetLog", place=log)
    caller.take("Endpoints_DeleteLog", place=log)
    caller.take("Endpoints_DeleteLogs", place=place, endDate="2020-01-31")
    caller.take("Endpoints_DeleteLogs", place=place)
    assert caller.ask("Endpoints_ListLogs", place=place).headers["Retry-After"]


def logs_of_base_models(caller: Caller) -> None:
    file = io.BytesIO()
    with wave.open(file, "wb") as audio:
        audio.setparams((1, 2, 16_000, 0, "NONE", ""))
        audio.writeframes(b"\1\2" * 16_000)
    address = f"{caller.url}/speech/recognition/conversation/cognitiveservices/v1?language=en-US&storeAudio=true"
    caller.http.post(address, content=file.getvalue(), headers={"Content-Type": "audio/wav"}).raise_for_status()
    place = {"locale": "en-US"}
    page = caller.take("Endpoints_ListBaseModelLogs", place=place, top=5)
    log = place | {"logId": id_of(page["values"][0])["id"]}
    caller.take("Endpoints_GetBaseModelLog", place=log)
    caller.take("Endpoints_DeleteBaseModelLog", place=log)
    caller.take("Endpoints_DeleteBaseModelLogs", place=place)


def models(caller: Caller) -> None:
    lifetime = {"sasLifetimeMinutes": 5} if caller.version != "v3.2" else {"sasValidityInSeconds": 300}
    assert "en-US" in caller.take("Models_ListSupportedLocales")
    custom = custom_model(caller)
    base = caller.take("Models_ListBaseModels", filter="locale eq 'en-US'", top=50)["values"][-1]
    caller.take("Models_GetBaseModel", place=id_of(base))
    caller.take("Models_GetBaseModelManifest", place=id_of(base), **lifetime)
    caller.take("Models_GetCustomModel", place=id_of(custom))
    caller.take("Models_GetCustomModelManifest", place=id_of(custom), **lifetime)
    files = caller.take("Models_ListFiles", place=id_of(custom), filter="kind eq 'ModelReport'", **lifetime)["values"]
    caller.take("Models_GetFile", place=id_of(custom) | {"fileId": id_of(files[0])["id"]}, **lifetime)
    caller.take("Models_Update", {"displayName": "Call centre, new"}, id_of(custom))
    wish = {"displayName": "Mine", "locale": "en-US", "baseModel": {"self": base["self"]}}
    made = caller.ask("Models_Create", wish | {"datasets": [dataset(caller)]})
    assert made.status_code == 201, made.text
    assert made.headers["Location"] == made.json()["self"]
    caller.take("Models_Delete", place=id_of(made.json()))


def dataset(caller: Caller) -> dict[str, str]:
    """A reference to a data set of the demo world; not every version can list them."""
    caller = Caller(caller.url, "v3.2", caller.http)
    for project in caller.take("Projects_List")["values"]:
        for one in caller.take("Projects_ListDatasets", place=id_of(project))["values"]:
            if one["status"] == "Succeeded" and one["locale"] == "en-US":
                return {"self": one["self"]}
    raise AssertionError("the demo world has no data set")


def copies(caller: Caller) -> None:
    stranger = "/subscriptions/1/resourceGroups/speech/providers/Microsoft.CognitiveServices/accounts/other"
    own = caller.take("Models_AuthorizeCopy", {"sourceResourceId": stranger})["targetResourceId"]
    authorization = caller.take("Models_AuthorizeCopy", {"sourceResourceId": own})
    begun = caller.ask("Models_Copy", authorization, id_of(custom_model(caller)))
    assert begun.status_code == 202, begun.text
    caller.control("advance", seconds=300)
    assert caller.take("Operations_GetModelCopy", place=id_of(begun.json()))["status"] == "Succeeded"
    assert caller.http.get(begun.headers["Operation-Location"]).status_code == 200


def projects(caller: Caller) -> None:
    caller.take("Projects_ListSupportedLocales")
    made = caller.ask("Projects_Create", {"displayName": "Hotline", "locale": "en-US", "description": "Calls"})
    assert made.headers["Location"] == made.json()["self"]
    place = id_of(made.json())
    assert caller.take("Projects_Update", {"description": "All calls"}, place)["description"] == "All calls"
    new_endpoint(caller, project={"self": made.json()["self"]})
    found = caller.take("Projects_Get", place=place)
    if caller.version == "v3.2":
        assert found["properties"]["endpointCount"] == 1
    for project in caller.take("Projects_List", top=100)["values"]:
        for page in PAGES:
            caller.take(f"Projects_List{page.capitalize()}", place=id_of(project), top=10)
    caller.take("Projects_Delete", place=place)
    caller.take("Projects_Delete", place=place)


def web_hooks(caller: Caller, ear: str) -> None:
    events = {"endpointCreation": True, "endpointCompletion": True, "ping": True}
    wish = {"displayName": "Ear", "webUrl": ear, "events": events, "properties": {"secret": "shared"}}
    made = caller.ask("WebHooks_Create", wish)
    assert made.headers["Location"] == made.json()["self"]
    place = id_of(made.json())
    caller.take("WebHooks_Get", place=place)
    assert caller.take("WebHooks_List", filter="displayName eq 'Ear'")["values"]
    caller.take("WebHooks_Update", {"displayName": "Our ear", "properties": {"secret": "other"}}, place)
    assert caller.ask("WebHooks_Ping", place=place).status_code == 202
    assert caller.ask("WebHooks_Test", place=place).status_code in (202, 204)
    caller.take("WebHooks_Delete", place=place)


def test_every_operation_follows_the_contract(caller: Caller, ear: str) -> None:
    endpoints(caller)
    models(caller)
    copies(caller)
    web_hooks(caller, ear)
    if "Endpoints_ListLogs" in caller.operations:
        logs(caller)
        logs_of_base_models(caller)
    if "Projects_List" in caller.operations:
        projects(caller)
    assert caller.operations.keys() - caller.asked == set()


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
