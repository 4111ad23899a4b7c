"""Sample code: complete, with the endpoint's values, and right for the region and cloud of its resource."""

import ast
import re
import shutil
import subprocess
import sys

import pytest
from django.urls import reverse

from endpoints import samples
from endpoints.models import Endpoint, Resource
from endpoints.models.connection import Auth

ID = "0a1b2c3d-0000-4000-8000-123456789abc"
OWN = "https://contoso.cognitiveservices.azure.com"
GOVERNMENT = "https://usgovvirginia.api.cognitive.microsoft.us"
PLACES = {
    "a region": {"region": "EastUS"},
    "another cloud": {"region": "USGovVirginia"},
    "another cloud without a region": {"region": "", "url": GOVERNMENT},
    "a custom domain": {"region": "eastus", "url": OWN},
    "a custom domain without a region": {"region": "", "url": OWN},
    "a simulated service": {"region": "eastus", "url": "http://127.0.0.1:8100"},
}
ENTRA = {"region": "eastus", "url": OWN, "auth": Auth.CLIENT_SECRET}
NATIVE = ("python", "csharp", "java", "cpp")


def written(place, language, **links):
    """The sample for a place by its name, or for the properties of a resource."""
    resource = Resource(**(PLACES[place] if isinstance(place, str) else place))
    endpoint = Endpoint(resource=resource, remote_id=ID, locale="de-DE", links=links)
    return {sample.key: sample for sample in samples.samples_for(endpoint)}[language]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("language", samples.LANGUAGES)
def test_a_sample_is_filled_in_and_prints_its_result(language, place):
    code = written(place, language).code
    assert ID in code
    assert "de-DE" in code
    assert "SPEECH_KEY" in code
    assert "Your" not in code
    assert "{{" not in code
    assert "{%" not in code
    assert re.search("(?i)nothing was recognized|NoMatch", code)
    assert re.search("(?i)canceled", code)
    assert "recording.wav" in written(place, language).run


@pytest.mark.parametrize("place", PLACES)
def test_the_python_sample_is_python_and_takes_its_file_and_key_from_outside(place, tmp_path):
    code = written(place, "python").code
    ast.parse(code)
    # With an empty package instead of the SDK: without a key it must end before it uses the SDK.
    speech = tmp_path / "azure" / "cognitiveservices" / "speech"
    speech.mkdir(parents=True)
    (speech / "__init__.py").touch()
    (tmp_path / "recognize.py").write_text(code)
    command = [sys.executable, "-S", "recognize.py", "recording.wav"]
    done = subprocess.run(command, cwd=tmp_path, env={}, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("Set SPEECH_KEY")


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("language", ["curl", "spx"])
def test_a_shell_sample_is_a_whole_command(language, place):
    code = written(place, language).code
    assert subprocess.run(["bash", "-n"], input=code, text=True).returncode == 0
    assert not code.rstrip().endswith("\\")


@pytest.mark.skipif(not shutil.which("node"), reason="node is not installed")
def test_the_javascript_sample_is_a_module(tmp_path):
    module = tmp_path / "recognize.mjs"
    module.write_text(written("a region", "javascript").code)
    assert subprocess.run(["node", "--check", str(module)]).returncode == 0


@pytest.mark.parametrize("place", [*PLACES, ENTRA], ids=[*PLACES, "Microsoft Entra"])
@pytest.mark.parametrize("language", ["csharp", "javascript", "java", "cpp"])
def test_each_bracket_is_closed(language, place):
    code = re.sub(r'"[^"]*"', "", written(place, language).code)
    for left, right in ("()", "{}", "[]"):
        assert code.count(left) == code.count(right)


@pytest.mark.parametrize("place", ["another cloud", "another cloud without a region"])
def test_another_cloud_is_reached_by_its_endpoint(place):
    assert f'endpoint="{GOVERNMENT}"' in written(place, "python").code
    assert f'FromEndpoint(new Uri("{GOVERNMENT}"), key)' in written(place, "csharp").code
    assert "https://usgovvirginia.stt.speech.azure.us/speech/" in written(place, "curl").code
    assert '--endpoint "wss://usgovvirginia.stt.speech.azure.us/speech/recognition/' in written(place, "spx").code


@pytest.mark.parametrize("place", ["a custom domain", "a custom domain without a region"])
def test_a_custom_domain_is_reached_by_its_endpoint(place):
    link = "https://westeurope.stt.speech.microsoft.com/speech/recognition/conversation/cognitiveservices/v1?cid=x"
    for links in ({}, {"restConversation": link}):
        assert f'SpeechConfig.FromEndpoint(new Uri("{OWN}"), key)' in written(place, "csharp", **links).code
        assert f'fromEndpoint(new URL("{OWN}"), key)' in written(place, "javascript", **links).code
        assert f'--endpoint "wss://{OWN[8:]}/stt/speech/' in written(place, "spx", **links).code


def test_short_audio_of_a_custom_domain_is_regional_except_through_a_private_endpoint():
    sample = written("a custom domain", "curl")
    assert "https://eastus.stt.speech.microsoft.com/speech/" in sample.code
    assert sample.private == f"{OWN}/stt/speech/recognition/conversation/cognitiveservices/v1"
    assert f"{sample.private}?cid=" in written("a custom domain without a region", "curl").code
    assert written("a region", "curl").private == written("a custom domain", "csharp").private == ""


@pytest.mark.parametrize("region", ["eastus", "EastUS", "EASTUS"])
def test_a_region_may_be_written_in_any_letter_case(region):
    sample = written({"region": region}, "java")
    assert 'fromSubscription(key, "eastus")' in sample.code


def test_a_region_that_is_not_given_is_taken_from_the_address():
    resource = {"region": "", "url": "https://westeurope.api.cognitive.microsoft.com"}
    assert 'fromSubscription(key, "westeurope")' in written(resource, "java").code
    assert Resource(**resource).cloud.name == "public"
    assert Resource(region="", url="https://chinaeast2.api.cognitive.azure.cn").cloud.name == "china"
    assert Resource(region="", url="https://contoso.cognitiveservices.azure.us").cloud.name == "government"
    assert Resource(region="USGovArizona").endpoint_url == "https://usgovarizona.api.cognitive.microsoft.us"


def test_the_samples_of_the_demo_lead_to_the_simulated_service():
    link = f"ws://127.0.0.1:8100/stt/speech/universal/v2?cid={ID}"
    for language in NATIVE:
        assert '"http://127.0.0.1:8100"' in written("a simulated service", language, webSocket=link).code
    assert 'fromHost(new URL("ws://127.0.0.1:8100"), key)' in written("a simulated service", "javascript").code
    assert "http://127.0.0.1:8100/speech/recognition/" in written("a simulated service", "curl").code


@pytest.mark.parametrize("link", ["ws://[x", "nonsense", "ws://"])
def test_a_link_that_cannot_be_read_is_not_used(link):
    for language in NATIVE:
        assert '"http://127.0.0.1:8100"' in written("a simulated service", language, webSocketConversation=link).code


def test_a_proxy_of_the_api_does_not_move_recognition():
    link = "wss://westeurope.stt.speech.microsoft.com/speech/recognition/conversation/cognitiveservices/v1?cid=x"
    proxied = {"region": "", "url": "https://speech.example.com"}
    assert 'region="westeurope"' in written(proxied, "python", webSocketConversation=link).code


@pytest.mark.parametrize("region", ["eastus", ""])
def test_microsoft_entra_signs_in_with_a_token_at_the_custom_domain(region):
    resource = {**ENTRA, "region": region}
    for language in samples.LANGUAGES:
        code = written(resource, language).code
        assert "SPEECH_KEY" not in code
        assert OWN[8:] in code
    for language in ("python", "csharp", "javascript", "java"):
        assert "DefaultAzureCredential" in written(resource, language).code
        assert "identity" in written(resource, language).install.lower()
    for language in ("cpp", "curl", "spx"):
        assert "SPEECH_TOKEN" in written(resource, language).code
    assert "Authorization: Bearer $SPEECH_TOKEN" in written(resource, "curl").code


def test_python_that_signs_in_with_microsoft_entra_is_python():
    ast.parse(written(ENTRA, "python").code)


@pytest.mark.parametrize(
    ("place", "language", "version"),
    [
        ("a region", "python", "1.34"),
        ("a region", "javascript", "1.16"),
        ("a custom domain", "java", "1.43"),
        ("another cloud", "javascript", "1.44"),
        ("a simulated service", "python", "1.43"),
        ("a simulated service", "javascript", "1.16"),
        (ENTRA, "csharp", "1.44"),
        (ENTRA, "cpp", "1.43"),
        ("a region", "curl", "7.76"),
        ("a region", "spx", ""),
    ],
)
def test_a_sample_says_the_smallest_version_that_it_works_with(place, language, version):
    assert written(place, language).version == version


def test_the_page_says_what_a_sample_needs(bob, endpoint):
    page = bob.get(endpoint.get_absolute_url(), {"sample": "python"}).content.decode()
    assert "Requires Speech SDK 1.43 or later." in page
    assert "The key is read from the SPEECH_KEY environment variable" in page
    Resource.objects.update(auth=Auth.MANAGED_IDENTITY, url="https://contoso.cognitiveservices.azure.us", region="")
    Endpoint.objects.update(links={})
    page = bob.get(endpoint.get_absolute_url(), {"sample": "python"}).content.decode()
    assert "signs in with Microsoft Entra" in page
    assert "AZURE_AUTHORITY_HOST to login.microsoftonline.us" in page
    page = bob.get(endpoint.get_absolute_url(), {"sample": "curl"}).content.decode()
    assert "az account get-access-token --resource https://cognitiveservices.azure.us" in page


def test_the_page_says_how_to_run_a_sample_and_that_a_logging_endpoint_needs_no_more(bob, endpoint):
    Endpoint.objects.update(logging_enabled=True)
    page = bob.get(endpoint.get_absolute_url(), {"sample": "curl"}).content.decode()
    assert "bash recognize.sh recording.wav" in page
    assert "This endpoint logs its content. No change to the code is needed." in page
    Endpoint.objects.update(remote_id=None)
    page = bob.get(reverse("endpoints:sample-code", args=[endpoint.pk])).content.decode()
    assert "Sample code is available after the service assigns the endpoint ID." in page
