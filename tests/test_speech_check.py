"""manage.py speech_check: what held of the contract and what differed, as a person reads it."""

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
from endpoints.speech_check import Recorder, Trial, Verdict, Walk
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
def check(capsys):
    """Run the command; gives its exit code and its lines."""

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


def ours(world):
    return [one for one in world.call("GET", "/endpoints")["values"] if "Speech check" in one["displayName"]]


def test_everything_holds_against_a_service_that_keeps_the_contract(resource, world, check):
    world.call(
        "POST", "/webhooks", {"displayName": "h", "webUrl": "http://127.0.0.1:9/", "events": {"modelDeletion": True}}
    )
    code, lines = check()
    assert (code, lines[0]) == (0, f"Contoso: {world.url}, API version v3.2")
    assert {"Endpoints_List", "Models_GetBaseModel", "Projects_Get", "content"} <= set(steps_of(lines, "held"))
    assert steps_of(lines, "differed") == steps_of(lines, "failed") == []
    assert "0 differed, 0 failed" in lines[-1]
    assert steps_of(lines, "skipped") == []
    assert [entry["method"] for entry in world.ledger() if entry["method"] != "GET"] == ["POST"]  # the web hook


def test_the_storage_container_is_looked_into_when_the_resource_has_one(resource, world, check):
    with urllib.request.urlopen(f"{world.url}/_world/container", timeout=10) as answer:
        resource.log_container = Secret.of(json.loads(answer.read())["container"])
    resource.save()
    code, lines = check()
    assert code == 0, lines
    held = [line.split(":")[0] for line in lines if line.startswith("held ")]
    assert (held.count("held     List Blobs"), held.count("held     Get Blob")) == (2, 1)
    assert "sig=" not in "\n".join(lines)


@pytest.mark.parametrize("version", ["2024-11-15", "2025-10-15"])
def test_a_later_version_is_held_against_its_own_contract(resource, check, version):
    Resource.objects.update(api_version=version)
    code, lines = check("Contoso")
    assert code == 0, lines
    assert "Endpoints_ListLogs" in steps_of(lines, "skipped")


def test_what_differs_is_told_step_by_step(resource, world, check):
    page = world.call("GET", "/endpoints")
    page["values"][0] |= {"status": "Paused", "colour": "red", "createdDateTime": "yesterday"}
    page["values"][0].pop("locale")
    page["values"][1]["status"] = "Running"
    page["values"] = page["values"][:2]
    world.fail({"method": "GET", "path": r"/endpoints$", "effect": {"body": page}})
    code, lines = check()
    assert code == 1
    at = next(number for number, line in enumerate(lines) if " Endpoints_List:" in line)
    told = "\n".join(line for line in lines[at:] if line.startswith("         - "))
    assert "`values[].locale` is missing" in told
    assert "`values[].status` has the unknown value 'Paused'" in told
    assert "`values[].colour` is not in the contract" in told
    assert "`values[].createdDateTime` is no date-time" in told
    assert "Retry-After" in told
    assert "1 failed" in lines[-1]  # an endpoint without a locale cannot be shown at all


def test_an_answer_that_the_client_survives_has_differed(resource, world, check):
    locales = world.call("GET", "/endpoints/locales")
    effect = {"body": locales, "headers": {"Content-Type": "text/html"}}
    world.fail({"path": r"/endpoints/locales$", "stage": "after", "effect": effect})
    code, lines = check()
    assert (code, steps_of(lines, "differed")) == (1, ["Endpoints_ListSupportedLocales"])
    assert "         - the content type is text/html, not application/json" in lines


def test_a_step_that_fails_does_not_end_the_walk(resource, world, check):
    world.fail({"path": "/projects$", "times": 3, "effect": {"status": 403}})
    code, lines = check()
    assert (code, steps_of(lines, "failed")) == (1, ["Projects_List"])
    assert "WebHooks_List" in steps_of(lines, "held")


def test_a_wrong_key_is_told_and_not_shown(resource, world, check):
    resources.register(name="Contoso", region="eastus", url=world.url, key="a-wrong-key", api_version="v3.2")
    code, lines = check()
    assert code == 1
    assert "Endpoints_List" in steps_of(lines, "failed")
    assert "a-wrong-key" not in "\n".join(lines)


def test_nothing_secret_is_printed(resource, world, check):
    _, lines = check()
    text = "\n".join(lines)
    assert KEY not in text
    assert not re.search(r"sig=|DisplayText|NBest", text)


def test_a_resource_is_named_when_there_are_several(resource, world, check):
    resources.register(name="Fabrikam", region="eastus", url=world.url, key=KEY, api_version="v3.2")
    with pytest.raises(CommandError, match="Contoso, Fabrikam"):
        call_command("speech_check")
    with pytest.raises(CommandError, match="no resource named Other"):
        call_command("speech_check", "Other")
    assert check("Fabrikam")[1][0].startswith("Fabrikam: ")


@pytest.mark.parametrize("version", ["2024-11-15", "2025-10-15"])
def test_write_works_with_later_versions(resource, world, check, version):
    Resource.objects.update(api_version=version)
    world.begin(rate_limit="0/0", deploy_seconds=0)
    code, lines = check(write=True)
    assert code == 0, lines
    assert "Endpoints_Delete" in steps_of(lines, "held")
    assert ours(world) == []


def test_write_makes_changes_and_deletes_one_endpoint(resource, world, check):
    world.begin(rate_limit="0/0", deploy_seconds=0)
    before = len(world.call("GET", "/endpoints")["values"])
    code, lines = check(write=True)
    assert code == 0, lines
    text = "\n".join(lines)
    for words in ("made ", "changed the name", "changed logging on", "changed the model", "deleted the test endpoint"):
        assert words in text
    assert [entry["method"] for entry in world.ledger() if entry["method"] != "GET"] == [
        *("POST", "PATCH", "PATCH", "PATCH", "PATCH", "DELETE")
    ]
    assert len(world.call("GET", "/endpoints")["values"]) == before


@pytest.fixture
def walk(world):
    with SpeechClient(world.url, KEY, retries=False, transport=(recorder := Recorder())) as client:
        yield Walk(client, recorder)


def test_a_deployment_is_waited_for_as_the_service_says(world, walk):
    waited = []

    def pause(seconds):
        waited.append(seconds)
        world.advance(seconds)

    Trial(walk, pause=pause).run()
    assert {step.verdict for step in walk.steps} == {Verdict.HELD}
    assert sum(waited) >= 40  # two deployments of 20 seconds each
    assert ours(world) == []


def test_a_deployment_that_takes_too_long_is_given_up_and_deleted(world, walk):
    Trial(walk, longest=10, pause=lambda seconds: None).run()
    late = next(step for step in walk.steps if step.verdict is Verdict.DIFFERED)
    assert "after 10 s of waiting" in " ".join(late.differences)
    assert ours(world) == []


@pytest.mark.parametrize("effect", [{"close": True}, {"body": "<html>"}, {"status": 500}], ids=str)
def test_an_endpoint_whose_answer_was_lost_is_found_and_deleted(world, walk, effect):
    world.fail({"method": "POST", "path": "/endpoints$", "stage": "after", "effect": effect})
    Trial(walk, pause=world.advance).run()
    assert [step.operation for step in walk.steps if step.verdict is not Verdict.HELD][:1] == ["Endpoints_Create"]
    assert ours(world) == []


def test_somebody_who_interrupts_leaves_nothing_behind(world, walk):
    def interrupt(seconds):
        world.advance(3600)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Trial(walk, pause=interrupt).run()
    assert "deleted the test endpoint" in [step.words for step in walk.steps]
    assert ours(world) == []


def test_a_deletion_that_is_refused_is_asked_for_again(world, walk):
    world.fail({"method": "DELETE", "path": "/endpoints/", "times": 2, "effect": {"status": 409}})
    Trial(walk, pause=world.advance).run()
    assert len([entry for entry in world.ledger("DELETE") if entry["status"] == 409]) == 2
    assert ours(world) == []


@pytest.mark.parametrize(
    ("exchange", "told"),
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
def test_each_way_to_differ_has_its_sentence(exchange, told):
    assert any(told in one for one in differences(exchange, "v3.2"))
