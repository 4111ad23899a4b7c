"""The request that the review shows creates the same endpoint as Add."""

import html
import json
import re
import shlex
import urllib.request
from decimal import Decimal

import pytest
from django.core.exceptions import ImproperlyConfigured

from endpoints import azure
from endpoints.azure import writing
from endpoints.models import Change, Endpoint, Project, Resource, SpeechModel
from endpoints.models.change import MARK
from endpoints.models.connection import Auth
from endpoints.models.model import ModelKind
from endpoints.samples import api_requests
from speechstudio.environment import Environment
from tests.conftest import KEY
from tests.pages.wizard import Wizard

NASTY = """Anna's "calls" `id` $(id) \\ ; \u2026"""


@pytest.fixture
def wizard(alice, mirrored):
    return Wizard(alice)


def shown(page, language):
    """A code block of the review, as it is copied."""
    block = re.search(rf'<pre[^>]* aria-label="Command \({language}\)"><code[^>]*>(.*?)</code></pre>', page, re.DOTALL)
    return html.unescape(block[1])


def wanted(model, **facts):
    known = {"project": None, "locale": model.locale, "name": "Calls", "description": "", "logging": False}
    return api_requests.EndpointToCreate(**{"resource": model.resource, "model": model, **known, **facts})


def option(words, name):
    return words[words.index(name) + 1]


def test_the_request_that_is_shown_makes_the_endpoint_that_add_makes(wizard, world, worker):
    wizard.to_review(name=NASTY, description="Zwei\nZeilen", logging="on")
    words = shlex.split(shown(wizard.text, "curl"))
    headers = dict(word.replace("$SPEECH_KEY", KEY).split(": ", 1) for word in words if re.match(r"[\w-]+: ", word))
    body = words[words.index("-d") + 1]
    address = next(word for word in words if word.startswith("http"))
    request = urllib.request.Request(address, body.encode(), headers, method=option(words, "-X"))
    with urllib.request.urlopen(request, timeout=10) as answer:
        by_hand = json.loads(answer.read())

    wizard.press("add")
    worker.step(Change.objects.get())
    by_us = world.call("GET", f"/endpoints/{Endpoint.objects.get(mark=Change.objects.get().pk).remote_id}")

    assert set(by_us.pop("customProperties")) - set(by_hand.pop("customProperties", {})) == {MARK}
    facts = ("displayName", "description", "locale", "model", "project", "properties")
    assert [by_hand[fact] for fact in facts] == [by_us[fact] for fact in facts]
    assert by_hand["displayName"] == NASTY


@pytest.mark.parametrize("version", ["v3.2", "2024-11-15", "2025-10-15"])
@pytest.mark.parametrize("kind", ModelKind.values)
def test_each_api_version_gets_the_request_that_the_client_sends(mirrored, version, kind):
    Resource.objects.update(api_version=version, url="", region="westeurope")
    model = SpeechModel.objects.filter(kind=kind).first()
    project = Project.objects.filter(locale=model.locale).first() if version != "2024-11-15" else None
    asked = wanted(model, project=project, logging=True)
    words = shlex.split(api_requests.to_create(asked)[0].code)

    base, spoken = asked.resource.endpoint_url, azure.versions.version_named(version)
    assert spoken.url(base, "/endpoints") in words
    theirs = azure.EndpointCreate(
        display_name=asked.name,
        description=asked.description,
        locale=asked.locale,
        model_id=model.remote_id,
        model_kind=model.kind,
        project_id=project.remote_id if project else None,
        logging_enabled=asked.logging,
    )
    assert json.loads(option(words, "-d")) == json.loads(writing.endpoint_create(theirs, spoken, base))


def test_the_command_of_the_speech_cli_has_the_same_values(wizard):
    wizard.to_review(name=NASTY, logging="on")
    words = shlex.split(shown(wizard.text, "Speech CLI"))
    model = SpeechModel.objects.deployable().filter(locale="en-US").first()
    assert words[:4] == ["spx", "csr", "endpoint", "create"]
    given = {"--api-version": "v3.2", "--name": NASTY, "--language": "en-US", "--logging": "enabled"}
    given |= {"--key": "$SPEECH_KEY", "--region": "eastus", "--model": model.remote_id}
    given |= {"--project": Project.objects.get(locale="en-US", display_name__contains="Contoso").remote_id}
    assert {name: option(words, name) for name in given} == given
    assert "--description" not in words


def test_a_base_model_is_named_by_its_address_and_logging_that_is_off_not_at_all(mirrored):
    model = SpeechModel.objects.filter(kind=ModelKind.BASE).first()
    words = shlex.split(api_requests.to_create(wanted(model))[1].code)
    assert option(words, "--model") == f"{mirrored.url}/speechtotext/v3.2/models/base/{model.remote_id}"
    assert not {"--logging", "--project"} & set(words)


def test_what_the_speech_cli_would_take_differently_is_said(mirrored):
    Resource.objects.update(api_version="2025-10-15")
    model = SpeechModel.objects.first()
    assert " ".join(api_requests.to_create(wanted(model, name="@home"))[1].notes).count("The Speech CLI") == 2


def test_no_key_is_shown(wizard):
    wizard.to_review()
    assert KEY not in wizard.text
    assert "$SPEECH_KEY" in wizard.text
    Resource.objects.update(auth=Auth.MANAGED_IDENTITY)
    wizard.press("to:details").press("next", name="Support calls", description="")
    assert "Authorization: Bearer $SPEECH_TOKEN" in html.unescape(wizard.text)


def test_the_cost_of_an_endpoint_is_shown_when_a_price_is_set(wizard, settings):
    wizard.to_review()
    assert "About" not in wizard.text
    assert "https://azure.microsoft.com/pricing/" in wizard.text
    settings.ENDPOINT_HOURLY_COST, settings.COST_CURRENCY = Decimal("1.29"), "EUR"
    wizard.press("to:details").press("next", name="Support calls", description="")
    assert "About 1.29 EUR per hour or 942 EUR per month (730 hours), based on ENDPOINT_HOURLY_COST." in wizard.text
    german = wizard.client.get(*wizard.page.redirect_chain[-1][:1], headers={"Accept-Language": "de"})
    assert "1,29 EUR" in german.content.decode()


@pytest.mark.parametrize("text", ["1,29", "free", "-1", "NaN", "Infinity"])
def test_an_invalid_price_is_refused_with_a_message(text):
    with pytest.raises(ImproperlyConfigured, match="ENDPOINT_HOURLY_COST is not an amount"):
        Environment({"ENDPOINT_HOURLY_COST": text}).amount("ENDPOINT_HOURLY_COST")
