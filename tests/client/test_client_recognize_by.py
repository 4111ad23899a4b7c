"""Which way a recording is recognized: as short audio or by a WebSocket."""

import pytest

from tests.client.test_client_recognition import deployed, recording

WAYS = (["restConversation", "logs"], ["webSocket"])


def asked_by(world):
    """Which way the latest recognition came."""
    return world.ledger()[-1][0]


@pytest.mark.parametrize(("version", "method"), [("v3.2", "POST"), ("2024-11-15", "GET"), ("2025-10-15", "GET")])
@pytest.mark.parametrize("id_used", [True, False])
def test_the_links_of_an_endpoint_say_which_way(client_of, world, version, method, id_used):
    speech = client_of(world.url, key=world.key, api_version=version)
    endpoint = deployed(speech)
    identity = endpoint.id if id_used else None
    said = speech.recognize_by(world.url, endpoint.links, recording(2), endpoint.locale, identity)
    assert asked_by(world) == method
    assert (said.status, bool(said.text), said.seconds) == ("Success", True, 2.0)
    assert speech.recognize_by(world.url, (), recording(2), endpoint.locale, identity).text == said.text
    assert asked_by(world) == method  # without links, what the version usually has
    assert speech.recognize_by(world.url, ["webSocket"], recording(2), endpoint.locale, identity).text == said.text
    assert asked_by(world) == "GET"


def test_both_ways_hear_the_dialect_of_the_model(speech, world):
    world.reset(dialects=True)
    endpoint = deployed(speech)
    custom, base = (
        {speech.recognize_by(world.url, way, recording(3), endpoint.locale, identity).text for way in WAYS}
        for identity in (endpoint.id, None)
    )
    assert (len(custom), len(base)) == (1, 1)
    assert custom != base
