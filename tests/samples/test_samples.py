"""Sample code: complete, with the endpoint's values, and right for the region and cloud of its resource."""

import ast
import re
import shutil
import subprocess
import sys

import pytest

from endpoints import samples
from endpoints.models import Endpoint, Resource

ID = "0a1b2c3d-0000-4000-8000-123456789abc"
OWN = "https://contoso.cognitiveservices.azure.com"
PLACES = {
    "a region": {"region": "eastus"},
    "another cloud": {"region": "usgovvirginia"},
    "a custom domain": {"region": "eastus", "url": OWN},
    "a custom domain without a region": {"region": "", "url": OWN},
}


def written(place, language, **links):
    endpoint = Endpoint(resource=Resource(**PLACES[place]), remote_id=ID, locale="de-DE", links=links)
    return {sample.key: sample for sample in samples.samples_for(endpoint)}[language]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("language", samples.LANGUAGES)
def test_a_sample_is_filled_in_and_prints_its_result(language, place):
    code = written(place, language).code
    assert ID in code
    assert "de-DE" in code
    assert "SPEECH_KEY" in code
    assert "Your" not in code
    assert "$" + "{" not in code
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


@pytest.mark.parametrize("language", ["csharp", "javascript", "java", "cpp"])
def test_each_bracket_is_closed(language):
    code = re.sub(r'"[^"]*"', "", written("a region", language).code)
    for left, right in ("()", "{}", "[]"):
        assert code.count(left) == code.count(right)


def test_another_cloud_is_reached_by_its_host():
    assert 'host="wss://usgovvirginia.stt.speech.azure.us"' in written("another cloud", "python").code
    assert "https://usgovvirginia.stt.speech.azure.us/speech/" in written("another cloud", "curl").code


def test_a_custom_domain_says_what_a_private_endpoint_needs():
    sample = written("a custom domain", "csharp")
    assert 'FromSubscription(key, "eastus")' in sample.code
    assert sample.private == f'SpeechConfig.FromEndpoint(new Uri("{OWN}"), key)'
    assert written("a region", "csharp").private == ""


def test_a_custom_domain_without_a_region_takes_the_region_from_the_services_link():
    link = "https://westeurope.stt.speech.microsoft.com/speech/recognition/conversation/cognitiveservices/v1?cid=x"
    sample = written("a custom domain without a region", "java", restConversation=link)
    assert 'fromSubscription(key, "westeurope")' in sample.code
    assert f'fromEndpoint(URI.create("{OWN}"), key)' in written("a custom domain without a region", "java").code


def test_the_page_says_how_to_run_a_sample_and_that_a_logging_endpoint_needs_no_more(bob, endpoint):
    Endpoint.objects.update(logging_enabled=True)
    page = bob.get(endpoint.get_absolute_url(), {"sample": "curl"}).content.decode()
    assert "bash recognize.sh recording.wav" in page
    assert "the code needs nothing more for that" in page
    Endpoint.objects.update(remote_id=None)
    page = bob.get(endpoint.get_absolute_url()).content.decode()
    assert "Sample code is shown when the service has assigned the endpoint ID." in page
