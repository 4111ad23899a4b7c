"""Recognition of short audio: the text, the model that is used, the content logs."""

from __future__ import annotations

import io
import wave
from typing import Any

import httpx
import pytest

from .conftest import Json, Service


def spoken(seconds: float = 2.0, tone: int = 1) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as audio:
        audio.setparams((1, 2, 16_000, 0, "NONE", ""))
        audio.writeframes(tone.to_bytes(2, "little") * int(seconds * 16_000))
    return file.getvalue()


def recognize(service: Service, endpoint: Json | None, audio: bytes = b"", **query: Any) -> httpx.Response:
    query = {"language": "en-US"} | query
    address = f"{service.url}/speech/recognition/conversation/cognitiveservices/v1"
    if endpoint:
        address = endpoint["links"]["restConversation"]
    headers = {"Content-Type": "audio/wav; codecs=audio/pcm; samplerate=16000"}
    url = httpx.URL(address).copy_merge_params(query)
    return service.http.post(url, content=audio or spoken(), headers=headers)


def test_the_same_audio_gives_the_same_text(service: Service) -> None:
    endpoint = service.deployed()
    first, second = recognize(service, endpoint).json(), recognize(service, endpoint).json()
    assert first == second
    assert first["RecognitionStatus"] == "Success"
    assert (first["Offset"], first["Duration"]) == (0, 20_000_000)
    assert set(first) == {"RecognitionStatus", "DisplayText", "Offset", "Duration"}
    other = {recognize(service, endpoint, spoken(9, tone)).json()["DisplayText"] for tone in range(5)}
    assert len(other) > 1


def test_the_detailed_format_has_alternatives(service: Service) -> None:
    answer = recognize(service, service.deployed(), format="detailed").json()
    assert set(answer["NBest"][0]) == {"Confidence", "Lexical", "ITN", "MaskedITN", "Display"}
    assert answer["NBest"][0]["Display"] == answer["DisplayText"]


def test_the_previous_model_serves_until_the_new_one_is_deployed(service: Service) -> None:
    endpoint = service.deployed()
    old = endpoint["model"]["self"].rsplit("/", 1)[1]
    new = service.get("/models", skip=1, top=1)["values"][0]["self"]
    service.http.patch(endpoint["self"], json={"model": {"self": new}}).raise_for_status()
    assert recognize(service, endpoint).headers["x-simulator-model"] == old
    service.advance(30)
    assert recognize(service, endpoint).headers["x-simulator-model"] == new.rsplit("/", 1)[1]


def test_the_previous_model_stays_if_the_new_one_fails(service: Service) -> None:
    endpoint = service.deployed()
    broken = service.model("Broken")["self"]
    service.http.patch(endpoint["self"], json={"model": {"self": broken}}).raise_for_status()
    service.advance(30)
    assert service.get(endpoint["self"])["status"] == "Failed"
    old = endpoint["model"]["self"].rsplit("/", 1)[1]
    assert recognize(service, endpoint).headers["x-simulator-model"] == old


def test_an_expired_model_is_replaced_by_the_newest_base_model_without_an_error(service: Service) -> None:
    endpoint = service.deployed(model={"self": service.get("/models", skip=1, top=1)["values"][0]["self"]})
    service.advance(80 * 86_400)
    answer = recognize(service, endpoint)
    assert answer.status_code == 200
    newest = service.get("/models/base", filter="locale eq 'en-US'")["values"][-1]["self"]
    assert answer.headers["x-simulator-model"] == newest.rsplit("/", 1)[1]


def test_an_unknown_endpoint_is_an_invalid_cid(service: Service) -> None:
    answer = recognize(service, None, cid="00000000-0000-4000-8000-000000000000")
    assert answer.status_code == 400
    assert answer.json()["message"] == "Invalid cid"


def test_an_endpoint_that_was_never_deployed_is_an_invalid_cid(service: Service) -> None:
    assert recognize(service, service.deploy()).status_code == 400


@pytest.mark.parametrize(("audio", "query"), [(b"no audio at all", {}), (spoken(61), {}), (b"", {"language": "xx"})])
def test_invalid_audio_is_refused(service: Service, audio: bytes, query: dict[str, str]) -> None:
    assert recognize(service, None, audio, **query).status_code == 400


def test_without_a_key_it_is_403_and_with_a_wrong_one_401(service: Service) -> None:
    url = f"{service.url}/speech/recognition/conversation/cognitiveservices/v1?language=en-US"
    assert service.open.post(url, content=spoken()).status_code == 403
    assert service.open.post(url, content=spoken(), headers={"Ocp-Apim-Subscription-Key": "x"}).status_code == 401


def test_a_logging_endpoint_stores_the_audio(service: Service) -> None:
    endpoint = service.deployed(properties={"loggingEnabled": True})
    said = recognize(service, endpoint, spoken(3)).json()["DisplayText"]
    audio, transcript = service.every(endpoint["links"]["logs"])
    assert service.open.get(audio["links"]["contentUrl"]).content == spoken(3)
    assert audio["properties"]["duration"] == "PT3S"
    assert service.open.get(transcript["links"]["contentUrl"]).json()["DisplayText"] == said


def test_an_endpoint_without_logging_stores_audio_only_on_request(service: Service) -> None:
    endpoint = service.deployed()
    recognize(service, endpoint).raise_for_status()
    assert service.every(endpoint["links"]["logs"]) == []
    recognize(service, endpoint, storeAudio="true").raise_for_status()
    assert len(service.every(endpoint["links"]["logs"])) == 2
