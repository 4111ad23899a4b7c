"""Health checks tell everyone a status and nothing else; details and metrics need a token or a known network."""

import subprocess
import sys
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.urls import resolve
from django.utils import timezone

from endpoints import hints, tasks
from endpoints.models import Sweep
from speechstudio.assets import build_bundles
from tests.demo import ROOT, environment

TOKEN = "a-token-of-the-monitoring"
DETAILED = ("/health/ready", "/metrics")


def beat(*queues):
    """As a worker of these queues does."""
    Sweep.beat(*queues)


@pytest.fixture
def lengths(monkeypatch):
    """A broker that answers; None in "answer" for one that does not."""
    found = {"answer": {"celery": 0, "sweeps": 0, "logs": 0}}
    monkeypatch.setattr(hints, "lengths", lambda: found["answer"])
    return found


@pytest.fixture
def no_database():
    """Each statement fails."""

    def refuse(*_arguments):
        raise OperationalError("the database is away")

    with connection.execute_wrapper(refuse):
        yield


@pytest.fixture(scope="module")
def exempt(tmp_path_factory):
    """What settings with HTTPS=true leave out of the redirect to HTTPS."""
    var = tmp_path_factory.mktemp("https")
    program = "from speechstudio import settings; print(settings.SECURE_REDIRECT_EXEMPT[0])"
    env = environment(var, HTTPS="true")
    return subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=env, capture_output=True, text=True
    ).stdout.strip()


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


def test_a_web_process_stays_ready_without_workers_and_broker_because_all_others_lack_them_too(client, db, strict):
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.content) == (200, b"")


def test_a_web_process_that_cannot_ask_the_database_is_not_ready(client, db, no_database):
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()["database"]) == (503, False)
    assert client.get("/health/live").status_code == 200
    assert client.get("/health/all").status_code == 503
    metrics = client.get("/metrics").content.decode()
    assert "speechstudio_database_up 0.0" in metrics
    assert "speechstudio_endpoints" not in metrics


def test_a_web_process_whose_style_sheets_are_missing_is_not_ready(client, db, settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "speechstudio.static_storage.StaticFiles"},
    }
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()["styles"]) == (503, False)
    build_bundles()
    call_command("collectstatic", interactive=False, verbosity=0)
    assert client.get("/health/ready").json()["styles"] is True


def test_the_health_of_all_parts_is_bad_until_each_queue_has_a_worker_and_the_broker_answers(client, db, lengths):
    def found():
        answer = client.get("/health/all")
        return answer.status_code, answer.json()["queues"], answer.json()["worker"]

    assert found() == (503, {"celery": False, "sweeps": False, "logs": False}, False)
    tasks.sweep()
    beat("celery", "sweeps")
    assert found() == (503, {"celery": True, "sweeps": True, "logs": False}, True)
    beat("logs")
    assert found()[0] == 200
    lengths["answer"] = None
    answer = client.get("/health/all")
    assert (answer.status_code, answer.json()["broker"]) == (503, False)


def test_a_worker_tries_the_storage_and_the_health_check_says_what_it_found(client, db, settings, tmp_path, lengths):
    def storage():
        return client.get("/health/ready").json()["storage"]

    tasks.sweep()
    beat("celery", "sweeps", "logs")
    assert storage() is None
    tasks.try_storage()
    assert storage() is True
    assert client.get("/health/all").status_code == 200
    file = tmp_path / "file"
    file.touch()
    here = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": file / "logs"}}
    settings.STORAGES = {**settings.STORAGES, "logs": here}
    tasks.try_storage()
    assert storage() is False
    assert client.get("/health/all").status_code == 503
    assert client.get("/health/ready").status_code == 200
    Sweep.objects.update(storage_at=timezone.now() - timedelta(hours=1))
    assert storage() is None


def test_a_trial_of_the_storage_leaves_no_file_behind(db, settings, tmp_path):
    here = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path / "logs"}}
    settings.STORAGES = {**settings.STORAGES, "logs": here}
    tasks.sweep()
    tasks.try_storage()
    assert Sweep.state().storage is True
    assert list((tmp_path / "logs").iterdir()) == []


def test_the_health_of_all_parts_is_not_for_everybody(client, db, strict):
    answer = client.get("/health/all")
    assert (answer.status_code, answer.content) == (401, b"")


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/health/all", "/metrics"])
def test_machines_of_the_own_network_ask_by_http_and_by_any_name_while_people_are_sent_to_https(
    client, db, settings, exempt, path
):
    settings.SECURE_SSL_REDIRECT, settings.SECURE_REDIRECT_EXEMPT = True, [exempt]
    answer = client.get(path, headers={"Host": "web:8000"})
    assert answer.status_code in (200, 503)
    assert client.get("/endpoints/").status_code == 301
    assert client.get("/metrics/other").status_code == 301


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


def test_details_are_a_json_object(client, db, lengths):
    assert client.get("/health/ready").json() == {
        "database": True,
        "styles": True,
        "broker": True,
        "worker": False,
        "storage": None,
        "secrets": True,
        "queues": {"celery": False, "sweeps": False, "logs": False},
    }


def test_health_checks_are_addresses_of_the_product(db):
    assert resolve("/health/live").func.__name__ == "live"
    assert resolve("/health/ready").func.__name__ == "ready"


def test_somebody_who_has_signed_in_sees_no_metrics(alice, strict):
    assert alice.get("/metrics").status_code == 401
