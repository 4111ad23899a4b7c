"""The form of a resource refuses what can be known to be wrong without asking the service."""

import pytest
from django.urls import reverse

from endpoints.azure.network import Network
from endpoints.models import Resource
from endpoints.models.secret import Secret
from tests.pages.reading import text_of
from tests.pages.resource_forms import save

OWN = "https://contoso.cognitiveservices.azure.com"
FORM = {"name": "Contoso", "region": "eastus", "url": "", "api_version": "v3.2", "auth": "key", "new_key": "0" * 32}


def refusal(person, **typed):
    """The words of the page that refuses the form; empty when it is accepted."""
    answer = person.post(reverse("endpoints:resource-new"), FORM | typed)
    return text_of(answer) if answer.status_code == 422 else ""


def stored(**more):
    return Resource.objects.create(**{"name": "First", "region": "eastus", "key": Secret.of("0" * 32), **more})


@pytest.mark.parametrize("region", ["east-us", "1eastus", "eastus/x", "östlich", "eastus.evil.example"])
def test_a_region_that_is_none_is_refused(alice, region):
    assert "Enter the region as one word, for example westeurope." in refusal(alice, region=region)


@pytest.mark.parametrize(
    ("typed", "stored"), [("East US 2", "eastus2"), ("WestEurope", "westeurope"), ("eastus2euap", "eastus2euap")]
)
def test_a_region_is_taken_as_the_portal_shows_it(alice, typed, stored):
    save(alice, FORM | {"region": typed})
    assert Resource.objects.get().region == stored


@pytest.mark.parametrize(
    "address",
    [
        "https://portal.azure.com",
        "https://contoso.cognitiveservice.azure.com",
        "https://cognitiveservices.azure.com.attacker.example",
        "https://eastus.stt.speech.microsoft.com",
        "https://speech.contoso.example",
    ],
)
def test_an_address_that_is_not_of_azure_is_accepted_only_as_that_of_an_own_gateway(alice, address):
    assert "This isn't the address of a Speech resource" in refusal(alice, url=address)
    assert refusal(alice, url=address, own_gateway="on") == ""


def test_an_address_of_another_region_is_refused(alice):
    page = refusal(alice, url="https://westus.api.cognitive.microsoft.com")
    assert "This address is in the region westus." in page


@pytest.mark.parametrize("demo", [True, False])
def test_only_this_machine_is_asked_without_encryption(alice, settings, demo):
    settings.DEMO = demo
    page = refusal(alice, url="http://contoso.cognitiveservices.azure.com")
    assert page.count("Service address: The address must start with https://.") == 1


@pytest.mark.parametrize(
    "key", ["0" * 31, "g" * 32, "0" * 33, "a" * 83, "a-" * 42, "Ocp-Apim-Subscription-Key: " + "0" * 32]
)
def test_a_key_of_another_form_is_refused(alice, key):
    assert "Enter a key of 32 characters (0 to 9 and a to f) or of 84 letters and digits." in refusal(
        alice, new_key=key
    )


@pytest.mark.parametrize("key", ["0123456789abcdefABCDEF0123456789", "aZ0" * 28, f"  {'0' * 32}  "])
def test_keys_of_both_forms_are_accepted(alice, key):
    assert refusal(alice, new_key=key) == ""


def test_a_client_secret_and_the_key_of_an_own_gateway_may_have_any_form(alice):
    assert refusal(alice, url="https://speech.contoso.example", own_gateway="on", new_key="a-key") == ""
    page = refusal(alice, url="https://speech.contoso.example", own_gateway="on", new_key="a key")
    assert "A key can't contain spaces." in page
    entra = {"url": OWN, "auth": "client-secret", "tenant_id": "contoso.example", "client_id": "an app"}
    assert refusal(alice, **entra, new_key="a~secret") == ""


def test_the_same_key_in_the_same_region_is_the_same_resource(alice):
    stored(url="")
    assert "Key or client secret: First already uses this key in this region." in refusal(alice)
    assert refusal(alice, new_key="1" * 32) == ""
    assert refusal(alice, region="westus") == ""


def test_the_same_custom_address_is_the_same_resource_whatever_the_key(alice):
    first = stored(url=OWN)
    page = refusal(alice, url=f"{OWN.replace('contoso', 'Contoso')}/speechtotext", new_key="1" * 32)
    assert "Service address: First already uses this address." in page
    assert save(alice, FORM | {"name": "Renamed", "url": OWN, "new_key": ""}, first).status_code == 302


@pytest.mark.parametrize(
    "host",
    [
        "168.63.129.16",  # Azure's address for virtual machines, which Python takes for global
        "192.0.0.192",
        "169.254.169.254",
        "224.0.0.1",
        "100.64.0.1",
        "[::ffff:10.0.0.1]",
        "[64:ff9b::a00:1]",
        "[fd00::1]",
        "[2002:a00:1::]",
        "8.8.8.8",
        "[2606:4700::1111]",
    ],
)
def test_the_form_refuses_the_addresses_that_a_worker_refuses(alice, settings, host):
    settings.PRIVATE_NETWORKS = ()
    refused = "PRIVATE_NETWORKS" in refusal(alice, url=f"https://{host}")
    assert refused == (not Network().allows(host.strip("[]")))
