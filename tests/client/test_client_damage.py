"""An item of a list that is damaged in any way that JSON allows hides no other item."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from endpoints.azure import SpeechError
from tests.damage import JSON, damaged

FIXTURES_ARE_SHARED = [HealthCheck.function_scoped_fixture]
ID = "8a3b1b8e-0b7d-4f57-9c8e-2d1f0a6b7c11"
HOOK = {
    "displayName": "Hook",
    "webUrl": "https://studio.example/hook",
    "events": {"endpointCompletion": True, "ping": True},
    "properties": {"secret": "s"},
    "customProperties": {"team": "calls"},
}
LISTS = {
    "endpoints": lambda client: client.list_endpoints(),
    "base models": lambda client: client.list_base_models(),
    "custom models": lambda client: client.list_custom_models(),
    "projects": lambda client: client.list_projects(),
    "web hooks": lambda client: client.list_web_hooks(),
    "logs": lambda client: client.list_logs(ID),
}


@pytest.fixture(scope="module")
def shapes(simulator):
    """Two entities of each kind, as the simulator returns them."""
    simulator.reset(endpoints=4, logs=2)

    def first(path):
        return simulator.ask("GET", path)["values"][:2]

    endpoints = [*first("/endpoints"), *first("/endpoints?skip=2")]
    logging = next(one for one in endpoints if one["properties"]["loggingEnabled"])
    hooks = [simulator.ask("POST", "/webhooks", HOOK | {"displayName": name}) for name in ("One", "Two")]
    return {
        "endpoints": first("/endpoints"),
        "base models": first("/models/base"),
        "custom models": first("/models"),
        "projects": first("/projects"),
        "web hooks": hooks,
        "logs": first(f"/endpoints/{logging['self'].rpartition('/')[2]}/files/logs"),
    }


@pytest.mark.parametrize("kind", LISTS)
@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=FIXTURES_ARE_SHARED)
def test_a_damaged_item_hides_no_other(service, client, shapes, kind, data):
    whole, other = shapes[kind]
    service.scripts.clear()
    service.answers(body={"values": [whole]}).answers(body={"values": [data.draw(damaged(other)), whole]})
    (expected,) = LISTS[kind](client)
    listing = LISTS[kind](client)
    found = list(listing)
    assert expected in found
    if kind != "logs":
        assert len({one.id for one in found}) + len(listing.unreadable) == 2


@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=FIXTURES_ARE_SHARED)
def test_a_damaged_link_hides_no_item_of_its_page(service, client, shapes, data):
    service.scripts.clear()
    link = data.draw(JSON.filter(lambda value: not isinstance(value, str)))
    service.answers(body={"values": shapes["endpoints"], "@nextLink": link})
    listing = client.list_endpoints()
    assert len(list(listing)) == 2
    assert bool(listing.unreadable) == (link is not None)


@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=FIXTURES_ARE_SHARED)
def test_a_damaged_error_is_still_a_refusal(service, client, data):
    body = {"code": "NotFound", "message": "No.", "innerError": {"code": "X", "message": "Y"}, "target": "id"}
    service.scripts.clear()
    service.answers(404, json.dumps(data.draw(damaged(body))).encode())
    with pytest.raises(SpeechError):
        client.get_endpoint(ID)
