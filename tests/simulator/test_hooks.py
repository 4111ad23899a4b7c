"""Web hooks: creation, challenge, signature, events, failures (WebHooks_*)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from .conftest import Json, Service, running
from .hook_receiver import Call, Receiver, receiving

DAY = 86_400
ENDPOINTS = {f"endpoint{stage}": True for stage in ("Creation", "Processing", "Completion", "Deletion")}
HASTY = {"hook_retry_seconds": 0}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def service(service: Service) -> Service:
    """Without pauses between retries."""
    service.reset(switches=HASTY)
    return service


def deliveries(service: Service) -> list[Json]:
    """The deliveries, once none is pending."""
    return service.open.get(f"{service.url}/_world/deliveries?settle=20", timeout=30).raise_for_status().json()


def register(service: Service, url: str, events: Json | None = None, **changes: Any) -> Json:
    body = {"displayName": "Hook", "webUrl": url, "events": ENDPOINTS if events is None else events, **changes}
    response = service.http.post("/webhooks", json=body)
    assert response.status_code == 201, response.text
    assert response.headers["location"] == response.json()["self"]
    return response.json()


def registered(service: Service, receiver: Receiver, events: Json | None = None, **changes: Any) -> Json:
    """A hook whose challenge has succeeded."""
    hook = register(service, receiver.url, events, **changes)
    deliveries(service)
    hook = service.get(hook["self"])
    assert hook["status"] == "Succeeded"
    return hook


def signature(secret: str, raw: bytes) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), raw, hashlib.sha256)).decode()


def names(receiver: Receiver) -> list[str]:
    return [call.event for call in receiver.events()]


# Creation and challenge


def test_webhooks_create_sends_a_challenge_and_then_succeeds(service: Service, receiver: Receiver) -> None:
    hook = register(service, f"{receiver.url}?own=1", description="Ours", customProperties={"team": "a"})
    assert hook["status"] == "NotStarted"
    deliveries(service)
    (challenge,) = receiver.calls
    assert challenge.event == "Challenge"
    assert challenge.path.startswith("/hooks/speech?own=1&validationToken=")
    assert (challenge.body, challenge.signature) == (b"", None)
    answer = service.http.get(hook["self"])
    assert "retry-after" not in answer.headers
    shown = answer.json()
    assert shown["status"] == "Succeeded"
    assert shown["links"] == {"ping": f"{hook['self']}:ping", "test": f"{hook['self']}:test"}
    assert shown["properties"] == {"apiVersion": "v3.2"}
    assert (shown["description"], shown["customProperties"]) == ("Ours", {"team": "a"})


@pytest.mark.parametrize(
    ("status", "text", "words"),
    [(200, "hello", "something else"), (404, "", "404"), (204, "", "204"), (302, "", "302")],
)
def test_a_challenge_without_the_right_response_fails_the_hook(
    service: Service, receiver: Receiver, status: int, text: str, words: str
) -> None:
    receiver.answer = lambda _call: (status, text)
    hook = register(service, receiver.url)
    assert len(deliveries(service)) == 1
    shown = service.get(hook["self"])
    assert shown["status"] == "Failed"
    assert shown["properties"]["error"]["code"] == "ChallengeFailed"
    assert words in shown["properties"]["error"]["message"]


def test_a_refused_connection_fails_the_hook(service: Service) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        hook = register(service, f"http://127.0.0.1:{closed.getsockname()[1]}/")
        (row,) = deliveries(service)
    assert (row["status"], row["event"], row["hook"]) == (None, "challenge", hook["self"].rpartition("/")[2])
    assert service.get(hook["self"])["status"] == "Failed"


def test_a_hanging_receiver_times_out_and_delays_no_response(service: Service) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        service.reset(switches={"hook_timeout_seconds": 0.5})
        hook = register(service, f"http://127.0.0.1:{silent.getsockname()[1]}/")
        answer = service.http.get(hook["self"])
        assert answer.json()["status"] == "NotStarted"
        assert answer.headers["retry-after"] == "1"
        assert deliveries(service)[0]["problem"] == "no answer in 0.5 seconds"
    assert service.get(hook["self"])["status"] == "Failed"


@pytest.mark.parametrize(
    "answer", [b"", b"SSH-2.0-x\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", b"\0" * 200_000]
)
def test_a_receiver_that_is_not_http_fails_the_hook(service: Service, answer: bytes) -> None:
    with socket.socket() as strange:
        strange.bind(("127.0.0.1", 0))
        strange.listen()

        def talk() -> None:
            connection, _ = strange.accept()
            with connection:
                connection.recv(65_536)
                try:
                    connection.sendall(answer)
                except OSError:
                    return

        thread = threading.Thread(target=talk)
        thread.start()
        hook = register(service, f"http://127.0.0.1:{strange.getsockname()[1]}/")
        deliveries(service)
        thread.join()
    assert service.get(hook["self"])["status"] == "Failed"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"webUrl": "ftp://example.com/"}, "InvalidCallbackUri"),
        ({"webUrl": "/hooks"}, "InvalidCallbackUri"),
        ({"webUrl": "http://example.com:x/"}, "InvalidCallbackUri"),
        ({"webUrl": "http://a:b@example.com/"}, "InvalidCallbackUri"),
        ({"webUrl": None}, "InvalidPayload"),
        ({"displayName": ""}, "InvalidPayload"),
        ({"events": None}, "InvalidPayload"),
        ({"events": {"endpointExpiry": True}}, "InvalidWebHookEventKind"),
        ({"events": {"ping": "yes"}}, "InvalidPayload"),
        ({"customProperties": {"k" * 65: ""}}, "InvalidParameterValue"),
    ],
)
def test_webhooks_create_refuses_invalid_bodies(service: Service, change: Json, code: str) -> None:
    body = {"displayName": "Hook", "webUrl": "http://127.0.0.1:9/", "events": ENDPOINTS, **change}
    assert service.error_of("POST", "/webhooks", json=body) == (400, code)
    assert service.get("/webhooks") == {"values": []}


def test_webhooks_list_has_pages_and_filters(service: Service, receiver: Receiver) -> None:
    hooks = [registered(service, receiver, displayName=f"Hook {number}") for number in range(3)]
    other = register(service, "http://127.0.0.1:9/it''s", displayName="Other")
    deliveries(service)
    first = service.get("/webhooks", top=2)
    assert [hook["displayName"] for hook in first["values"]] == ["Hook 0", "Hook 1"]
    assert service.every(first["@nextLink"])[0]["self"] == hooks[2]["self"]
    for text, expected in (
        (f"webUrl eq '{receiver.url}' and displayName ne 'Hook 1'", [hooks[0], hooks[2]]),
        ("status eq 'Failed' or displayName eq 'Hook 0'", [hooks[0], other]),
        ("createdDateTime gt 2000-01-01T00:00:00Z and not status eq 'Succeeded'", [other]),
    ):
        found = service.get("/webhooks", filter=text)["values"]
        assert [hook["self"] for hook in found] == [hook["self"] for hook in expected]
    assert service.error_of("GET", "/webhooks?filter=locale eq 'en-US'") == (400, "UnsupportedFilter")


# Updates


def test_webhooks_update_sends_a_challenge_to_another_url(service: Service, receiver: Receiver) -> None:
    hook = registered(service, receiver)
    with receiving() as other:
        answer = service.http.patch(hook["self"], json={"webUrl": other.url, "events": {"ping": True}})
        assert (answer.status_code, answer.json()["status"], answer.json()["webUrl"]) == (200, "NotStarted", other.url)
        deliveries(service)
        assert [call.event for call in other.calls] == ["Challenge"]
    assert service.get(hook["self"])["status"] == "Succeeded"
    assert service.get(hook["self"])["events"] == {"ping": True}


def test_the_same_url_again_does_not_affect_a_working_hook(service: Service, receiver: Receiver) -> None:
    hook = registered(service, receiver)
    shown = service.http.patch(hook["self"], json={"webUrl": receiver.url, "displayName": "New"}).json()
    assert (shown["status"], shown["displayName"]) == ("Succeeded", "New")
    deliveries(service)
    assert len(receiver.calls) == 1


def test_the_same_url_again_enables_a_failed_hook(service: Service, receiver: Receiver) -> None:
    receiver.answer = lambda _call: (500, "")
    hook = register(service, receiver.url)
    deliveries(service)
    renamed = service.http.patch(hook["self"], json={"displayName": "New"}).json()
    assert renamed["status"] == "Failed"
    receiver.answer = lambda call: (200, call.token)
    service.http.patch(hook["self"], json={"webUrl": receiver.url}).raise_for_status()
    deliveries(service)
    shown = service.get(hook["self"])
    assert (shown["status"], "error" in shown["properties"]) == ("Succeeded", False)


def test_webhooks_delete_ends_all_deliveries(service: Service, receiver: Receiver) -> None:
    hook = registered(service, receiver)
    answer = service.http.delete(hook["self"])
    assert (answer.status_code, answer.content) == (204, b"")
    service.deployed()
    assert all(row["event"] == "challenge" for row in deliveries(service))
    assert service.http.get(hook["self"]).status_code == 404
    assert service.http.delete(hook["self"]).status_code == 404
    assert service.http.post(f"{hook['self']}:ping").status_code == 404


# Signatures


def test_the_signature_is_of_the_raw_body_or_the_token(service: Service, receiver: Receiver) -> None:
    hook = registered(service, receiver, properties={"secret": "gehéim"})
    service.http.post(hook["links"]["ping"]).raise_for_status()
    service.deploy()
    deliveries(service)
    challenge, *others = receiver.calls
    assert challenge.signature == signature("gehéim", challenge.token.encode())
    assert len(others) == 2
    for call in others:
        assert call.signature == signature("gehéim", call.body)


@pytest.mark.parametrize("properties", [{}, {"properties": {}}, {"properties": {"secret": ""}}])
def test_an_update_without_the_secret_ends_the_signing(service: Service, receiver: Receiver, properties: Json) -> None:
    hook = registered(service, receiver, properties={"secret": "geheim"})
    assert hook["properties"]["secret"] == "geheim"
    service.http.patch(hook["self"], json={"displayName": "New", **properties}).raise_for_status()
    service.http.post(hook["links"]["ping"]).raise_for_status()
    deliveries(service)
    assert receiver.calls[-1].signature is None


# Events


def test_webhooks_ping_delivers_the_hook_itself(service: Service, receiver: Receiver) -> None:
    hook = registered(service, receiver, events={})
    answer = service.http.post(hook["links"]["ping"])
    assert (answer.status_code, answer.content, answer.headers["retry-after"]) == (202, b"", "1")
    deliveries(service)
    ping = receiver.calls[-1]
    assert (ping.event, ping.json) == ("Ping", hook)
    assert ping.headers["content-type"].startswith("application/json")


def test_each_status_of_a_deployment_is_an_event(service: Service, receiver: Receiver) -> None:
    registered(service, receiver)
    endpoint = service.deploy()
    deliveries(service)
    assert names(receiver) == ["EndpointCreation"]
    service.advance(6)
    deliveries(service)
    assert names(receiver) == ["EndpointCreation", "EndpointProcessing"]
    service.advance(600)
    service.http.delete(endpoint["self"]).raise_for_status()
    rows = deliveries(service)
    assert names(receiver) == ["EndpointCreation", "EndpointProcessing", "EndpointCompletion", "EndpointDeletion"]
    assert {call.json["self"] for call in receiver.events()} == {endpoint["self"]}
    assert len({call.json["invocationId"] for call in receiver.events()}) == 4
    assert [row["event"] for row in rows] == ["challenge", *ENDPOINTS]
    assert rows[1]["body"].encode() == receiver.events()[0].body
    assert {row["status"] for row in rows} == {200}


def test_events_are_sent_without_any_request(service: Service, receiver: Receiver) -> None:
    service.reset(deploy_seconds=0.2)
    done = threading.Event()

    def answer(call: Call) -> tuple[int, str]:
        if call.event == "EndpointCompletion":
            done.set()
        return 200, call.token

    receiver.answer = answer
    registered(service, receiver)
    service.deploy()
    assert done.wait(10)


def test_a_failed_deployment_has_a_completion_and_a_change_has_events_again(
    service: Service, receiver: Receiver
) -> None:
    endpoint = service.deployed()
    registered(service, receiver)
    model = {"self": service.model("Broken")["self"]}
    service.http.patch(endpoint["self"], json={"model": model}).raise_for_status()
    service.advance(30)
    deliveries(service)
    assert service.get(endpoint["self"])["status"] == "Failed"
    assert names(receiver) == ["EndpointProcessing", "EndpointCompletion"]


def test_an_expired_endpoint_has_a_deletion_event(service: Service, receiver: Receiver) -> None:
    registered(service, receiver, events={"endpointCompletion": True, "endpointDeletion": True})
    service.deploy(properties={"timeToLive": "P1D"})
    service.advance(2 * DAY)
    deliveries(service)
    assert names(receiver) == ["EndpointCompletion", "EndpointDeletion"]


def test_models_have_events_of_their_own(service: Service, receiver: Receiver) -> None:
    registered(service, receiver, events={"modelDeletion": True})
    model = service.model("Broken")
    service.http.delete(model["self"]).raise_for_status()
    deliveries(service)
    (call,) = receiver.events()
    assert (call.event, call.json["self"]) == ("ModelDeletion", model["self"])


def test_events_before_the_creation_of_a_hook_are_not_sent(service: Service, receiver: Receiver) -> None:
    service.deployed()
    registered(service, receiver)
    assert len(deliveries(service)) == 1


@pytest.mark.parametrize(
    ("style", "challenge", "event"),
    [("camel", "challenge", "endpointCreation"), ("lower", "challenge", "endpointcreation")],
)
def test_a_switch_changes_the_spelling_of_events(
    service: Service, receiver: Receiver, style: str, challenge: str, event: str
) -> None:
    service.reset(switches={"hook_event_names": style})
    registered(service, receiver)
    service.deploy()
    deliveries(service)
    assert [call.event for call in receiver.calls] == [challenge, event]


def test_webhooks_test_sends_the_latest_entity_of_each_event(service: Service, receiver: Receiver) -> None:
    events = {"endpointCompletion": True, "endpointDeletion": True, "endpointCreation": False, "ping": True}
    hook = registered(service, receiver, events=events)
    answer = service.http.post(hook["links"]["test"])
    assert (answer.status_code, answer.content) == (204, b"")
    service.deployed()
    newest = service.deployed(displayName="Newest")
    deliveries(service)
    receiver.calls.clear()
    answer = service.http.post(hook["links"]["test"])
    assert (answer.status_code, answer.headers["retry-after"]) == (202, "1")
    deliveries(service)
    (call,) = receiver.calls
    assert (call.event, call.json["self"]) == ("EndpointCompletion", newest["self"])


# Failures


def test_a_delivery_has_five_attempts_with_one_id(service: Service, receiver: Receiver) -> None:
    hook = registered(service, receiver, events={"endpointCreation": True})
    receiver.answer = lambda _call: (503, "")
    service.deploy()
    rows = deliveries(service)[1:]
    assert [(row["attempt"], row["status"]) for row in rows] == [(number, 503) for number in range(1, 6)]
    assert len({call.json["invocationId"] for call in receiver.events()}) == 1
    assert service.get(hook["self"])["status"] == "Succeeded"


def test_attempts_are_spaced_on_the_clock_of_the_world(service: Service, receiver: Receiver) -> None:
    service.reset(switches={"hook_retry_seconds": 3600, "hook_attempts": 3})
    registered(service, receiver, events={"endpointCreation": True})
    receiver.answer = lambda _call: (503, "")
    service.deploy()
    shown = f"{service.url}/_world/deliveries"
    for number in range(2, 4):
        while len(service.open.get(shown).json()) < number:
            pass
        service.advance(3600)
    assert [row["attempt"] for row in deliveries(service)] == [1, 1, 2, 3]


def test_a_hook_fails_after_three_failed_deliveries(service: Service, receiver: Receiver) -> None:
    service.reset(switches=HASTY | {"hook_attempts": 1})
    hook = registered(service, receiver, events={"endpointCreation": True})
    receiver.answer = lambda _call: (500, "")
    for number in range(5):
        service.deploy(displayName=f"Line {number}")
        deliveries(service)
    assert len(receiver.events()) == 3
    shown = service.get(hook["self"])
    assert (shown["status"], shown["properties"]["error"]["code"]) == ("Failed", "TooManyFailures")
    receiver.answer = lambda call: (200, call.token)
    service.http.patch(hook["self"], json={"webUrl": receiver.url}).raise_for_status()
    deliveries(service)
    service.deploy()
    deliveries(service)
    assert service.get(hook["self"])["status"] == "Succeeded"
    assert len(receiver.events()) == 4


def always(status: int) -> Callable[[Call], tuple[int, str]]:
    return lambda _call: (status, "")


def test_only_consecutive_failed_deliveries_count(service: Service, receiver: Receiver) -> None:
    service.reset(switches=HASTY | {"hook_attempts": 1, "hook_failures": 2})
    hook = registered(service, receiver, events={"endpointCreation": True})
    for status in (500, 200, 500):
        receiver.answer = always(status)
        service.deploy()
        deliveries(service)
    assert service.get(hook["self"])["status"] == "Succeeded"


def test_faults_drop_duplicate_delay_and_reorder_deliveries(service: Service, receiver: Receiver) -> None:
    registered(service, receiver)
    service.faults(
        {"method": "HOOK", "path": "^endpointCreation ", "effect": {"reorder": True}},
        {"method": "HOOK", "path": "^endpointProcessing ", "effect": {"duplicate": 1}},
        {"method": "HOOK", "path": "^endpointCompletion ", "effect": {"delay": 3600}},
        {"method": "HOOK", "path": "^endpointDeletion ", "effect": {"drop": True}},
    )
    endpoint = service.deploy()
    service.advance(30)
    service.http.delete(endpoint["self"]).raise_for_status()
    service.advance(3600)
    rows = deliveries(service)
    assert names(receiver) == ["EndpointProcessing", "EndpointProcessing", "EndpointCreation", "EndpointCompletion"]
    twice = receiver.events()[:2]
    assert twice[0].body == twice[1].body
    assert [row["problem"] for row in rows if row["event"] == "endpointDeletion"] == ["dropped by a fault"]


def test_effects_of_hook_faults_are_refused_for_other_methods(service: Service) -> None:
    fault = {"method": "GET", "effect": {"drop": True}}
    assert service.open.post(f"{service.url}/_world/faults", json=[fault]).status_code == 400
    service.faults({"effect": {"status": 500}, "times": None})
    assert deliveries(service) == []


# Restart and TLS


def test_hooks_survive_a_restart_and_certificates_are_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = tmp_path / "server.pem"
    certificate.write_bytes(self_signed())
    state = ["--control", "--state", str(tmp_path / "world.json"), "--switch", "hook_retry_seconds=0"]
    with receiving(certificate) as receiver:
        with running(*state) as stranger:
            hook = register(stranger, receiver.url)
            assert "certificate" in deliveries(stranger)[0]["problem"].lower()
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        with running(*state) as service:
            path = urlsplit(hook["self"]).path.partition("v3.2")[2]
            assert service.get(path)["status"] == "Failed"
            service.http.patch(path, json={"webUrl": receiver.url}).raise_for_status()
            deliveries(service)
            assert service.get(path)["status"] == "Succeeded"
            service.deployed()
            deliveries(service)
        assert names(receiver) == ["EndpointCreation", "EndpointProcessing", "EndpointCompletion"]


def self_signed() -> bytes:
    """A certificate of 127.0.0.1 with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "receiver")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    encoding = serialization.Encoding.PEM
    private = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain)
    return certificate.public_bytes(encoding) + private


# API versions


def test_a_payload_has_the_version_of_its_hook(service: Service, receiver: Receiver) -> None:
    with service.later("2025-10-15") as later:
        hook = registered(later, receiver, events={"endpointCreation": True})
        assert hook["properties"]["apiVersion"] == "2025-10-15"
        assert hook["links"]["ping"].endswith(":ping?api-version=2025-10-15")
        endpoint = service.deploy()
        assert later.http.post(hook["links"]["ping"]).status_code == 202
        assert later.http.post(hook["links"]["test"]).status_code == 202
        deliveries(service)
        created, ping, again = receiver.events()
        assert created.json["self"] == again.json["self"] == later.get(created.json["self"])["self"]
        assert created.json["self"].endswith(f"{endpoint['self'].rpartition('/')[2]}?api-version=2025-10-15")
        assert ping.json == hook
        assert service.get("/webhooks")["values"][0]["properties"]["apiVersion"] == "2025-10-15"


def test_a_hook_of_a_retired_version_gets_nothing(tmp_path: Path, receiver: Receiver) -> None:
    state = ["--control", "--state", str(tmp_path / "world.json")]
    with running(*state) as service, service.later("2024-11-15") as later:
        registered(later, receiver)
    with running(*state, "--switch", "retired=2024-11-15") as service:
        service.deployed()
        assert deliveries(service) == []
        assert service.get("/webhooks")["values"][0]["status"] == "Succeeded"
