"""Web hooks: create, update, ping, test, delete."""

import pytest

from endpoints.azure import (
    EVENTS,
    NotFound,
    TooManyRequests,
    Unreadable,
    WebHookCreate,
    WebHookUpdate,
)

ID = "8a3b1b8e-0b7d-4f57-9c8e-2d1f0a6b7c11"
OTHER = "2f0c7a52-6a0e-4a8b-8f1d-5b9e1c3d7a10"
HOOKS = "/speechtotext/v3.2/webhooks"
ADDRESS = "https://deploy.example/hooks/speech/DOOR"


@pytest.fixture
def hook(service):
    def make(**changes):
        found = {
            "self": f"{service.url}{HOOKS}/{ID}",
            "displayName": "Deploy models",
            "webUrl": ADDRESS,
            "events": {"endpointCompletion": True, "endpointDeletion": False, "somethingNew": True, "ping": None},
            "createdDateTime": "2024-05-01T10:00:00Z",
            "status": "Succeeded",
            "properties": {"secret": "SECRET", "apiVersion": "v3.2"},
        }
        return {name: value for name, value in {**found, **changes}.items() if value is not ...}

    return make


def create(**changes):
    asked = {"display_name": "n", "web_url": ADDRESS, "events": frozenset({"endpointCompletion"}), "secret": "SECRET"}
    return WebHookCreate(**{**asked, **changes})


def test_a_web_hook_is_parsed(service, client, hook):
    service.answers(body=hook(status="Failed", description="d"), headers={"Retry-After": "9"})
    found = client.get_web_hook(ID)
    assert service.asked[0].target == f"{HOOKS}/{ID}"
    assert (found.id, found.display_name, found.web_url) == (ID, "Deploy models", ADDRESS)
    assert found.events == {"endpointCompletion", "somethingNew"}
    assert (found.status, found.description, found.api_version, found.retry_after) == ("Failed", "d", "v3.2", 9.0)
    assert found.created.isoformat() == "2024-05-01T10:00:00+00:00"


def test_a_failed_web_hook_has_its_error(service, client, hook):
    service.answers(body=hook(properties={"error": {"code": "Unreachable", "message": "No answer."}}))
    assert client.get_web_hook(ID).error.message == "No answer."


@pytest.mark.parametrize("value", [..., None, 5])
def test_a_web_hook_without_an_id_is_unreadable(service, client, hook, value):
    service.answers(body=hook(self=value))
    with pytest.raises(Unreadable):
        client.get_web_hook(ID)


@pytest.mark.parametrize("value", [..., None, [5]])
def test_a_web_hook_is_read_without_the_other_properties(service, client, hook, value):
    service.answers(body=hook(displayName=value, webUrl=value, events=value, properties=value))
    found = client.get_web_hook(ID)
    assert (found.id, found.display_name, found.web_url, found.events) == (ID, ID, "", frozenset())


def test_web_hooks_are_listed_in_pages(service, client, hook):
    service.answers(body={"values": [hook()], "@nextLink": f"{service.url}{HOOKS}?skip=1"})
    service.answers(body={"values": [hook(self=f"{service.url}{HOOKS}/{OTHER}")]})
    assert [one.id for one in client.list_web_hooks(f"webUrl eq '{ADDRESS}'")] == [ID, OTHER]
    assert service.asked[0].target.startswith(f"{HOOKS}?filter=webUrl%20eq%20%27https%3A")


def test_a_create_sends_the_secret_and_the_events(service, client, hook):
    service.answers(201, hook())
    assert client.create_web_hook(create(description="d", custom_properties={"by": "us"})).id == ID
    (sent,) = service.asked
    assert (sent.method, sent.target) == ("POST", HOOKS)
    assert sent.json == {
        "displayName": "n",
        "description": "d",
        "webUrl": ADDRESS,
        "events": {"endpointCompletion": True},
        "properties": {"secret": "SECRET"},
        "customProperties": {"by": "us"},
    }


def test_a_create_without_a_secret_sends_none(service, client, hook):
    service.answers(201, hook())
    client.create_web_hook(create(secret=None))
    assert "properties" not in service.asked[0].json


def test_a_create_with_an_unreadable_response_is_fetched_by_its_location(service, client, hook):
    service.answers(201, b"{", {"Location": f"{service.url}{HOOKS}/{ID}"}).answers(body=hook())
    assert client.create_web_hook(create()).id == ID
    assert service.asked[1].target == f"{HOOKS}/{ID}"


def test_an_update_always_sends_or_removes_the_secret(service, client, hook):
    with pytest.raises(TypeError, match="secret"):
        WebHookUpdate(display_name="n")  # type: ignore[call-arg]  # that is the point
    service.answers(body=hook()).answers(body=hook())
    client.update_web_hook(ID, WebHookUpdate(secret="SECRET", display_name="n"))
    client.update_web_hook(ID, WebHookUpdate(secret=None, web_url=ADDRESS, description="", custom_properties={}))
    assert [(one.method, one.target) for one in service.asked] == [("PATCH", f"{HOOKS}/{ID}")] * 2
    assert service.asked[0].json == {"displayName": "n", "properties": {"secret": "SECRET"}}
    assert service.asked[1].json == {"webUrl": ADDRESS, "description": "", "customProperties": {}}


def test_an_update_of_events_sends_disabled_ones(service, client, hook):
    service.answers(body=hook())
    client.update_web_hook(ID, WebHookUpdate(secret="s", events=frozenset({"endpointCreation", "ping"})))
    sent = service.asked[0].json["events"]
    assert len(sent) == len(EVENTS) == 22
    assert {name for name, wanted in sent.items() if wanted} == {"endpointCreation", "ping"}


def test_an_unknown_event_is_not_sent(service, client):
    for asked in (create(events=frozenset({"endpointExpiry"})), WebHookUpdate(secret="s", events=frozenset({"x"}))):
        with pytest.raises(ValueError, match="no event"):
            client.create_web_hook(asked) if isinstance(asked, WebHookCreate) else client.update_web_hook(ID, asked)
    assert not service.asked


def test_a_ping_is_accepted(service, client):
    service.answers(202, headers={"Retry-After": "5"})
    assert client.ping_web_hook(ID) is None
    assert [(one.method, one.target, one.body) for one in service.asked] == [("POST", f"{HOOKS}/{ID}:ping", b"")]


@pytest.mark.parametrize(("status", "sent"), [(202, True), (200, True), (204, False)])
def test_a_test_returns_whether_there_is_an_event(service, client, status, sent):
    service.answers(status)
    assert client.test_web_hook(ID) is sent
    assert service.asked[0].target == f"{HOOKS}/{ID}:test"


def test_a_ping_is_never_retried_if_it_may_have_been_executed(service, patient):
    service.answers(201)
    with pytest.raises(Unreadable):
        patient.ping_web_hook(ID)
    service.answers(429, headers={"Retry-After": "3600"})
    with pytest.raises(TooManyRequests):
        patient.ping_web_hook(ID)
    assert len(service.asked) == 2


@pytest.mark.parametrize(("status", "body"), [(204, b""), (404, {"code": "NotFound", "message": "Removed"})])
def test_204_and_404_both_mean_deleted(service, client, status, body):
    service.answers(status, body)
    assert client.delete_web_hook(ID) is None
    assert (service.asked[0].method, service.asked[0].target) == ("DELETE", f"{HOOKS}/{ID}")


def test_a_404_of_the_gateway_does_not_mean_that_a_web_hook_is_deleted(service, client):
    service.answers(404, {"error": {"code": "404", "message": "Resource not found"}})
    with pytest.raises(NotFound):
        client.delete_web_hook(ID)


def test_an_invalid_id_never_becomes_part_of_a_url(service, client):
    asks = (
        client.get_web_hook,
        client.delete_web_hook,
        client.ping_web_hook,
        client.test_web_hook,
        lambda id: client.update_web_hook(id, WebHookUpdate(secret=None)),
    )
    for ask in asks:
        with pytest.raises(ValueError, match="UUID"):
            ask("../endpoints")
    assert not service.asked


def test_no_repr_contains_the_secret_or_the_url(service, client, hook):
    service.answers(body=hook())
    found = client.get_web_hook(ID)
    for noun in (found, create(), WebHookUpdate(secret="SECRET", web_url=ADDRESS)):
        shown = repr(noun) + str(noun) + f"{noun}" + str(noun.__rich_repr__())
        assert "SECRET" not in shown
        assert "DOOR" not in shown
        assert type(noun).__name__ in repr(noun)
