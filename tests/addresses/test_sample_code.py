"""Sample code by address: of each language that can ask one, and a sentence for each that can't."""

import json
import re
import subprocess
from html import unescape

import pytest
from django.urls import reverse

from endpoints.samples import LANGUAGES

SITE = "https://speech.example"
CODE = re.compile(r'<code id="code-by-address">(.*?)</code>', re.DOTALL)


@pytest.fixture
def shown(bob, hotline, blue, settings):
    """The page of a language, and the code in it; `site`: how people reach the product."""

    def shown(language, site=SITE):
        settings.SITE_URL = site
        answer = bob.get(reverse("endpoints:sample-code", args=[blue.pk]), {"sample": language})
        page = unescape(answer.content.decode())
        return page, (CODE.search(page) or ["", ""])[1]

    return shown


@pytest.mark.parametrize("language", ["python", "csharp", "java", "cpp"])
def test_native_sdks_are_given_the_address_as_their_endpoint_and_no_id(shown, blue, language):
    page, code = shown(language)
    assert '"wss://speech.example/speech/hotline"' in code
    assert blue.remote_id not in code
    assert "de-DE" in code
    assert ("It wasn't tried with this language." in page) == (language != "python")
    if language == "python":
        compile(code, "recognize.py", "exec")


def test_javascript_is_given_the_alias_where_it_can_ask(shown, blue):
    _page, code = shown("javascript")
    assert 'fromEndpoint(new URL("https://speech.example/?alias=hotline"), key)' in code
    assert blue.remote_id not in code
    page, code = shown("javascript", "https://speech.example:8443")
    assert "asks only on port 443" in page
    assert not code


def test_a_shell_reads_the_url_from_the_answer_and_then_sends_the_recording(ask, shown, blue):
    _page, code = shown("curl")
    assert "https://speech.example/speech/hotline.json" in code
    assert blue.remote_id not in code
    assert subprocess.run(["bash", "-n"], input=code, text=True, check=False).returncode == 0
    (sed,) = re.findall(r"sed -n '[^']+'", code)
    said = ask("/speech/hotline.json").text
    found = subprocess.run(["bash", "-c", sed], input=said, text=True, capture_output=True, check=True).stdout
    assert found.strip() == json.loads(said)["links"]["short_audio"]
    assert f"cid={blue.remote_id}" in found


def test_the_speech_cli_has_a_sentence(shown):
    page, code = shown("spx")
    assert "The Speech CLI wasn't tried by an address." in page
    assert not code


def test_an_endpoint_without_an_address_has_its_own_code_alone(bob, hotline, green):
    for language in LANGUAGES:
        page = bob.get(reverse("endpoints:sample-code", args=[green.pk]), {"sample": language}).content.decode()
        assert "By address" not in page
        assert green.remote_id in page


def test_a_search_over_everything_finds_addresses(bob, nemo, hotline):
    page = bob.get(reverse("endpoints:search"), {"q": "hotl"}).content.decode()
    assert f'href="{hotline.get_absolute_url()}"' in page
