"""manage.py speech_check: what held of the contract and what differed, as it is printed."""

import itertools
import json
import os
import re
import subprocess
import sys
import urllib.parse
import urllib.request
import wave
from pathlib import Path

import httpx
import pytest
from django.core.management import CommandError, call_command

from endpoints.azure import VERSIONS, SpeechClient
from endpoints.gateway.recognition import recognition_hosts
from endpoints.mirror import resources
from endpoints.models import Resource
from endpoints.models.secret import Secret
from endpoints.speech_check import Recorder, ServiceCheck, Verdict, WriteCheck
from endpoints.speech_check.differences import differences
from endpoints.speech_check.recording import Exchange
from tests.conftest import KEY
from tests.demo import ROOT
from tests.network import HERE

ENDPOINT = "/speechtotext/v3.2/endpoints/8a3b1b8e-0b7d-4f57-9c8e-2d1f0a6b7c11"


@pytest.fixture
def world(world):
    """With endpoints that log."""
    world.begin(rate_limit="0/0", endpoints=4, logs=3)
    return world


@pytest.fixture
def run_command(capsys):
    """Run the command; returns its exit code and its output lines."""

    def run(*arguments, **options):
        code = 0
        try:
            call_command("speech_check", *arguments, **options)
        except CommandError as error:
            code = error.returncode
        return code, capsys.readouterr().out.splitlines()

    return run


def steps_of(lines, verdict):
    return [line.split()[1].rstrip(":") for line in lines if line.startswith(f"{verdict} ")]


def created_endpoints(world):
    return [one for one in world.call("GET", "/endpoints")["values"] if "Speech check" in one["displayName"]]


def test_all_operations_hold_for_a_service_that_follows_the_contract(resource, world, run_command):
    world.call(
        "POST", "/webhooks", {"displayName": "h", "webUrl": "http://127.0.0.1:9/", "events": {"modelDeletion": True}}
    )
    code, lines = run_command()
    assert (code, lines[0]) == (0, f"Contoso: {world.url}, API version v3.2")
    assert {"Endpoints_List", "Models_GetBaseModel", "Projects_Get", "content"} <= set(steps_of(lines, "held"))
    assert steps_of(lines, "differed") == steps_of(lines, "failed") == []
    assert "0 differed, 0 failed" in lines[-1]
    assert steps_of(lines, "skipped") == []
    assert [entry["method"] for entry in world.ledger() if entry["method"] != "GET"] == ["POST"]  # the web hook


def test_the_storage_container_is_checked_if_the_resource_has_one(resource, world, run_command):
    with urllib.request.urlopen(f"{world.url}/_world/container", timeout=10) as response:
        resource.log_container = Secret.of(json.loads(response.read())["container"])
    resource.save()
    code, lines = run_command()
    assert code == 0, lines
    held = [line.split(":")[0] for line in lines if line.startswith("held ")]
    assert (held.count("held     List Blobs"), held.count("held     Get Blob")) == (2, 1)
    assert "sig=" not in "\n".join(lines)


@pytest.mark.parametrize("version", ["2024-11-15", "2025-10-15"])
def test_a_later_version_is_compared_with_its_own_contract(resource, run_command, version):
    Resource.objects.update(api_version=version)
    code, lines = run_command("Contoso")
    assert code == 0, lines
    assert "Endpoints_ListLogs" in steps_of(lines, "skipped")


def test_differences_are_reported_for_each_operation(resource, world, run_command):
    page = world.call("GET", "/endpoints")
    page["values"][0] |= {"status": "Paused", "color": "red", "createdDateTime": "yesterday"}
    page["values"][0].pop("locale")
    page["values"][1]["status"] = "Running"
    page["values"] = page["values"][:2]
    world.fail({"method": "GET", "path": r"/endpoints$", "effect": {"body": page}})
    code, lines = run_command()
    assert code == 1
    at = next(number for number, line in enumerate(lines) if " Endpoints_List:" in line)
    expected = "\n".join(line for line in lines[at:] if line.startswith("         - "))
    assert "`values[].locale` is missing" in expected
    assert "`values[].status` has the unknown value 'Paused'" in expected
    assert "`values[].color` is not in the contract" in expected
    assert "`values[].createdDateTime` is no date-time" in expected
    assert "Retry-After" in expected
    assert "1 differed, 0 failed" in lines[-1]


def test_an_item_that_cannot_be_read_fails_one_line_and_the_others_are_checked(resource, world, run_command):
    page = world.call("GET", "/endpoints")
    page["values"][0] |= {"self": 5, "displayName": "Front door"}
    world.fail({"method": "GET", "path": r"/endpoints$", "effect": {"body": page}})
    code, lines = run_command()
    assert code == 1
    assert steps_of(lines, "differed") == ["Endpoints_List"]
    assert "         - the endpoint 'Front door' can't be read: `self` isn't a text value" in lines
    assert {"Endpoints_Get", "Endpoints_ListLogs", "content"} <= set(steps_of(lines, "held"))
    assert "0 failed" in lines[-1]


def test_a_response_that_the_client_tolerates_is_reported_as_differed(resource, world, run_command):
    locales = world.call("GET", "/endpoints/locales")
    effect = {"body": locales, "headers": {"Content-Type": "text/html"}}
    world.fail({"path": r"/endpoints/locales$", "stage": "after", "effect": effect})
    code, lines = run_command()
    assert (code, steps_of(lines, "differed")) == (1, ["Endpoints_ListSupportedLocales"])
    assert "         - the content type is text/html, not application/json" in lines


def test_a_failed_operation_does_not_end_the_check(resource, world, run_command):
    world.fail({"path": "/projects$", "times": 3, "effect": {"status": 403}})
    code, lines = run_command()
    assert (code, steps_of(lines, "failed")) == (1, ["Projects_List"])
    assert "WebHooks_List" in steps_of(lines, "held")


def test_a_wrong_key_is_reported_but_not_printed(resource, world, run_command):
    resources.register(name="Contoso", region="eastus", url=world.url, key="a-wrong-key", api_version="v3.2")
    code, lines = run_command()
    assert code == 1
    assert "Endpoints_List" in steps_of(lines, "failed")
    assert "a-wrong-key" not in "\n".join(lines)


CANARY = "canary-5f2b"
LEAKS = [
    f"The key {KEY} is wrong.",
    f"See https://contoso.blob.core.windows.net/logs/a.wav?sv=2024&sig={CANARY}%3D&se=2026",
    f"sig={CANARY} is not valid",
    f"Bearer {CANARY} was sent",
    f"https://someone:{CANARY}@contoso.example/ was called",
]


@pytest.mark.parametrize("message", LEAKS)
@pytest.mark.parametrize("path", ["/endpoints$", "/endpoints/locales$", "/files/logs"])
def test_no_secret_of_a_message_of_the_service_is_printed(resource, world, run_command, path, message):
    refusal = {"status": 400, "body": {"code": "InvalidRequest", "message": message}}
    world.fail({"path": path, "times": 50, "effect": refusal})
    _, lines = run_command()
    text = "\n".join(lines)
    assert "The service rejected the request" in text
    assert KEY not in text
    assert CANARY not in text


def test_nothing_secret_is_printed(resource, world, run_command, recording):
    container = world.container()
    resource.log_container = Secret.of(container)
    resource.save()
    _, lines = run_command(recognize=recording)
    text = "\n".join(lines)
    for secret in (KEY, urllib.parse.urlsplit(container).query, *spoken(world, recording)):
        assert secret not in text
    assert not re.search(r"sig=|DisplayText|NBest", text)


def spoken(world, recording):
    """The words of the simulated service for a recording, by which a transcript would be found."""
    audio = Path(recording).read_bytes()
    headers = {"Ocp-Apim-Subscription-Key": KEY, "Content-Type": "audio/wav"}
    address = f"{world.url}/speech/recognition/conversation/cognitiveservices/v1?language=en-US"
    with urllib.request.urlopen(urllib.request.Request(address, audio, headers), timeout=10) as response:
        text = json.loads(response.read())["DisplayText"]
    assert len(text.split()) > 1
    return [text, *(" ".join(pair) for pair in itertools.pairwise(text.split()))]


@pytest.fixture
def recording(tmp_path):
    """A WAV file of three seconds."""
    path = tmp_path / "recording.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(b"\0\1" * 48_000)
    return str(path)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("option", ["--recognise", "--recognize"])
def test_one_recording_is_recognized_with_and_without_the_id_of_an_endpoint(
    resource, world, run_command, recording, option, version
):
    Resource.objects.update(api_version=version)
    code, lines = run_command(f"{option}={recording}")
    assert code == 0, lines
    found = [line.partition(" (")[0] for line in lines if "Recognition" in line]
    assert found == [
        f"held     Recognition with the endpoint's id: Success at {world.url}",
        f"held     Recognition without the endpoint's id: Success at {world.url}",
        "held     Recognition: with and without the endpoint's id: the same text",
    ]
    asked = [entry for entry in world.ledger("POST") if "/speech/recognition" in entry["path"]]
    assert len(asked) == 2


def test_an_id_that_the_recognition_service_refuses_is_told_from_a_recording_that_it_refuses(
    resource, world, run_command, recording
):
    world.fail({"path": "cid=", "effect": {"status": 400, "body": {"code": "InvalidArgument", "message": "Bad cid"}}})
    code, lines = run_command(recognize=recording)
    assert code == 1
    assert any(line.startswith("failed   Recognition with the endpoint's id") for line in lines)
    assert any(line.startswith("held     Recognition without the endpoint's id") for line in lines)


@pytest.mark.parametrize(
    ("content", "told"), [(None, "can't be read"), (b"", "isn't a WAV"), (b"\0" * 90, "isn't a WAV")], ids=str
)
def test_a_file_that_is_no_recording_is_one_line(resource, tmp_path, content, told):
    path = tmp_path / "recording.wav"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CommandError, match=told):
        call_command("speech_check", recognize=str(path))


def test_recognition_is_in_the_region_or_on_the_own_domain():
    own, region = "https://contoso.cognitiveservices.azure.com", "https://westus.stt.speech.microsoft.com"
    for given, hosts in (
        ({"region": "westus"}, [region]),
        ({"url": "https://westus.api.cognitive.microsoft.com"}, [region]),
        ({"region": "westus", "url": own}, [region, f"{own}/stt"]),
        ({"url": own}, [f"{own}/stt"]),
        ({"region": "usgovvirginia"}, ["https://usgovvirginia.stt.speech.azure.us"]),
        ({"url": "https://proxy.contoso.com/azure"}, ["https://proxy.contoso.com/azure"]),
    ):
        assert recognition_hosts(Resource(**given)) == hosts


def test_it_says_which_version_would_be_chosen(resource, world, run_command):
    assert any("API version: v3.2 would be chosen" in line for line in run_command()[1])
    world.begin(rate_limit="0/0", endpoints=2, switches={"retired": "v3.2", "retired_answer": "404"})
    code, lines = run_command()
    assert code == 1
    (line,) = (line for line in lines if " API version: " in line)
    assert "2025-10-15 would be chosen; does it answer: v3.2 no, 2025-10-15 yes, 2024-11-15 yes" in line


def test_no_version_would_be_chosen_while_a_better_one_cannot_be_asked(resource, world, run_command):
    world.fail({"path": "/speechtotext/v3.2/endpoints$", "times": 50, "effect": {"status": 503}})
    code, lines = run_command()
    assert code == 1
    assert "none would be chosen; does it answer: v3.2 not known, 2025-10-15 yes" in "\n".join(lines)
    assert "         - no version can be chosen now" in lines


def test_a_resource_without_a_version_is_checked_in_the_one_that_would_be_chosen(resource, world, run_command):
    world.begin(rate_limit="0/0", endpoints=2, switches={"retired": "v3.2", "retired_answer": "410"})
    Resource.objects.update(automatic_version=True, offered_version="")
    code, lines = run_command()
    assert (code, lines[0]) == (0, f"Contoso: {world.url}, API version 2025-10-15")
    (line,) = (line for line in lines if " API version: " in line)
    assert "2025-10-15 would be chosen; does it answer: v3.2 no, 2025-10-15 yes, 2024-11-15 yes" in line
    assert len([entry for entry in world.ledger() if "api-version=2024-11-15" in entry["path"]]) == 1


@pytest.mark.parametrize(
    ("path", "kind", "operation", "missing"),
    [
        ("/models/base", "base", "Models_ListBaseModels", "features"),
        ("/models", "custom", "Models_ListCustomModels", "features"),
        ("/models/base", "base", "Models_ListBaseModels", "deprecationDates"),
    ],
)
def test_what_is_absent_differs_too(resource, world, run_command, path, kind, operation, missing):
    page = world.call("GET", path)
    of_state = next(one for one in page["values"] if one["status"] == "Succeeded")
    del of_state["properties"][missing]
    world.fail({"method": "GET", "path": f"{path}$", "effect": {"body": {"values": [of_state]}}})
    code, lines = run_command()
    assert (code, steps_of(lines, "differed")) == (1, [operation])
    assert f"         - `values[].properties.{missing}` is missing" in lines


def test_a_step_that_fails_unforeseen_is_one_line_and_the_others_go_on(resource, world, run_command, monkeypatch):
    def broken(self, *args):
        raise RuntimeError(CANARY)

    monkeypatch.setattr(SpeechClient, "list_base_models", broken)
    code, lines = run_command()
    assert (code, steps_of(lines, "failed")) == (1, ["Models_ListBaseModels"])
    assert any(re.search(r"the check itself failed \(test_speech_check.py, line \d+\)", line) for line in lines)
    assert any("the list of base models could not be read" in line for line in lines)
    assert "WebHooks_List" in steps_of(lines, "held")
    assert CANARY not in "\n".join(lines)


def test_a_response_that_cannot_be_compared_is_one_line(resource, world, run_command, monkeypatch):
    def broken(exchange, version):
        raise RecursionError(CANARY)

    monkeypatch.setattr("endpoints.speech_check.service_check.differences", broken)
    code, lines = run_command()
    assert code == 1
    assert any(line.startswith("         - the response couldn't be compared (") for line in lines)
    assert "RecursionError" not in "\n".join(lines)
    assert CANARY not in "\n".join(lines)


def test_an_error_that_nobody_foresaw_is_one_line(resource, monkeypatch):
    def broken(self):
        raise RuntimeError(CANARY)

    monkeypatch.setattr(ServiceCheck, "read", broken)
    with pytest.raises(
        CommandError, match=r"The check itself failed \(test_speech_check.py, line \d+\). Report this place."
    ):
        call_command("speech_check")


def fresh(directory, *arguments, **env):
    """Run the command as after a clone: there is no database."""
    inherited = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    command = [sys.executable, "manage.py", "speech_check", *arguments]
    everything = {**inherited, "VAR": str(directory), **env}
    return subprocess.run(command, cwd=ROOT, env=everything, capture_output=True, text=True)


def errors_of(done):
    """What went wrong, without the word that requirements are installed."""
    return [line for line in done.stderr.splitlines() if not line.startswith("Installing ")]


@pytest.mark.parametrize("version", ["", "2024-11-15"])
def test_it_runs_without_a_database_with_the_resource_of_the_environment(tmp_path, world, version):
    done = fresh(tmp_path, SPEECH_KEY=KEY, SPEECH_ENDPOINT=world.url, SPEECH_API_VERSION=version)
    assert (done.returncode, errors_of(done)) == (0, [])
    assert done.stdout.splitlines()[0].endswith(f"{world.url}, API version {version or 'v3.2'}")
    assert KEY not in done.stdout


@pytest.mark.parametrize(
    ("env", "told"),
    [
        ({}, "There's no resource to check. Set SPEECH_KEY and SPEECH_REGION (or SPEECH_ENDPOINT)."),
        ({"SPEECH_KEY": KEY}, "There's no resource to check. Set SPEECH_KEY and SPEECH_REGION (or SPEECH_ENDPOINT)."),
        ({"SPEECH_KEY": KEY, "SPEECH_ENDPOINT": "https://["}, "SPEECH_ENDPOINT"),
        ({"SPEECH_KEY": KEY, "SPEECH_REGION": "no region"}, "is not the name of a region"),
        (
            {"SPEECH_KEY": KEY, "SPEECH_REGION": "eastus", "SPEECH_API_VERSION": "v9"},
            "SPEECH_API_VERSION is not a version",
        ),
        ({"SPEECH_KEY": f"{KEY} {KEY}", "SPEECH_REGION": "eastus"}, "must be one word"),
    ],
    ids=str,
)
def test_without_a_database_every_mistake_is_one_line(tmp_path, env, told):
    done = fresh(tmp_path, **env)
    assert done.returncode != 0
    assert told in done.stderr
    assert len(errors_of(done)) == 1, done.stderr
    assert KEY not in done.stdout + done.stderr


def test_the_resource_must_be_named_if_there_are_several(resource, world, run_command):
    resources.register(name="Fabrikam", region="eastus", url=world.url, key=KEY, api_version="v3.2")
    with pytest.raises(CommandError, match="Contoso, Fabrikam"):
        call_command("speech_check")
    with pytest.raises(CommandError, match="No resource is named Other"):
        call_command("speech_check", "Other")
    assert run_command("Fabrikam")[1][0].startswith("Fabrikam: ")


def test_the_resource_of_the_environment_goes_before_the_stored_one(resource, world, run_command, settings):
    settings.SPEECH_KEY, settings.SPEECH_ENDPOINT = KEY, world.url
    assert not run_command()[1][0].startswith(f"{resource.name}: ")
    assert run_command(resource.name)[1][0].startswith(f"{resource.name}: ")


@pytest.mark.parametrize("version", ["2024-11-15", "2025-10-15"])
def test_write_works_with_later_versions(resource, world, run_command, version):
    Resource.objects.update(api_version=version)
    world.begin(rate_limit="0/0", deploy_seconds=0)
    code, lines = run_command(write=True)
    assert code == 0, lines
    assert "Endpoints_Delete" in steps_of(lines, "held")
    assert created_endpoints(world) == []


def test_write_creates_changes_and_deletes_one_endpoint(resource, world, run_command):
    world.begin(rate_limit="0/0", deploy_seconds=0)
    before = len(world.call("GET", "/endpoints")["values"])
    code, lines = run_command(write=True)
    assert code == 0, lines
    text = "\n".join(lines)
    for summary in (
        "made ",
        "changed the name",
        "changed logging on",
        "changed the model",
        "deleted the test endpoint",
    ):
        assert summary in text
    assert [entry["method"] for entry in world.ledger() if entry["method"] != "GET"] == [
        *("POST", "PATCH", "PATCH", "PATCH", "PATCH", "DELETE")
    ]
    assert len(world.call("GET", "/endpoints")["values"]) == before


@pytest.fixture
def check(world):
    with SpeechClient(world.url, KEY, retries=False, network=HERE, transport=(recorder := Recorder(HERE))) as client:
        yield ServiceCheck(client, recorder)


def test_a_deployment_is_polled_at_the_intervals_of_retry_after(world, check):
    waited = []

    def sleep(seconds):
        waited.append(seconds)
        world.advance(seconds)

    WriteCheck(check, sleep=sleep).run()
    assert {result.verdict for result in check.results} == {Verdict.HELD}
    assert sum(waited) >= 40  # two deployments of 20 seconds each
    assert created_endpoints(world) == []


def test_an_endpoint_whose_deployment_takes_too_long_is_deleted(world, check):
    WriteCheck(check, max_wait=10, sleep=lambda seconds: None).run()
    late = next(result for result in check.results if result.verdict is Verdict.DIFFERED)
    assert "after 10 s of waiting" in " ".join(late.differences)
    assert created_endpoints(world) == []


@pytest.mark.parametrize("effect", [{"close": True}, {"body": "<html>"}, {"status": 500}], ids=str)
def test_an_endpoint_whose_creation_response_was_lost_is_deleted(world, check, effect):
    world.fail({"method": "POST", "path": "/endpoints$", "stage": "after", "effect": effect})
    WriteCheck(check, sleep=world.advance).run()
    assert [result.operation for result in check.results if result.verdict is not Verdict.HELD][:1] == [
        "Endpoints_Create"
    ]
    assert created_endpoints(world) == []


def test_an_interrupt_leaves_no_endpoint(world, check):
    def interrupt(seconds):
        world.advance(3600)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        WriteCheck(check, sleep=interrupt).run()
    assert "deleted the test endpoint" in [result.summary for result in check.results]
    assert created_endpoints(world) == []


def test_a_refused_deletion_is_retried(world, check):
    world.fail({"method": "DELETE", "path": "/endpoints/", "times": 2, "effect": {"status": 409}})
    WriteCheck(check, sleep=world.advance).run()
    assert len([entry for entry in world.ledger("DELETE") if entry["status"] == 409]) == 2
    assert created_endpoints(world) == []


@pytest.mark.parametrize(
    ("exchange", "expected"),
    [
        (Exchange("GET", "/elsewhere", 200, httpx.Headers()), "GET /elsewhere is no operation of the contract"),
        (Exchange("DELETE", ENDPOINT, 200, httpx.Headers()), "the status is 200, not 204"),
        (Exchange("DELETE", ENDPOINT, 204, httpx.Headers(), bytearray(b"{}")), "there is a body"),
        (Exchange("GET", ENDPOINT, 200, httpx.Headers(), bytearray(b"<")), "the body is not JSON"),
        (Exchange("GET", ENDPOINT, 200, httpx.Headers(), bytearray(b"[]")), "the body is not an object"),
        (
            Exchange("POST", "/speechtotext/v3.2/endpoints", 201, httpx.Headers(), bytearray(b'{"status": null}')),
            "the header Location is missing",
        ),
        (
            Exchange("GET", ENDPOINT, 200, httpx.Headers({"Retry-After": "soon"}), bytearray(b"{}")),
            "the header Retry-After is no whole number of seconds",
        ),
        (
            Exchange("GET", ENDPOINT, 200, httpx.Headers(), bytearray(b'{"properties": {"loggingEnabled": "yes"}}')),
            "`properties.loggingEnabled` is not true or false",
        ),
        (
            Exchange("GET", "/speechtotext/v3.2/endpoints", 200, httpx.Headers(), bytearray(b'{"values": 5}')),
            "`values` is not a list",
        ),
        (
            Exchange("GET", ENDPOINT, 404, httpx.Headers(), bytearray(b'{"code": "Odd", "innerError": {"code": 3}}')),
            "`code` has the unknown value 'Odd'",
        ),
    ],
)
def test_each_kind_of_difference_has_a_sentence(exchange, expected):
    assert any(expected in one for one in differences(exchange, "v3.2"))


def test_a_list_that_is_null_can_be_compared():
    exchange = Exchange("GET", "/speechtotext/v3.2/endpoints", 200, httpx.Headers(), bytearray(b'{"values": null}'))
    assert differences(exchange, "v3.2") == ["the content type is not named, not application/json"]
