"""Three API versions with one client, and the error for a retired version."""

from datetime import date

import pytest

from endpoints.azure import (
    VERSIONS,
    EndpointCreate,
    EndpointUpdate,
    NotFound,
    NotSupported,
    Refused,
    SpeechError,
    VersionRetired,
    WebHookCreate,
)
from endpoints.azure.versions import version_named

ID = "8a3b1b8e-0b7d-4f57-9c8e-2d1f0a6b7c11"
LATER = ["2024-11-15", "2025-10-15"]
NEEDS = {
    "projects": [
        lambda client: client.list_projects(),
        lambda client: client.get_project(ID),
        lambda client: client.list_project_endpoints(ID),
        lambda client: client.list_project_datasets(ID),
        lambda client: client.create_endpoint(EndpointCreate("n", "en-US", ID, project_id=ID)),
        lambda client: client.update_endpoint(ID, EndpointUpdate(project_id=ID)),
    ],
    "time_to_live": [lambda client: client.create_endpoint(EndpointCreate("n", "en-US", ID, time_to_live="P1D"))],
    "logs": [
        lambda client: client.list_logs(ID),
        lambda client: client.list_log_pages(ID),
        lambda client: client.get_log(ID, "a.wav"),
        lambda client: client.delete_log(ID, "a.wav"),
        lambda client: client.delete_logs(ID, None),
    ],
    "base_model_logs": [
        lambda client: client.list_base_model_logs("en-US"),
        lambda client: client.list_base_model_log_pages("en-US"),
        lambda client: client.get_base_model_log("en-US", "a.wav"),
        lambda client: client.delete_base_model_log("en-US", "a.wav"),
        lambda client: client.delete_base_model_logs("en-US", date(2024, 5, 1)),
    ],
}


@pytest.fixture(params=LATER)
def later(service, client_of, request):
    client = client_of(service, api_version=request.param)
    client.name = request.param
    return client


def entity(service, name, path="endpoints", **changes):
    return service.endpoint(self=f"{service.url}/speechtotext/{path}/{ID}?api-version={name}", **changes)


def test_every_request_of_a_later_version_has_it_in_the_query(service, later):
    query = f"?api-version={later.name}"
    found = entity(service, later.name)
    service.answers(body=found).answers(201, found).answers(body=found).answers(204)
    service.answers(body={"values": [found]})
    assert later.get_endpoint(ID).id == ID
    assert later.create_endpoint(EndpointCreate("n", "en-US", ID, "base", logging_enabled=True)).id == ID
    assert later.update_endpoint(ID, EndpointUpdate(logging_enabled=False)).id == ID
    later.delete_endpoint(ID)
    assert [one.id for one in later.list_endpoints("locale eq 'en-US'")] == [ID]
    one = f"/speechtotext/endpoints/{ID}{query}"
    assert [asked.target for asked in service.asked] == [
        one,
        f"/speechtotext/endpoints{query}",
        one,
        one,
        f"/speechtotext/endpoints{query}&filter=locale%20eq%20%27en-US%27",
    ]
    assert service.asked[1].json["model"] == {"self": f"{service.url}/speechtotext/models/base/{ID}{query}"}
    assert service.asked[1].json["properties"] == {"loggingEnabled": True}
    assert service.asked[2].json == {"properties": {"contentLoggingEnabled": False}}


def test_ids_kinds_and_links_are_parsed_from_urls_with_a_query(service, later):
    link = f"wss://westus.stt.speech.microsoft.com/stt/speech/universal/v2?cid={ID}"
    model = {"self": f"{service.url}/speechtotext/models/base/{ID}?api-version={later.name}"}
    service.answers(body=entity(service, later.name, model=model, links={"webSocket": link}))
    found = later.get_endpoint(ID)
    assert (found.id, found.model_id, found.model_kind, found.links) == (ID, ID, "base", {"webSocket": link})


def test_a_next_page_gets_the_version_that_its_link_omits(service, later):
    first = f"{service.url}/speechtotext/endpoints?skip=1&token=2!188!MDA%2fA"
    named = f"{first}9&api-version={later.name}"
    service.answers(body={"values": [], "@nextLink": first}).answers(body={"values": [], "@nextLink": named})
    service.answers(body={"values": []})
    assert list(later.list_endpoints()) == []
    targets = [one.target for one in service.asked[1:]]
    assert targets == [f"{first}&api-version={later.name}".removeprefix(service.url), named.removeprefix(service.url)]


def test_a_create_is_fetched_by_a_location_with_a_query(service, later):
    found = entity(service, later.name)
    service.answers(201, b"<html>", {"Location": found["self"]}).answers(body=found)
    assert later.create_endpoint(EndpointCreate("n", "en-US", ID)).id == ID
    assert service.asked[1].target == f"/speechtotext/endpoints/{ID}?api-version={later.name}"


def test_projects_have_counts_in_one_version_and_a_foundry_project_in_another(service, client, client_of):
    project = {"self": f"{service.url}/x/projects/{ID}?api-version=v", "displayName": "p", "locale": "en-US"}
    service.answers(body={**project, "properties": {"endpointCount": 3, "modelCount": 0}})
    service.answers(body={**project, "foundryProjectName": "contoso"})
    counted = client.get_project(ID)
    assert (counted.endpoint_count, counted.model_count, counted.dataset_count) == (3, 0, None)
    assert counted.foundry_project == ""
    named = client_of(service, api_version="2025-10-15").get_project(ID)
    assert (named.id, named.endpoint_count, named.foundry_project) == (ID, None, "contoso")


@pytest.mark.parametrize(
    ("properties", "milliseconds"),
    [
        ({"duration": "PT1M2.5S"}, 62_500),
        ({"duration": "P1DT1H"}, 90_000_000),
        ({"durationMilliseconds": 62_500}, 62_500),
        ({"durationMilliseconds": 0}, None),
        ({"duration": "soon"}, None),
        ({"duration": "P"}, None),
        ({}, None),
    ],
    ids=str,
)
def test_a_duration_is_in_milliseconds_in_all_versions(service, client, properties, milliseconds):
    service.answers(body={"self": f"{service.url}/logs/a.wav", "properties": properties})
    assert client.get_log(ID, "a.wav").milliseconds == milliseconds


def test_the_validity_of_content_urls_is_in_seconds_or_minutes():
    assert version_named("v3.2").sas(90) == {"sasValidityInSeconds": "90"}
    for name in LATER:
        assert version_named(name).sas(90) == {"sasLifetimeMinutes": "2"}
        assert version_named(name).sas(3600) == {"sasLifetimeMinutes": "60"}


@pytest.mark.parametrize("name", VERSIONS)
def test_capabilities_say_what_a_version_supports(client_of, service, name):
    able = client_of(service, api_version=name).capabilities
    v32 = name == "v3.2"
    assert able.web_hooks
    assert able.projects == (name != "2024-11-15")
    assert able.foundry_projects == (name == "2025-10-15")
    assert {able.logs, able.base_model_logs, able.time_to_live, able.project_counts, able.rest_links} == {v32}
    assert able.logging_needs_own_storage != v32


@pytest.mark.parametrize("name", VERSIONS)
@pytest.mark.parametrize(("need", "ask"), [(need, ask) for need, asks in NEEDS.items() for ask in asks])
def test_unsupported_operations_are_not_sent(client_of, service, name, need, ask):
    client = client_of(service, api_version=name)
    if getattr(client.capabilities, need):
        with pytest.raises(SpeechError) as caught:  # there is no server
            list(ask(client))
        assert not isinstance(caught.value, NotSupported)
        assert service.asked
    else:
        with pytest.raises(NotSupported, match=f"API version {name} doesn't support ") as caught:
            ask(client)
        assert not service.asked
        assert "_" in caught.value.operation


GATEWAY = {"error": {"code": "404", "message": "Resource not found"}}
COLLECTIONS = [
    lambda client: next(client.list_endpoints()),
    lambda client: client.list_endpoint_locales(),
    lambda client: next(client.list_base_models()),
    lambda client: next(client.list_custom_models()),
    lambda client: next(client.list_projects()),
    lambda client: next(client.list_web_hooks()),
    lambda client: client.create_endpoint(EndpointCreate("n", "en-US", ID)),
    lambda client: client.create_web_hook(
        WebHookCreate(display_name="n", web_url="https://a.example/", events=frozenset({"ping"}), secret="s")
    ),
]


@pytest.mark.parametrize("ask", COLLECTIONS)
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, GATEWAY),
        (404, b""),
        (404, b"<html>no such page</html>"),
        (404, {"statusCode": 404, "message": "Resource not found"}),
        (404, {"message": "Resource not found"}),
        (410, b""),
        (410, GATEWAY),
        (400, {"code": "UnsupportedApiVersion", "message": "No."}),
        (400, {"error": {"code": "InvalidApiVersionParameter", "message": "No."}}),
        (400, {"code": "InvalidRequest", "message": "The API version 'v3.2' is no longer available."}),
        (400, {"code": "InvalidRequest", "message": "Version v3.2 was retired on March 31st."}),
        (404, {"code": "NotFound", "message": "The requested api-version is not supported."}),
        (400, {"code": "InvalidRequest", "message": "Unsupported API version."}),
        (400, {"code": "InvalidRequest", "message": "?", "innerError": {"code": "UnsupportedApiVersion"}}),
    ],
    ids=str,
)
def test_the_error_for_a_retired_version_says_what_to_change(service, patient, ask, status, body):
    service.forever = (service.answer(status, body),)
    with pytest.raises(VersionRetired) as caught:
        ask(patient)
    assert "API version v3.2. " in str(caught.value)
    assert "Select another API version for this resource." in str(caught.value)
    assert (caught.value.version, caught.value.status) == ("v3.2", status)
    assert len(service.asked) == 1


@pytest.mark.parametrize(
    "message",
    [
        "This feature was retired on 2026-03-31.",
        "This version is not supported.",
        "The REST API has reached end of life.",
        "It is no longer available.",
    ],
)
def test_a_list_that_is_refused_with_such_words_is_a_retired_version(service, client, message):
    service.forever = (service.answer(400, {"code": "InvalidRequest", "message": message}),)
    for ask in COLLECTIONS[:6]:
        with pytest.raises(VersionRetired):
            ask(client)


@pytest.mark.parametrize("message", ["This version reached end of life.", "This API is no longer available."])
def test_any_request_that_is_refused_for_its_version_is_a_retired_version(service, client, message):
    service.answers(400, {"code": "InvalidRequest", "message": message})
    with pytest.raises(VersionRetired):
        client.update_endpoint(ID, EndpointUpdate())


def test_a_filter_that_is_not_supported_is_not_a_retired_version(service, client):
    service.answers(400, {"code": "InvalidRequest", "message": "The filter is not supported."})
    with pytest.raises(Refused):
        next(client.list_endpoints("color eq 'red'"))


@pytest.mark.parametrize("body", [GATEWAY, {"code": "NotFound", "message": "It is no longer available."}], ids=str)
def test_a_missing_entity_is_not_a_retired_version(service, client, body):
    service.forever = (service.answer(404, body),)
    asks = (
        lambda: client.get_endpoint(ID),
        lambda: client.update_endpoint(ID, EndpointUpdate()),
        lambda: list(client.list_logs(ID)),
        lambda: list(client.list_project_endpoints(ID)),
        lambda: list(client.list_project_datasets(ID)),
        lambda: client.get_web_hook(ID),
    )
    for ask in asks:
        with pytest.raises(NotFound):
            ask()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, {"code": "NotFound", "message": "No projects."}),
        (400, {"code": "InvalidModel", "message": "The model is deprecated and no longer available."}),
        (400, {"code": "InvalidRequest", "message": "Logging is not supported in API version v3.2."}),
        (400, {"code": "InvalidRequest", "message": "In API version v3.2 one thing holds. The model is invalid."}),
        (403, GATEWAY),
        (401, {"error": {"code": "401", "message": "Wrong key or API version is invalid."}}),
    ],
    ids=str,
)
def test_other_errors_are_not_a_retired_version(service, client, status, body):
    service.answers(status, body)
    with pytest.raises(Refused):
        client.create_endpoint(EndpointCreate("n", "en-US", ID)) if status == 400 else next(client.list_endpoints())
