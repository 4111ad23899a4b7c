"""manage.py speech_check: what held of the contract and what differed, as it is printed."""

import json
import re
import urllib.request

import httpx
import pytest
from django.core.management import CommandError, call_command

from endpoints.azure import SpeechClient
from endpoints.mirror import resources
from endpoints.models import Resource
from endpoints.models.secret import Secret
from endpoints.speech_check import Recorder, ServiceCheck, Verdict, WriteCheck
from endpoints.speech_check.differences import differences
from endpoints.speech_check.recording import Exchange
from tests.conftest import KEY

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
    assert "         - the endpoint 'Front door' cannot be read: `self` is not a text" in lines
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


def test_nothing_secret_is_printed(resource, world, run_command):
    _, lines = run_command()
    text = "\n".join(lines)
    assert KEY not in text
    assert not re.search(r"sig=|DisplayText|NBest", text)


def test_the_resource_must_be_named_if_there_are_several(resource, world, run_command):
    resources.register(name="Fabrikam", region="eastus", url=world.url, key=KEY, api_version="v3.2")
    with pytest.raises(CommandError, match="Contoso, Fabrikam"):
        call_command("speech_check")
    with pytest.raises(CommandError, match="no resource named Other"):
        call_command("speech_check", "Other")
    assert run_command("Fabrikam")[1][0].startswith("Fabrikam: ")


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
    with SpeechClient(world.url, KEY, retries=False, transport=(recorder := Recorder())) as client:
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
            Exchange("GET", ENDPOINT, 404, httpx.Headers(), bytearray(b'{"code": "Odd", "innerError": {"code": 3}}')),
            "`code` has the unknown value 'Odd'",
        ),
    ],
)
def test_each_kind_of_difference_has_a_sentence(exchange, expected):
    assert any(expected in one for one in differences(exchange, "v3.2"))
