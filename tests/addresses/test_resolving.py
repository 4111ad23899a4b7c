"""What programs get that ask an address."""

import json
import re
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from endpoints.addresses.resolving import question
from endpoints.models import Address, Endpoint
from tests.addresses.conftest import address, resource, serving

AZURE = "wss://westeurope.stt.speech.microsoft.com/stt/speech/universal/v2"
JAVASCRIPT = "/stt/speech/universal/v2"
slowly = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a loaded machine is


@pytest.fixture
def hotline(ask):
    return address("hotline", serving(resource(), "a"))


def test_a_web_socket_is_sent_to_the_endpoint(ask, hotline):
    answer = ask.socket("hotline")
    assert answer.status == 307
    assert answer.headers["Location"] == f"{AZURE}?cid=a-id&language=de-DE&format=detailed"


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_websocket_key": "x"},  # behind a proxy that keeps Upgrade to itself
        {"upgrade": "WebSocket"},
        {"x_connectionid": "1"},
    ],
)
def test_a_web_socket_is_known_by_its_headers(ask, hotline, headers):
    assert ask("/speech/hotline", **headers).status == 307


@pytest.mark.parametrize("name", ["HotLine", "hotline/", "HOTLINE"])
def test_letter_case_and_a_slash_do_not_matter(ask, hotline, name):
    assert ask.socket(name).status == 307


def test_the_sdk_for_javascript_gets_the_address_as_a_text(ask, hotline):
    answer = ask(JAVASCRIPT, "alias=hotline&GenerateRedirectResponse=true", origin="https://app.example.com")
    assert (answer.status, answer.text) == (200, f"{AZURE}?cid=a-id&language=de-DE&format=detailed")
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_a_browser_may_ask_from_another_page(ask, hotline):
    answer = ask(JAVASCRIPT, method="OPTIONS", origin="https://app.example.com")
    assert (answer.status, answer.text) == (204, "")
    assert "GET" in answer.headers["Access-Control-Allow-Methods"]
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    "path", ["/stt/", "/stt/speech/other/v2", "/stt/speech/universal/v2/x", "/speech/", "/speech/a/b"]
)
def test_other_addresses_of_the_service_are_unknown(ask, hotline, path):
    assert ask(path, "alias=hotline&GenerateRedirectResponse=true").status == 404


def test_a_rest_client_gets_all_it_needs(ask, hotline):
    answer = ask("/speech/hotline.json")
    facts = json.loads(answer.text)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", facts.pop("as_of"))
    query = "?cid=a-id&language=de-DE&format=detailed"
    short = "https://westeurope.stt.speech.microsoft.com/speech/recognition/conversation/cognitiveservices/v1"
    assert facts == {
        "name": "hotline",
        "endpoint": "a-id",
        "region": "westeurope",
        "locale": "de-DE",
        "status": "Succeeded",
        "model": "Model a",
        "links": {"web_socket": AZURE + query, "short_audio": short + query},
        "problem": None,
        "last_known_since": None,
    }
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_a_person_who_opens_it_in_a_browser_gets_to_its_page(ask, hotline):
    answer = ask("/speech/hotline", accept="text/html,*/*")
    assert (answer.status, answer.headers["Location"]) == (303, "/addresses/hotline/")


def test_a_program_that_is_none_of_these_is_told_what_to_do(ask, hotline):
    answer = ask("/speech/hotline")
    assert answer.status == 400
    assert ".json" in answer.text


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "CONNECT", "BREW"])
def test_other_methods_are_refused(ask, hotline, method):
    answer = ask("/speech/hotline", method=method, upgrade="websocket")
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")


@pytest.mark.parametrize("path", ["/speech/hotline.json", "/speech/other"])
def test_head_has_the_headers_alone(ask, hotline, path):
    full, head = ask(path), ask(path, method="HEAD")
    assert head.text == ""
    assert (head.status, head.headers["Content-Length"]) == (full.status, full.headers["Content-Length"])


def test_an_unknown_address_is_told(ask, hotline):
    answer = ask.socket("other")
    assert (answer.status, answer.text) == (404, "There is no such address.\n")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"status": "Failed"}, "has failed"),
        ({"gone_at": "2026-01-01T00:00Z"}, "doesn't exist any more"),
        ({"remote_id": None}, "isn't deployed yet"),
    ],
)
def test_an_endpoint_that_cannot_serve_is_told(ask, hotline, change, sentence):
    Endpoint.objects.update(**change)
    answer = ask.socket("hotline")
    assert answer.status == 503
    assert sentence in answer.text
    assert int(answer.headers["Retry-After"]) > 0
    facts = ask("/speech/hotline.json")
    assert facts.status == 503
    assert sentence in json.loads(facts.text)["problem"]
    assert json.loads(facts.text)["links"] == {}


def test_an_address_whose_endpoint_was_removed_with_its_resource_is_told(ask, hotline):
    Address.objects.update(endpoint=None)
    assert ask.socket("hotline").status == 503
    assert json.loads(ask("/speech/hotline.json").text)["endpoint"] is None


@pytest.mark.parametrize(
    ("facts", "host"),
    [
        ({"region": "chinanorth2"}, "wss://chinanorth2.stt.speech.azure.cn"),
        ({"region": "usgovvirginia"}, "wss://usgovvirginia.stt.speech.azure.us"),
        ({"url": "https://contoso.cognitiveservices.azure.com"}, "wss://contoso.cognitiveservices.azure.com"),
        ({"region": "", "url": "http://127.0.0.1:9000"}, "ws://127.0.0.1:9000"),
        ({"region": "", "url": "https://speech.example.com"}, "wss://speech.example.com"),
    ],
)
def test_the_host_is_that_of_the_resource(ask, facts, host):
    address("hotline", serving(resource(**facts), "a"))
    assert ask.socket("hotline").headers["Location"].startswith(f"{host}/stt/speech/universal/v2?cid=a-id&")


def test_options_of_the_sdk_are_carried_over_and_keys_are_not(ask, hotline):
    query = "format=simple&profanity=raw&wordLevelTimestamps=true&language=fr-FR&cid=other&subscription-key=SECRET&x=y"
    location = ask.socket("hotline", query, ocp_apim_subscription_key="SECRET").headers["Location"]
    assert location == f"{AZURE}?cid=a-id&language=de-DE&format=simple&profanity=raw&wordLevelTimestamps=true"


def test_keys_do_not_reach_the_pages(ask):
    ask("/endpoints/", ocp_apim_subscription_key="SECRET")
    assert "SECRET" not in str(ask.inner)


@slowly
@given(name=st.text(max_size=200), query=st.text(max_size=200))
def test_any_name_and_query_has_an_answer(name, query):
    environ = {"PATH_INFO": f"/speech/{name}", "HTTP_UPGRADE": "websocket"}
    read = question.read(environ, query)
    assert read.name == "" or re.fullmatch("[a-z0-9-]{1,64}", read.name)
    assert all(re.fullmatch(r"\w+", value, re.ASCII) for value in read.options.values())


@slowly
@given(st.dictionaries(st.sampled_from(["alias", "format", "profanity", "session", "key"]), st.text(max_size=30)))
def test_what_a_client_writes_into_options_is_one_of_their_words(given):
    read = question.read({"PATH_INFO": JAVASCRIPT}, urlencode(given, errors="replace"))
    assert read.options.get("format", "simple") in ("simple", "detailed")
    assert set(read.options) <= {"format", "profanity"}


class TestShares:
    """Of 100 sessions, `share` go to the second endpoint."""

    @pytest.fixture
    def shared(self, ask):
        there = resource()
        return address("hotline", serving(there, "a"), second=serving(there, "b"), share=20)

    def to_second(self, ask, count, query=""):
        return sum("cid=b-id" in ask.socket("hotline", query.format(n)).headers["Location"] for n in range(count))

    def test_they_go_there_at_random(self, ask, shared):
        # Of 10,000 at 20 %, 2,000 with a standard deviation of 40: seven of them are passed once in 400 billion runs.
        assert abs(self.to_second(ask, 10_000) - 2_000) < 7 * 40

    def test_sessions_are_spread_alike(self, ask, shared):
        assert abs(self.to_second(ask, 10_000, "session={}") - 2_000) < 7 * 40

    def test_a_session_stays_where_it_is(self, ask, shared):
        found = {ask.socket("hotline", "session=anna").headers["Location"] for _ in range(50)}
        assert len(found) == 1

    def test_a_larger_share_moves_nobody_back_and_processes_agree(self, ask, other_process, shared):
        def there(ask):
            return {n for n in range(200) if "cid=b-id" in ask.socket("hotline", f"session={n}").headers["Location"]}

        few = there(ask)
        Address.objects.update(share=60)
        assert few < there(other_process)

    @pytest.mark.parametrize(("share", "count"), [(0, 0), (100, 200)])
    def test_none_and_all(self, ask, shared, share, count):
        Address.objects.update(share=share)
        assert self.to_second(ask, 200) == self.to_second(ask, 200, "session={}") == count

    def test_a_second_endpoint_that_has_failed_gets_nobody(self, ask, shared):
        Endpoint.objects.filter(display_name="b").update(status="Failed")
        Address.objects.update(share=100)
        assert self.to_second(ask, 50) == 0

    def test_they_are_counted(self, ask, shared):
        second = self.to_second(ask, 100)
        ask.counts.flush()
        (hour,) = shared.hours.all()
        assert (hour.requests, hour.to_second, hour.unanswered) == (100, second, 0)
