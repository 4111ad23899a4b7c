"""The bodies of requests."""

import uuid

import pytest

from endpoints.azure import EndpointCreate, EndpointUpdate, SpeechClient

ID = "8a3b1b8e-0b7d-4f57-9c8e-2d1f0a6b7c11"
MODEL = "5d7c0e3a-91b4-4b52-8f0e-6f1d2c3b4a22"


def test_a_create_sends_the_given_values_and_nothing_read_only(service, client):
    service.answers(201, service.endpoint())
    asked = EndpointCreate(
        "Call center", "en-US", MODEL, "base", "Calls", ID, True, {"team": "support"}, time_to_live="P7D"
    )
    client.create_endpoint(asked)
    (sent,) = service.asked
    assert (sent.method, sent.target) == ("POST", "/speechtotext/v3.2/endpoints")
    assert sent.json == {
        "displayName": "Call center",
        "description": "Calls",
        "locale": "en-US",
        "model": {"self": f"{service.url}/speechtotext/v3.2/models/base/{MODEL}"},
        "project": {"self": f"{service.url}/speechtotext/v3.2/projects/{ID}"},
        "properties": {"loggingEnabled": True, "timeToLive": "P7D"},
        "customProperties": {"team": "support"},
    }


def test_a_create_omits_values_that_are_not_given(service, client):
    service.answers(201, service.endpoint())
    client.create_endpoint(EndpointCreate("n", "en-US", MODEL))
    sent = service.asked[0].json
    assert sorted(sent) == ["description", "displayName", "locale", "model", "properties"]
    assert sent["properties"] == {"loggingEnabled": False}
    assert sent["model"]["self"].endswith(f"/models/{MODEL}")


@pytest.mark.parametrize(
    ("asked", "body"),
    [
        (EndpointUpdate(), {}),
        (EndpointUpdate(display_name="n"), {"displayName": "n"}),
        (EndpointUpdate(description=""), {"description": ""}),
        (EndpointUpdate(logging_enabled=False), {"properties": {"contentLoggingEnabled": False}}),
        (EndpointUpdate(custom_properties={}), {"customProperties": {}}),
        (EndpointUpdate(model_id=MODEL), {"model": {"self": f"URL/speechtotext/v3.2/models/{MODEL}"}}),
        (
            EndpointUpdate(model_id=MODEL, model_kind="base"),
            {"model": {"self": f"URL/speechtotext/v3.2/models/base/{MODEL}"}},
        ),
        (EndpointUpdate(model_kind="base"), {}),
        (EndpointUpdate(project_id=ID), {"project": {"self": f"URL/speechtotext/v3.2/projects/{ID}"}}),
    ],
    ids=repr,
)
def test_an_update_sends_only_what_is_set(service, client, asked, body):
    service.answers(body=service.endpoint())
    client.update_endpoint(ID, asked)
    (sent,) = service.asked
    assert (sent.method, sent.target) == ("PATCH", f"/speechtotext/v3.2/endpoints/{ID}")
    assert str(sent.json).replace(service.url, "URL") == str(body)


def test_any_text_is_sent_unchanged(service, client):
    service.answers(201, service.endpoint())
    name = 'Ünïcode 🎙 \u202eRTL "quotes" \\ \x00 </script>'
    client.create_endpoint(EndpointCreate(name, "en-US", MODEL))
    assert service.asked[0].json["displayName"] == name


@pytest.mark.parametrize(
    "identity",
    ["", ".", "..", "../models", f"{ID}/", f"{ID}?x", f"{ID}\n", ID[:-1], "{" + ID + "}", "%2e%2e", "x" * 5000],
)
def test_an_invalid_id_never_becomes_part_of_a_url(service, client, identity):
    asks = [
        lambda: client.get_endpoint(identity),
        lambda: client.update_endpoint(identity, EndpointUpdate()),
        lambda: client.update_endpoint(ID, EndpointUpdate(model_id=identity)),
        lambda: client.update_endpoint(ID, EndpointUpdate(project_id=identity)),
        lambda: client.create_endpoint(EndpointCreate("n", "en-US", identity)),
        lambda: client.delete_endpoint(identity),
        lambda: client.get_base_model(identity),
        lambda: client.get_custom_model(identity),
        lambda: client.get_project(identity),
        lambda: client.list_logs(identity),
        lambda: client.get_log(identity, "log"),
    ]
    for ask in asks:
        with pytest.raises(ValueError, match="UUID"):
            ask()
    assert not service.asked


@pytest.mark.parametrize("identity", ["", ".", "..", "...", "a/b", "a?b", "a b", "a\n", "ä", "%2e"])
def test_an_invalid_id_of_a_log_is_a_value_error(service, client, identity):
    with pytest.raises(ValueError, match="log"):
        client.get_log(ID, identity)
    assert not service.asked


def test_ids_may_be_uuid_objects_and_upper_case(service, client):
    for identity in (uuid.UUID(ID), ID.upper()):
        service.answers(body=service.endpoint())
        assert client.get_endpoint(identity).id == ID


def test_a_model_is_base_or_custom(client):
    with pytest.raises(ValueError, match="base or custom"):
        client.create_endpoint(EndpointCreate("n", "en-US", MODEL, model_kind="../x"))


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "eastus",
        "eastus.api.cognitive.microsoft.com",
        "http://eastus.api.cognitive.microsoft.com",
        "http://10.0.0.1",
        "http://127.0.0.1.example.com",
        "https://key@eastus.example",
        "https://a:b@eastus.example",
        "https://eastus.example?x=1",
        "https://eastus.example/#x",
        "ftp://eastus.example",
        "https://",
        "https:///path",
        "https://eastus.example:99999999",
        "https://eastus\n.example",
    ],
)
def test_an_invalid_endpoint_is_a_value_error_with_a_reason(endpoint):
    with pytest.raises(ValueError, match="service address"):
        SpeechClient(endpoint, "key")


@pytest.mark.parametrize(
    "endpoint",
    ["https://x.example", "https://x.example/", " https://x.example// ", "http://localhost:1", "http://[::1]:1"],
)
def test_an_endpoint_may_have_a_trailing_slash(endpoint):
    with SpeechClient(endpoint, "key") as client:
        assert f"endpoint='{endpoint.strip().rstrip('/')}'" in repr(client)


@pytest.mark.parametrize(
    "options", [{"key": ""}, {"key": "a b"}, {"key": "a\r\nX: y"}, {"key": "ä"}, {"api_version": "v9"}, {"deadline": 0}]
)
def test_other_arguments_are_validated_at_once(options):
    with pytest.raises(ValueError, match=r"\.$") as caught:
        SpeechClient("https://x.example", **{"key": "key", **options})
    assert "X: y" not in str(caught.value)
