"""Health checks tell everyone a status and nothing else; details and metrics need a token or a known network."""

import pytest
from django.urls import resolve

from endpoints import tasks

TOKEN = "a-token-of-the-monitoring"
DETAILED = ("/health/ready", "/metrics")


@pytest.fixture
def strict(settings):
    """Neither a token nor a network is named."""
    settings.METRICS_TOKEN, settings.METRICS_NETWORKS = "", ()
    return settings


@pytest.mark.parametrize("host", ["localhost", "10.1.2.3:8000", "anything.example.org", "not a host!"])
def test_a_health_check_answers_any_host_with_a_status_and_no_body(client, db, strict, host):
    tasks.sweep()
    for path in ("/health/live", "/health/ready"):
        answer = client.get(path, headers={"Host": host})
        assert (answer.status_code, answer.content) == (200, b""), path
        assert answer["Cache-Control"] == "no-store"
        assert "default-src" in answer["Content-Security-Policy"]
        assert not answer.cookies
    assert client.get("/endpoints/", headers={"Host": "anything.example.org"}).status_code == 400


def test_without_a_worker_it_is_not_ready_and_says_no_more(client, db, strict):
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.content) == (503, b"")


@pytest.mark.parametrize("path", DETAILED)
@pytest.mark.parametrize(
    "given", ["", "Bearer", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", TOKEN]
)
def test_details_need_the_token(client, db, strict, path, given):
    strict.METRICS_TOKEN = TOKEN
    tasks.sweep()
    refused = client.get(path, headers={"Authorization": given} if given else {})
    assert (refused.status_code, refused.content) == (401 if path == "/metrics" else 200, b"")
    allowed = client.get(path, headers={"Authorization": f"Bearer {TOKEN}"})
    assert allowed.status_code == 200
    assert allowed.content


@pytest.mark.parametrize("path", DETAILED)
def test_without_a_token_in_the_settings_no_token_is_right(client, db, strict, path):
    for given in ("Bearer ", "Bearer", "Bearer None"):
        assert client.get(path, headers={"Authorization": given}).content == b""


@pytest.mark.parametrize("path", DETAILED)
@pytest.mark.parametrize(
    ("peer", "forwarded", "seen"),
    [
        ("10.1.0.7", "", True),
        ("10.2.0.7", "", False),
        ("10.2.0.7", "10.1.0.7", False),  # a client says so
        ("192.0.2.1", "10.1.0.7", True),  # our own proxy says so
        ("192.0.2.1", "10.1.0.7, 10.2.0.7", False),
        ("", "", False),
    ],
)
def test_details_are_seen_from_named_networks(client, db, strict, path, peer, forwarded, seen):
    strict.METRICS_NETWORKS, strict.TRUSTED_PROXIES = ("10.1.0.0/16",), ("192.0.2.1/32",)
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    assert bool(client.get(path, REMOTE_ADDR=peer, headers=headers).content) is seen


def test_details_are_a_json_object(client, db):
    assert client.get("/health/ready").json() == {"database": True, "worker": False, "secrets": True}


def test_health_checks_are_addresses_of_the_product(db):
    assert resolve("/health/live").func.__name__ == "live"
    assert resolve("/health/ready").func.__name__ == "ready"


def test_somebody_who_has_signed_in_sees_no_metrics(alice, strict):
    assert alice.get("/metrics").status_code == 401
