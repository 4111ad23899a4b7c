"""`python3 manage.py check` reports invalid settings."""

import subprocess
import sys

import pytest
from cryptography.fernet import Fernet
from django.core.checks import run_checks
from django.test import override_settings

from tests.demo import ROOT, environment

KEY = Fernet.generate_key().decode()
TEAM = {"DATABASE_URL": "postgres://speechstudio:x@127.0.0.1:1/speechstudio"}


def ours(*, deploy=False):
    """Messages of our own checks by id."""
    return {said.id: said for said in run_checks(include_deployment_checks=deploy) if said.id.startswith("endpoints.")}


def test_the_settings_of_these_tests_are_in_order():
    assert ours() == {}


@pytest.mark.parametrize(
    ("settings", "id", "words"),
    [
        ({"SECRET_KEY": ""}, "E001", "SECRET_KEY is not set"),
        ({"ENCRYPTION_KEYS": []}, "W002", "ENCRYPTION_KEYS is not set"),
        ({"ENCRYPTION_KEYS": [KEY, "too short"]}, "E003", "not a key"),
        ({"ENCRYPTION_KEYS": ["ключ"]}, "E003", "not a key"),
        ({"SPEECH_KEY": "k", "SPEECH_REGION": "", "SPEECH_ENDPOINT": ""}, "E004", "not where its Speech resource is"),
        ({"SPEECH_KEY": "", "SPEECH_REGION": "eastus"}, "W005", "no Speech resource is registered"),
        ({"SPEECH_KEY": "k", "SPEECH_ENDPOINT": "http://contoso.example.com"}, "E006", "https://"),
        ({"SPEECH_KEY": "k", "SPEECH_ENDPOINT": "contoso.example.com"}, "E006", "https://"),
        ({"SPEECH_KEY": "k", "SPEECH_ENDPOINT": "http://127.0.0.1.example.com"}, "E006", "https://"),
        ({"SPEECH_KEY": "k", "SPEECH_ENDPOINT": "http://127.0.0.1@example.com"}, "E006", "https://"),
        ({"SPEECH_KEY": "k", "SPEECH_ENDPOINT": "https://[half"}, "E006", "https://"),
        ({"SWEEP_SECONDS": 0}, "E007", "SWEEP_SECONDS"),
        ({"LOOK_SECONDS": -1}, "E007", "LOOK_SECONDS"),
        ({"DOWNLOAD_DAYS": 0}, "E007", "DOWNLOAD_DAYS"),
    ],
)
def test_a_wrong_setting_is_named_with_what_to_do(settings, id, words):
    with override_settings(**settings):
        said = ours()
    assert list(said) == [f"endpoints.{id}"]
    message = said[f"endpoints.{id}"]
    assert words in message.msg
    assert message.hint
    assert message.is_serious() == id.startswith("E")


@pytest.mark.parametrize("address", ["https://contoso.cognitiveservices.azure.com", "http://127.0.0.1:8100"])
def test_an_address_that_keeps_the_key_safe_is_accepted(address):
    with override_settings(SPEECH_KEY="k", SPEECH_ENDPOINT=address):
        assert ours() == {}


def test_no_message_shows_a_secret():
    with override_settings(ENCRYPTION_KEYS=["not-a-key-but-secret"], SPEECH_KEY="very-secret"):
        said = " ".join(f"{message.msg} {message.hint}" for message in ours().values())
    assert said
    assert "not-a-key-but-secret" not in said
    assert "very-secret" not in said


def test_a_team_without_a_broker_of_its_own_is_warned_when_it_deploys():
    assert ours(deploy=True).keys() == {"endpoints.W008"}
    with override_settings(BROKER_URL="redis://redis:6379/0"):
        assert ours(deploy=True) == {}


@pytest.mark.parametrize(
    ("query", "warned"), [("", False), ("?ssl_cert_reqs=required", False), ("?ssl_cert_reqs=none", True)]
)
def test_a_broker_whose_certificate_is_not_checked_is_a_warning_when_it_is_deployed(query, warned):
    with override_settings(BROKER_URL=f"rediss://redis:6380/0{query}"):
        assert (ours(deploy=True).keys() == {"endpoints.W018"}) is warned


def check(var, **env):
    command = [sys.executable, "manage.py", "check"]
    return subprocess.run(command, cwd=ROOT, env=environment(var, **env), capture_output=True, text=True)


def test_a_shared_database_without_secrets_is_refused_in_words(tmp_path):
    done = check(tmp_path, **TEAM)
    assert done.returncode == 1
    assert "(endpoints.E001) SECRET_KEY is not set" in done.stderr
    assert "(endpoints.W002) ENCRYPTION_KEYS is not set" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_secrets_can_be_given_as_files(tmp_path):
    secrets = {"SECRET_KEY": "a secret in a file", "ENCRYPTION_KEYS": f"{KEY},{Fernet.generate_key().decode()}"}
    for name, text in secrets.items():
        (tmp_path / name).write_text(f"{text}\n")
    done = check(tmp_path, **TEAM, **{f"{name}_FILE": tmp_path / name for name in secrets})
    assert done.returncode == 0, done.stderr


def test_one_machine_alone_makes_its_own_secrets_once(tmp_path):
    assert check(tmp_path).returncode == 0
    names = ("secret-key", "encryption-key")
    first = [(tmp_path / name).read_text() for name in names]
    assert all(first)
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in names] == [0o600, 0o600]
    assert check(tmp_path).returncode == 0
    assert [(tmp_path / name).read_text() for name in names] == first


def test_an_invalid_number_is_reported_in_one_line(tmp_path):
    env = environment(tmp_path, SWEEP_SECONDS="soon")
    done = subprocess.run([sys.executable, "manage.py", "check"], cwd=ROOT, env=env, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "SWEEP_SECONDS is not a whole number.\n")
