"""The sample code of the endpoint's page, unchanged, run with the real Speech SDKs against the simulated service."""

import json
import re
import subprocess
import sys

import pytest

from endpoints.azure import SpeechClient
from endpoints.models import Resource
from endpoints.models.connection import Auth
from tests.conftest import KEY
from tests.network import HERE
from tests.samples.sdks import FILES, code_on, recording, run

SAMPLES = sorted(FILES)
CREDENTIAL = """
import os, time
from azure.core.credentials import AccessToken
from azure.identity import DefaultAzureCredential

DefaultAzureCredential.get_token = lambda *_, **more: AccessToken(os.environ["TOKEN"], int(time.time()) + 600)
"""


@pytest.fixture
def code(bob, endpoint):
    """The sample code of a language, as the page shows it to somebody who may view the endpoint."""
    return lambda language: code_on(bob.get(endpoint.get_absolute_url(), {"sample": language}).content.decode())


@pytest.mark.parametrize("language", SAMPLES)
def test_a_sample_recognizes_a_recording(language, code, endpoint, world, tmp_path):
    audio = recording(tmp_path / "recording.wav")
    done = run(language, code(language), audio, SPEECH_KEY=KEY)
    assert (done.returncode, done.stderr) == (0, "")
    said = json.loads(done.stdout)["DisplayText"] if language == "curl" else done.stdout.strip()
    request = world.ledger()[-1]
    assert said == world.recognize(audio.read_bytes(), endpoint.locale)
    assert endpoint.remote_id in request["path"]
    assert request["status"] == (200 if language == "curl" else 101)


@pytest.mark.parametrize("language", SAMPLES)
def test_a_wrong_key_is_told(language, code, tmp_path):
    done = run(language, code(language), recording(tmp_path / "recording.wav"), SPEECH_KEY="wrong")
    assert done.returncode != 0
    assert re.search("401|1006", done.stdout + done.stderr)


@pytest.mark.parametrize("language", ["python", "javascript"])
def test_silence_is_told(language, code, tmp_path):
    done = run(language, code(language), recording(tmp_path / "silence.wav", sample=0), SPEECH_KEY=KEY)
    assert done.returncode == 1
    assert done.stderr.startswith("Nothing was recognized: ")
    assert "InitialSilenceTimeout" in done.stderr


@pytest.mark.parametrize("language", SAMPLES)
def test_a_logging_endpoint_logs_what_a_sample_sends(language, code, endpoint, world, tmp_path):
    world.call("PATCH", f"/endpoints/{endpoint.remote_id}", {"properties": {"contentLoggingEnabled": True}})
    before = len(world.logs(endpoint.remote_id))
    run(language, code(language), recording(tmp_path / "recording.wav"), SPEECH_KEY=KEY).check_returncode()
    assert len(world.logs(endpoint.remote_id)) == before + 2


@pytest.mark.parametrize("language", ["python", "curl"])
def test_a_sample_signs_in_with_microsoft_entra(language, code, world, tmp_path):
    Resource.objects.update(auth=Auth.CLIENT_SECRET)
    text = code(language)
    assert "SPEECH_KEY" not in text
    (tmp_path / "sitecustomize.py").write_text(CREDENTIAL)
    token = {"TOKEN": world.token(), "SPEECH_TOKEN": world.token(), "PYTHONPATH": str(tmp_path)}
    done = run(language, text, recording(tmp_path / "recording.wav"), **token)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_address_in_the_sample_for_the_speech_cli_is_one_that_the_sdk_can_use(code, world, endpoint, tmp_path):
    address = re.search('--endpoint "(.*)"', code("spx"))[1]
    audio = recording(tmp_path / "recording.wav")
    program = f"""
import azure.cognitiveservices.speech as speech

config = speech.SpeechConfig(endpoint={address!r}, subscription={KEY!r})
audio = speech.audio.AudioConfig(filename={str(audio)!r})
print(speech.SpeechRecognizer(speech_config=config, audio_config=audio).recognize_once().text)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == world.recognize(audio.read_bytes(), endpoint.locale)
    assert endpoint.remote_id in world.ledger()[-2]["path"]


def test_the_sdk_and_our_client_of_its_protocol_hear_the_same(world, tmp_path):
    world.begin(rate_limit="0/0", endpoints=1, dialects=True)
    served = world.call("GET", "/endpoints")["values"][0]
    address = f"{world.url.replace('http', 'ws')}/stt/speech/universal/v2?cid={served['self'].rpartition('/')[2]}"
    audio = recording(tmp_path / "recording.wav")
    program = f"""
import azure.cognitiveservices.speech as speech

config = speech.SpeechConfig(endpoint={address!r}, subscription={KEY!r})
config.speech_recognition_language = {served["locale"]!r}
audio = speech.audio.AudioConfig(filename={str(audio)!r})
print(speech.SpeechRecognizer(speech_config=config, audio_config=audio).recognize_once().text)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    with SpeechClient(world.url, key=KEY, network=HERE) as client:
        found = client.recognize_at(address, audio.read_bytes(), served["locale"])
        base = client.recognize_by_web_socket(world.url, audio.read_bytes(), served["locale"])
    assert done.stdout.strip() == found.text != base.text
