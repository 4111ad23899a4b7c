"""The address of a Speech resource, as people paste it from the portal."""

import pytest
from django.urls import reverse

from endpoints.models import Resource

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
    assert alice.post(reverse("endpoints:resource-new"), form).status_code == 302
    assert Resource.objects.get().url == stored


def test_a_resource_without_an_address_of_its_own_stays_without(alice):
    assert alice.post(reverse("endpoints:resource-new"), FORM).status_code == 302
    assert Resource.objects.get().url == ""
