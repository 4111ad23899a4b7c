"""Each model hears with words of its own (--dialects), and who answers when a base model does it in silence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from endpoints.simulator.recognition import dialects
from endpoints.simulator.recognition.sentences import SENTENCES
from endpoints.simulator.world.entities import Model, Work
from tests.contract.violations import violations

from .conftest import Json, Service, running
from .test_recognition import recognize, spoken
from .test_streaming import UNIVERSAL, answered, mode_path, open_socket, phrases, unsized

UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def service(_service: Service) -> Iterator[Service]:
    _service.reset(dialects=True)
    yield _service
    assert violations(_service.url) == []


def cid_of(endpoint: Json) -> str:
    return endpoint["self"].rsplit("/", 1)[1]


def other_model(service: Service) -> str:
    """Another model of en-US than the first one, which is deployed."""
    return service.get("/models", skip=1, top=1)["values"][0]["self"]


def heard(service: Service, endpoint: Json | None, audio: bytes = b"", **query: str) -> str:
    answer = recognize(service, endpoint, audio or spoken(), **query)
    assert answer.status_code == 200, answer.text
    return answer.json()["DisplayText"]


def heard_by_socket(service: Service, path: str = UNIVERSAL, audio: bytes = b"", **query: str) -> str:
    with open_socket(service, path, **query) as socket:
        return phrases(answered(socket, unsized(audio or spoken())))[0]["DisplayText"]


def control(service: Service, path: str, **body: object) -> httpx.Response:
    return service.open.post(f"{service.url}/_world/{path}", json=body)


def test_a_model_hears_the_same_every_time_and_another_model_other_words(service: Service) -> None:
    one, two = service.deployed(), service.deployed(model={"self": other_model(service)})
    for tone in (1, 2, 3):
        audio = spoken(4, tone)
        texts = [heard(service, endpoint, audio) for endpoint in (one, two, None)]
        assert texts == [heard(service, endpoint, audio) for endpoint in (one, two, None)]
        assert len(set(texts)) == 3
        same = set(texts[0].split()) & set(texts[1].split()) & set(texts[2].split())
        assert len(same) >= len(texts[0].split()) / 2  # they differ in some words, not in all


def test_endpoints_with_the_same_model_hear_the_same(service: Service) -> None:
    one, two = service.deployed(), service.deployed(displayName="Line 2")
    assert heard(service, one) == heard(service, two)


def test_an_endpoint_hears_with_its_new_model_once_that_is_deployed(service: Service) -> None:
    endpoint = service.deployed()
    before = heard(service, endpoint)
    service.http.patch(endpoint["self"], json={"model": {"self": other_model(service)}}).raise_for_status()
    assert heard(service, endpoint) == before
    service.advance(30)
    assert heard(service, endpoint) != before


def test_the_protocol_of_the_speech_sdk_hears_what_short_audio_hears(service: Service) -> None:
    endpoint = service.deployed()
    for audio in (spoken(2), spoken(9, 7)):
        said = heard(service, endpoint, audio)
        assert heard_by_socket(service, audio=audio, cid=cid_of(endpoint)) == said
        assert heard_by_socket(service, mode_path("interactive"), audio, cid=cid_of(endpoint)) == said
        assert heard_by_socket(service, audio=audio) == heard(service, None, audio) != said


def test_a_session_goes_on_with_the_model_that_it_began_with(service: Service) -> None:
    endpoint = service.deployed()
    before = heard(service, endpoint)
    with open_socket(service, UNIVERSAL, cid=cid_of(endpoint)) as socket:
        service.http.patch(endpoint["self"], json={"model": {"self": other_model(service)}}).raise_for_status()
        service.advance(30)
        assert phrases(answered(socket, unsized(spoken())))[0]["DisplayText"] == before
    assert heard(service, endpoint) != before


def test_content_logs_store_what_the_model_heard(service: Service) -> None:
    endpoint = service.deployed(properties={"loggingEnabled": True})
    said = {heard(service, endpoint, spoken(3)), heard_by_socket(service, audio=spoken(4), cid=cid_of(endpoint))}
    transcripts = [one for one in service.every(endpoint["links"]["logs"]) if one["kind"] == "Transcription"]
    assert {service.open.get(one["links"]["contentUrl"]).json()["DisplayText"] for one in transcripts} == said


def test_the_links_of_an_endpoint_lead_to_where_the_simulator_listens(service: Service) -> None:
    endpoint = service.deployed()
    said = heard(service, endpoint)
    sockets = [link for name, link in endpoint["links"].items() if name.startswith("webSocket")]
    with service.later("2025-10-15") as later:
        sockets.append(later.get(f"/endpoints/{cid_of(endpoint)}")["links"]["webSocket"])
    assert len(sockets) == 4
    for link in map(httpx.URL, sockets):
        assert (link.scheme, link.netloc) == ("ws", httpx.URL(service.url).netloc)
        assert heard_by_socket(service, link.path, b"", **dict(link.params)) == said


@pytest.mark.parametrize("mode", ["interactive", "conversation", "dictation"])
def test_recognition_on_the_domain_of_a_resource_has_stt_in_front(service: Service, mode: str) -> None:
    path = f"/stt{mode_path(mode)}"
    answer = service.http.post(f"{service.url}{path}?language=en-US", content=spoken())
    assert answer.json()["DisplayText"] == heard(service, None) == heard_by_socket(service, path)
    assert service.open.post(f"{service.url}{path}?language=en-US", content=spoken()).status_code == 403


def test_without_dialects_all_models_hear_the_same(service: Service) -> None:
    service.reset()
    assert heard(service, service.deployed()) == heard(service, None)


def test_the_option_of_the_command_line_has_the_same_effect() -> None:
    with running("--dialects", "--control") as service:
        assert heard(service, service.deployed()) != heard(service, None)


def test_an_unknown_endpoint_is_answered_by_the_base_model_if_the_switch_says_so(service: Service) -> None:
    assert recognize(service, None, cid=UNKNOWN).status_code == 400
    service.reset(dialects=True, switches={"unknown_cid": "base"})
    never = cid_of(service.deploy())
    for cid in (UNKNOWN, never):
        assert heard(service, None, cid=cid, storeAudio="true") == heard(service, None)
        assert heard_by_socket(service, cid=cid) == heard(service, None)
    assert service.every("/endpoints/base/en-US/files/logs") == []


def test_a_base_model_answers_for_an_endpoint_until_the_test_says_otherwise(service: Service) -> None:
    endpoint = service.deployed(properties={"loggingEnabled": True})
    other = service.deployed(displayName="Line 2")
    cid, own, base = cid_of(endpoint), heard(service, endpoint), heard(service, None)
    logs = len(service.every(endpoint["links"]["logs"]))
    assert control(service, "serves_base", endpoint=cid).json() == {"endpoints": [cid]}
    assert service.get(endpoint["self"])["status"] == "Succeeded"
    assert heard(service, endpoint) == heard_by_socket(service, cid=cid) == base
    assert heard(service, endpoint, storeAudio="true") == base
    assert len(service.every(endpoint["links"]["logs"])) == logs  # nothing is logged, as public trackers report
    assert heard(service, other) == own
    assert service.open.get(f"{service.url}/_world/serves_base").json() == {"endpoints": [cid]}
    assert control(service, "serves_base", endpoint=cid, on=False).json() == {"endpoints": []}
    assert heard(service, endpoint) == heard_by_socket(service, cid=cid) == own
    assert len(service.every(endpoint["links"]["logs"])) == logs + 4


def test_an_endpoint_logs_nothing_until_the_test_says_otherwise(service: Service) -> None:
    endpoint = service.deployed(properties={"loggingEnabled": True})
    other = service.deployed(displayName="Line 2", properties={"loggingEnabled": True})
    cid, own = cid_of(endpoint), heard(service, endpoint)
    logs = len(service.every(endpoint["links"]["logs"]))
    assert control(service, "logs_nothing", endpoint=cid).json() == {"endpoints": [cid]}
    assert heard(service, endpoint, storeAudio="true") == heard_by_socket(service, cid=cid) == own
    assert len(service.every(endpoint["links"]["logs"])) == logs
    heard(service, other)
    assert len(service.every(other["links"]["logs"])) == logs
    assert service.open.get(f"{service.url}/_world/logs_nothing").json() == {"endpoints": [cid]}
    assert control(service, "logs_nothing", endpoint=cid, on=False).json() == {"endpoints": []}
    heard(service, endpoint)
    assert len(service.every(endpoint["links"]["logs"])) == logs * 2


def test_the_model_of_an_endpoint_expires_when_a_test_says_so(service: Service) -> None:
    endpoint = service.deployed()
    own, model = heard(service, endpoint), endpoint["model"]["self"]
    moved = control(service, "expiration", endpoint=cid_of(endpoint), at="2020-01-02T03:04:05Z").json()
    assert moved["model"] == model.rsplit("/", 1)[1]
    assert service.get(model)["properties"]["deprecationDates"]["transcriptionDateTime"] == "2020-01-02T03:04:05Z"
    assert heard(service, endpoint) == heard(service, None) != own
    back = control(service, "expiration", endpoint=cid_of(endpoint), at=moved["before"]).json()
    assert (back["before"], back["at"]) == ("2020-01-02T03:04:05Z", moved["before"])
    assert heard(service, endpoint) == own


def test_an_endpoint_whose_model_has_expired_logs_nothing(service: Service) -> None:
    expiring = other_model(service)
    endpoint = service.deployed(model={"self": expiring}, properties={"loggingEnabled": True})
    own = heard(service, endpoint)
    service.advance(80 * 86_400)
    assert heard(service, endpoint) == heard(service, None) != own
    assert service.every(endpoint["links"]["logs"]) == []


def test_a_base_model_learns_the_words_of_an_endpoints_model(service: Service) -> None:
    endpoint = service.deployed()
    audios = [spoken(3, tone) for tone in (1, 2, 3)]
    custom, before = ([heard(service, one, audio) for audio in audios] for one in (endpoint, None))
    learned = control(service, "learn", endpoint=cid_of(endpoint)).json()
    assert learned["hears_as"] == endpoint["model"]["self"].rsplit("/", 1)[1]
    assert learned["model"] == recognize(service, None).headers["X-Simulator-Model"]
    assert [heard(service, None, audio) for audio in audios] == custom != before
    assert heard(service, endpoint, audios[0]) == custom[0]
    service.http.patch(endpoint["self"], json={"model": {"self": other_model(service)}}).raise_for_status()
    service.advance(30)
    assert [heard(service, None, audio) for audio in audios] == custom  # what it has learned stays
    assert control(service, "learn", endpoint=cid_of(endpoint), on=False).json()["hears_as"] is None
    assert [heard(service, None, audio) for audio in audios] == before


def test_a_restart_with_a_state_file_keeps_who_answers(tmp_path: Path) -> None:
    options = ("--dialects", "--control", "--endpoints", "1", "--state", str(tmp_path / "world.json"))
    with running(*options) as service:
        endpoint = service.every("/endpoints")[0]
        own, base = heard(service, endpoint), heard(service, None)
        control(service, "serves_base", endpoint=cid_of(endpoint)).raise_for_status()
    with running(*options) as service:
        endpoint = service.every("/endpoints")[0]
        assert heard(service, endpoint) == heard(service, None) == base != own
        control(service, "serves_base", endpoint=cid_of(endpoint), on=False)
        control(service, "learn", endpoint=cid_of(endpoint)).raise_for_status()
    with running(*options) as service:
        assert heard(service, service.every("/endpoints")[0]) == heard(service, None) == own


@pytest.mark.parametrize("path", ["serves_base", "logs_nothing", "learn", "expiration"])
@pytest.mark.parametrize("body", [{"endpoint": UNKNOWN}, {"endpoint": 5}, {}, {"endpoint": UNKNOWN, "x": 1}])
def test_a_control_request_that_makes_no_sense_is_refused(service: Service, path: str, body: Json) -> None:
    answer = control(service, path, **body)
    assert (answer.status_code, answer.json()["code"]) == (400, "InvalidRequest")


def test_an_endpoint_that_was_never_deployed_has_no_model_to_learn_from_or_to_expire(service: Service) -> None:
    cid = cid_of(service.deploy())
    assert control(service, "learn", endpoint=cid).status_code == 400
    assert control(service, "expiration", endpoint=cid, at="2020-01-02T03:04:05Z").status_code == 400


def test_a_model_expires_at_a_time_with_its_zone(service: Service) -> None:
    cid = cid_of(service.deployed())
    assert control(service, "expiration", endpoint=cid, at="2020-01-02T03:04:05").status_code == 400


def a_model(number: int) -> Model:
    identity = f"{number:032x}"
    work = Work(started=0)
    return Model(id=identity, base=False, name="m", locale="x", created=0, work=work, transcription_until=0)


def test_a_thousand_models_hear_a_thousand_different_texts_in_each_language() -> None:
    models = [a_model(number) for number in range(1000)]
    for sentence in (sentence for those in SENTENCES.values() for sentence in those):
        texts = {dialects.heard(sentence, "recording", model) for model in models}
        assert len(texts) == len(models)
        assert all(text[-1] == sentence[-1] for text in texts)
        assert {len(text.split()) for text in texts} == {len(sentence.split())}
