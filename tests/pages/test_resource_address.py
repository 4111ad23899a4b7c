"""The address of a Speech resource, as people paste it from the portal."""

import pytest
from django.urls import reverse

from endpoints.models import Resource
from tests.pages.resource_forms import save

FORM = {"name": "Contoso", "region": "eastus", "url": "", "api_version": "v3.2", "auth": "key", "new_key": "0" * 32}


@pytest.mark.parametrize(
    ("pasted", "stored"),
    [
        (
            "https://eastus.api.cognitive.microsoft.com/sts/v1.0/issuetoken",
            "https://eastus.api.cognitive.microsoft.com",
        ),
        ("https://contoso.cognitiveservices.azure.com/", "https://contoso.cognitiveservices.azure.com"),
        (
            "https://contoso.cognitiveservices.azure.com/speechtotext/v3.2",
            "https://contoso.cognitiveservices.azure.com",
        ),
        ("https://contoso.cognitiveservices.azure.us/any/path?x=1#y", "https://contoso.cognitiveservices.azure.us"),
        ("https://proxy.contoso.com/SpeechToText/v3.2/endpoints", "https://proxy.contoso.com"),
        ("https://proxy.contoso.com:8443/azure/speechtotext/v3.2", "https://proxy.contoso.com:8443/azure"),
        ("https://proxy.contoso.com/azure/", "https://proxy.contoso.com/azure"),
    ],
)
def test_an_address_is_stored_without_the_path_of_an_api(alice, pasted, stored):
    form = {
        "name": "Contoso",
        "region": "eastus",
        "url": pasted,
        "api_version": "v3.2",
        "auth": "key",
        "new_key": "0" * 32,
    }
    form |= {"own_gateway": "on"} if "proxy" in pasted else {}
    assert save(alice, form).status_code == 302
    assert Resource.objects.get().url == stored


def test_a_resource_without_an_address_of_its_own_stays_without(alice):
    assert save(alice, FORM).status_code == 302
    assert Resource.objects.get().url == ""


@pytest.mark.parametrize(
    "address",
    [
        "https://10.0.0.5",
        "https://169.254.169.254/latest",
        "https://localhost:6379",
        "https://[::1]",
        "https://[fd00:ec2::254]/",
        "https://192.168.1.1:8443/speechtotext/v3.2",
    ],
)
def test_a_private_address_is_refused_at_once_unless_its_network_is_named(alice, settings, address):
    settings.PRIVATE_NETWORKS = ()
    for field in ("url", "new_log_container"):
        answer = alice.post(reverse("endpoints:resource-new"), FORM | {field: f"{address}?sig=x"})
        assert (answer.status_code, "PRIVATE_NETWORKS" in answer.content.decode()) == (422, True)
    settings.PRIVATE_NETWORKS = ("10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "192.168.0.0/16", "::1/128", "fc00::/7")
    assert save(alice, FORM | {"url": address}).status_code == 302


@pytest.mark.parametrize("user", ["u:p", "u", "u:"])
def test_an_address_has_no_user_name_or_password(alice, user):
    answer = alice.post(reverse("endpoints:resource-new"), FORM | {"url": f"https://{user}@speech.example.com"})
    assert answer.status_code == 422
    assert "Remove the user name or password from the address." in answer.content.decode()
    assert not Resource.objects.exists()
