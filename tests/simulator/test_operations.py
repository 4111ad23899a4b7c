"""Every operation of the contract by its id: the status and headers of its successful response."""

from __future__ import annotations

import pytest

from endpoints.contract import describe

from .conftest import Json, Service
from .test_recognition import recognize
from .test_training import authorization

BODIES: dict[str, Json] = {
    "Endpoints_Update": {"displayName": "Changed"},
    "Models_AuthorizeCopy": {
        "sourceResourceId": "/subscriptions/1/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/a"
    },
    "Models_Create": {"displayName": "New", "locale": "en-US", "text": "Words"},
    "Models_Update": {"displayName": "Changed"},
    "Projects_Create": {"displayName": "New", "locale": "en-US"},
    "Projects_Update": {"displayName": "Changed"},
}
HEADERS = {"Models_Copy": "operation-location"} | dict.fromkeys(
    ("Endpoints_Create", "Models_Create", "Projects_Create"), "location"
)
METHODS = ("get", "post", "patch", "delete")


def operations() -> dict[str, tuple[str, str, int]]:
    """Method, path and the only success code of all operations but those of web hooks, which have other tests."""
    found = {}
    for path, methods in describe("v3.2")["paths"].items():
        for method, operation in methods.items():
            if method in METHODS and not operation["operationId"].startswith("WebHooks_"):
                (code,) = (int(code) for code in operation["responses"] if code != "default")
                found[operation["operationId"]] = (method.upper(), path, code)
    return found


def identifiers(service: Service, name: str) -> dict[str, str]:
    """Existing ids for the path of an operation."""
    service.reset(logs=1, log_bytes=1000)
    if name.startswith("Projects_"):
        return {"id": last(service.every("/projects")[0])}
    if "BaseModelLog" in name:
        recognize(service, None, storeAudio="true").raise_for_status()
        return {"locale": "en-US", "logId": last(service.every("/endpoints/base/en-US/files/logs")[0])}
    if name.startswith("Endpoints_"):
        endpoint = service.deployed(properties={"loggingEnabled": True})
        return {"id": last(endpoint), "logId": last(service.every(endpoint["links"]["logs"])[0])}
    if name.startswith("Models_GetBase"):
        return {"id": last(service.every("/models/base")[0])}
    model = service.model("Call center")
    if name.startswith("Operations_"):
        return {"id": last(service.http.post(model["links"]["copy"], json=authorization(service)).json())}
    return {"id": last(model), "fileId": last(service.every(model["links"]["files"])[0])}


def last(entity: Json) -> str:
    return str(entity["self"].rsplit("/", 1)[1])


@pytest.mark.parametrize("name", operations())
def test_the_response_follows_the_contract(service: Service, name: str) -> None:
    method, path, code = operations()[name]
    address = path.format(**identifiers(service, name))
    body = BODIES.get(name)
    if name == "Endpoints_Create":
        body = service.endpoint_body()
    elif name == "Models_Copy":
        body = authorization(service)
    answer = service.http.request(method, address, json=body)
    assert answer.status_code == code, answer.text
    if name in HEADERS:
        assert answer.headers[HEADERS[name]] == answer.json()["self"]
    if method == "DELETE":
        assert answer.content == b""
