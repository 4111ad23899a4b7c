"""Custom models: training, copies, manifests, files."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Json, Service

ACCOUNT = "/subscriptions/1/resourceGroups/other/providers/Microsoft.CognitiveServices/accounts/other"


def base(service: Service, locale: str = "en-US", index: int = -1) -> Json:
    return service.get("/models/base", filter=f"locale eq '{locale}'")["values"][index]


def endpoint_body(**changes: Any) -> Json:
    return {"displayName": "Adapted", "locale": "en-US", "text": "Contoso router\nContoso phone\n"} | changes


def trained(service: Service, **changes: Any) -> Json:
    made = service.http.post("/models", json=endpoint_body(**changes))
    assert made.status_code == 201, made.text
    service.advance(60)
    return service.get(made.json()["self"])


def test_models_create_returns_201_and_trains_by_the_clock(service: Service) -> None:
    service.reset(deploy_seconds=100)
    project = service.every("/projects")[0]
    datasets = [{"self": one["self"]} for one in service.every(project["links"]["datasets"])[:2]]
    model = {"self": base(service)["self"]}
    made = service.http.post(
        "/models",
        json=endpoint_body(
            baseModel=model,
            datasets=datasets,
            project={"self": project["self"]},
            customProperties={"mark": "x"},
            properties={"customModelWeightPercent": 40, "email": "a@example.com"},
        ),
    )
    assert made.status_code == 201
    assert "retry-after" not in made.headers
    body = made.json()
    assert made.headers["location"] == body["self"]
    assert body["status"] == "NotStarted"
    assert (body["baseModel"], body["datasets"], body["text"]) == (model, datasets, endpoint_body()["text"])
    assert body["properties"]["customModelWeightPercent"] == 40
    assert body["properties"]["email"] == "a@example.com"
    assert service.http.get(body["self"]).headers["retry-after"] == "10"
    service.advance(50)
    assert service.get(body["self"])["status"] == "Running"
    service.advance(160)
    done = service.get(body["self"])
    assert done["status"] == "Succeeded"
    assert "email" not in done["properties"], "the mail is sent"
    assert service.every(project["links"]["models"])[-1]["self"] == body["self"]
    assert service.deploy(model={"self": body["self"]})["model"] == {"self": body["self"]}


def test_models_create_uses_the_newest_base_model_by_default(service: Service) -> None:
    assert trained(service)["baseModel"]["self"] == base(service)["self"]


def test_a_model_named_untrainable_fails_with_a_reason(service: Service) -> None:
    model = trained(service, displayName="Untrainable")
    assert model["status"] == "Failed"
    assert model["properties"]["error"]["code"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"displayName": None}, "InvalidPayload"),
        ({"locale": "xx-XX"}, "InvalidLocale"),
        ({"text": 7}, "InvalidPayload"),
        ({"text": None}, "InvalidDataset"),
        ({"text": "x" * 500_001}, "QuotaViolation"),
        ({"baseModel": {"self": "somewhere"}}, "InvalidModelUri"),
        ({"baseModel": {"self": "http://x/speechtotext/v3.2/models/" + "0" * 8 + "-0000" * 3 + "-" + "0" * 12}}, None),
        ({"datasets": {}}, "InvalidPayload"),
        ({"datasets": [{"self": "somewhere"}]}, "InvalidDataset"),
        ({"datasets": ["somewhere"]}, "InvalidDataset"),
        ({"properties": {"customModelWeightPercent": 0}}, "InvalidParameterValue"),
        ({"properties": {"customModelWeightPercent": 101}}, "InvalidParameterValue"),
        ({"properties": {"customModelWeightPercent": "30"}}, "InvalidPayload"),
        ({"customProperties": {"k" * 65: "v"}}, "InvalidParameterValue"),
    ],
)
def test_models_create_refuses_invalid_bodies(service: Service, change: Json, code: str | None) -> None:
    before = len(service.every("/models"))
    refused = service.error_of("POST", "/models", json=endpoint_body(**change))
    assert refused == (400, code or "InvalidBaseModel")
    assert len(service.every("/models")) == before


def test_models_create_refuses_datasets_and_base_models_of_another_locale(service: Service) -> None:
    german = service.get("/projects", filter="locale eq 'de-DE'")["values"][0]
    dataset = {"self": service.every(german["links"]["datasets"])[0]["self"]}
    assert service.error_of("POST", "/models", json=endpoint_body(datasets=[dataset])) == (400, "InvalidDataset")
    model = {"self": base(service, "de-DE")["self"]}
    assert service.error_of("POST", "/models", json=endpoint_body(baseModel=model)) == (400, "InvalidBaseModel")


def test_models_create_refuses_failed_datasets_and_deprecated_base_models(service: Service) -> None:
    project = service.every("/projects")[0]
    failed = service.get(project["links"]["datasets"], filter="status eq 'Failed'")["values"][0]
    change = {"datasets": [{"self": failed["self"]}]}
    assert service.error_of("POST", "/models", json=endpoint_body(**change)) == (400, "FailedDataset")
    old = {"self": base(service, index=0)["self"]}
    assert service.error_of("POST", "/models", json=endpoint_body(baseModel=old)) == (400, "ModelDeprecated")


def test_a_switch_permits_a_model_without_data(service: Service) -> None:
    service.reset(switches={"model_without_data": "accept"})
    assert trained(service, text=None)["status"] == "Succeeded"


def test_a_free_resource_accepts_less_text(service: Service) -> None:
    service.reset(tier="F0")
    assert service.error_of("POST", "/models", json=endpoint_body(text="x" * 200_001)) == (400, "QuotaViolation")
    assert service.http.post("/models", json=endpoint_body(text="x" * 200_000)).status_code == 201


def authorization(service: Service) -> Json:
    """An authorization of the simulated resource, which is both source and target."""
    first = service.http.post("/models:authorizecopy", json={"sourceResourceId": ACCOUNT}).json()
    own = service.http.post("/models:authorizecopy", json={"sourceResourceId": first["targetResourceId"]})
    assert own.status_code == 200
    return own.json()


def test_models_authorizecopy_returns_the_target(service: Service) -> None:
    granted = service.http.post("/models:authorizecopy", json={"sourceResourceId": ACCOUNT}).json()
    assert granted["sourceResourceId"] == ACCOUNT
    assert granted["targetResourceEndpoint"] == service.url
    required = {"expirationDateTime", "id", "targetResourceId", "targetResourceRegion"}
    assert required <= set(granted)
    wrong = service.error_of("POST", "/models:authorizecopy", json={"sourceResourceId": "mine"})
    assert wrong == (400, "InvalidSourceAzureResourceId")
    assert service.error_of("POST", "/models:authorizecopy", json={}) == (400, "InvalidPayload")
    assert service.http.get("/models:authorizecopy").status_code == 405


def test_models_copy_is_an_operation_with_a_link_to_the_copy(service: Service) -> None:
    model = service.model("Call center")
    answer = service.http.post(model["links"]["copy"], json=authorization(service))
    assert answer.status_code == 202
    operation = answer.json()
    assert answer.headers["operation-location"] == operation["self"]
    assert answer.headers["retry-after"] == "2"
    assert operation["status"] == "NotStarted"
    assert "result" not in operation
    service.advance(60)
    done = service.http.get(operation["self"])
    assert done.json()["status"] == "Succeeded"
    assert "retry-after" not in done.headers
    copy = service.get(done.json()["result"]["link"])
    assert copy["displayName"] == model["displayName"]
    assert copy["self"] != model["self"]
    assert copy["status"] == "Succeeded"
    assert "project" not in copy
    assert service.http.get(f"{model['links']['copy']}").status_code == 405


def test_operations_getmodelcopy_of_an_unknown_one_is_404(service: Service) -> None:
    unknown = "00000000-0000-4000-8000-000000000000"
    assert service.http.get(f"/operations/models/copy/{unknown}").json()["code"] == "NotFound"


def test_models_copy_refuses_what_is_not_authorized(service: Service) -> None:
    granted = authorization(service)
    copy = service.model("Call center")["links"]["copy"]
    assert service.error_of("POST", copy, json={**granted, "id": "unknown"}) == (403, "InvalidPermissions")
    other = {**granted, "sourceResourceId": ACCOUNT}
    assert service.error_of("POST", copy, json=other) == (400, "InvalidSourceAzureResourceId")
    assert service.error_of("POST", copy, json={"id": granted["id"]}) == (400, "InvalidPayload")
    soon = {**granted, "expirationDateTime": "soon"}
    assert service.error_of("POST", copy, json=soon) == (400, "InvalidPayload")
    failed = service.model("Hotline, noisy lines")["links"]["copy"]
    assert service.error_of("POST", failed, json=granted) == (400, "InvalidModel")
    foreign = base(service)["self"].replace("/base/", "/") + ":copy"
    assert service.error_of("POST", foreign, json=granted) == (404, "InvalidModel")
    service.advance(86_401)
    assert service.error_of("POST", copy, json=granted) == (400, "ModelCopyAuthorizationExpired")


def test_models_getcustommodelmanifest_and_getbasemodelmanifest_list_files(service: Service) -> None:
    for model in (service.model("Call center"), base(service)):
        manifest = service.get(model["links"]["manifest"])
        assert manifest["model"] == {"self": model["self"]}
        assert manifest["properties"]["locale"] == "en-US"
        contents = [service.open.get(file["contentUrl"]) for file in manifest["modelFiles"]]
        assert [answer.status_code for answer in contents] == [200] * len(contents)
        assert len({answer.content for answer in contents}) == len(contents) > 1
        assert not any(file["contentUrl"].startswith(service.url) for file in manifest["modelFiles"])
    failed = service.model("Hotline, noisy lines")["links"]["manifest"]
    assert service.error_of("GET", failed) == (400, "InvalidModel")


def test_models_listfiles_and_getfile_return_the_report_and_the_text(service: Service) -> None:
    model = trained(service)
    files = service.every(model["links"]["files"] + "?top=1&sasValidityInSeconds=60")
    assert [file["kind"] for file in files] == ["ModelReport", "LanguageData"]
    for file in files:
        content = service.open.get(file["links"]["contentUrl"])
        assert len(content.content) == file["properties"]["size"]
        assert service.get(file["self"])["name"] == file["name"]
    assert content.text == endpoint_body()["text"]
    assert service.open.get(files[0]["links"]["contentUrl"]).json()["textLines"] == 2
    texts = service.get(model["links"]["files"], filter="kind eq 'LanguageData' and name ne 'x'")["values"]
    assert [file["name"] for file in texts] == [files[1]["name"]]
    refused = service.error_of("GET", model["links"]["files"], params={"filter": "status eq 'Succeeded'"})
    assert refused == (400, "UnsupportedFilter")
    service.advance(61)
    assert service.open.get(files[1]["links"]["contentUrl"]).status_code == 403, "its sixty seconds are over"
    assert service.http.get(f"{model['links']['files']}/unknown").status_code == 404


def test_models_listfiles_is_empty_until_the_training_has_ended(service: Service) -> None:
    model = service.http.post("/models", json=endpoint_body()).json()
    answer = service.http.get(model["links"]["files"])
    assert answer.json()["values"] == []
    assert answer.headers["retry-after"] == "2"


def test_models_delete_removes_the_files(service: Service) -> None:
    model = trained(service)
    file = service.every(model["links"]["files"])[0]
    assert service.http.delete(model["self"]).status_code == 204
    assert service.open.get(file["links"]["contentUrl"]).status_code == 404


@pytest.mark.parametrize("method", ["DELETE", "PATCH"])
@pytest.mark.parametrize("path", ["/models/base", "/models/locales", "/endpoints/locales", "/projects/locales"])
def test_a_fixed_path_is_not_an_entity(service: Service, method: str, path: str) -> None:
    assert service.http.request(method, path, json={}).status_code == 405
