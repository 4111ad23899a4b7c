"""Clients of resources: authentication by key or Microsoft Entra, the cloud, the storage container."""

import pytest

from endpoints.azure.addresses import BLOB_HOSTS
from endpoints.gateway import clients
from endpoints.models import Endpoint, Resource
from endpoints.models.connection import CLOUDS, Auth
from endpoints.models.secret import Secret
from tests.network import HERE

CONTAINER = "https://contoso.blob.core.windows.net/customspeech-audiologs"


def test_the_clouds_have_the_hosts_of_storage_that_the_client_sends_tokens_to():
    assert sorted(f".{host}" for cloud in CLOUDS for host in cloud.blobs) == sorted(BLOB_HOSTS)


def resource(**facts):
    facts = {"name": "Contoso", "region": "eastus", "api_version": "v3.2", "key": Secret.of("0123456789abcdef")} | facts
    return Resource(**facts)


@pytest.mark.parametrize(
    ("facts", "address"),
    [
        ({"region": "westeurope"}, "https://westeurope.api.cognitive.microsoft.com"),
        ({"region": "usgovvirginia"}, "https://usgovvirginia.api.cognitive.microsoft.us"),
        ({"region": "chinaeast2"}, "https://chinaeast2.api.cognitive.azure.cn"),
        ({"url": "https://contoso.cognitiveservices.azure.com/"}, "https://contoso.cognitiveservices.azure.com"),
        ({"region": "", "url": "https://x.cognitiveservices.azure.us"}, "https://x.cognitiveservices.azure.us"),
    ],
)
def test_region_and_custom_domain_give_the_right_host(facts, address):
    row = resource(**facts)
    assert row.endpoint_url == address
    with clients.speech_client(row, HERE) as client:
        assert address in repr(client)


@pytest.mark.parametrize(
    ("url", "cloud"),
    [
        ("https://x.cognitiveservices.azure.com", "public"),
        ("https://x.cognitiveservices.azure.us", "government"),
        ("https://x.cognitiveservices.azure.cn", "china"),
    ],
)
def test_a_custom_domain_tells_its_cloud_when_no_region_is_given(url, cloud):
    assert resource(region="", url=url).cloud.name == cloud


@pytest.mark.parametrize("auth", [Auth.CLIENT_SECRET, Auth.MANAGED_IDENTITY])
def test_microsoft_entra_is_accepted_on_a_custom_domain_only(auth):
    row = resource(auth=auth, tenant_id="tenant", client_id="client")
    with pytest.raises(ValueError, match="requires the custom domain"):
        clients.speech_client(row, HERE)
    row.url = "https://contoso.cognitiveservices.azure.com"
    with clients.speech_client(row, HERE) as client:
        assert "contoso" in repr(client)


def test_a_container_is_opened_by_its_token_or_by_the_resources_identity():
    row = resource(log_container=Secret.of(f"{CONTAINER}?sv=2024&sp=rl&sig=abc"))
    endpoint = Endpoint(resource=row, locale="en-US", log_folder="abc")
    with clients.log_source(endpoint, HERE) as source:
        assert "sig=" not in repr(source)
    row.auth, row.url = Auth.MANAGED_IDENTITY, "https://contoso.cognitiveservices.azure.com"
    row.log_container = Secret.of(CONTAINER)
    with clients.log_source(endpoint, HERE) as source:
        assert "customspeech-audiologs" in repr(source)
    row.auth = Auth.KEY
    with pytest.raises(ValueError, match=r"."):
        clients.log_source(endpoint, HERE)
