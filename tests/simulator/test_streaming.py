"""The Speech SDK's WebSocket protocol, with a client of its frames."""

from __future__ import annotations

import json
import time
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from urllib.parse import urlencode

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from endpoints.simulator.streaming.audio import MAX_BYTES, AudioStream, TooLarge

from .conftest import KEY, Json, Service
from .test_recognition import recognize, spoken

KEY_HEADER = "Ocp-Apim-Subscription-Key"
TURN = ["turn.start", "speech.startDetected", "speech.hypothesis", "speech.endDetected", "speech.phrase", "turn.end"]
UNIVERSAL = "/stt/speech/universal/v2"


def mode_path(mode: str) -> str:
    return f"/speech/recognition/{mode}/cognitiveservices/v1"


@contextmanager
def open_socket(
    service: Service, path: str = mode_path("interactive"), *, key: str | None = KEY, **query: str
) -> Iterator[ClientConnection]:
    address = f"{service.url.replace('http', 'ws')}{path}?{urlencode(query)}"
    headers = {KEY_HEADER: key} if key else {}
    with connect(address, additional_headers=headers, proxy=None, compression=None) as socket:
        yield socket


def send_context(socket: ClientConnection, request: str = "R1", **context: Json) -> None:
    socket.send(f"Path:speech.config\r\nContent-Type:application/json\r\n\r\n{json.dumps({'context': {}})}")
    socket.send(f"Path: speech.context\r\nX-RequestId: {request}\r\n\r\n{json.dumps(context)}")


def send_audio(socket: ClientConnection, audio: bytes, request: str = "R1", step: int = 3200) -> None:
    """The parts of a recording, and the empty one that ends it."""
    headers = f"Path:audio\r\nX-RequestId:{request}\r\n".encode()
    for start in range(0, len(audio), step):
        socket.send(len(headers).to_bytes(2, "big") + headers + audio[start : start + step])
    socket.send(len(headers).to_bytes(2, "big") + headers)


def messages(socket: ClientConnection, request: str = "R1") -> list[tuple[str, Json]]:
    """Path and body of each message up to turn.end."""
    found: list[tuple[str, Json]] = []
    while not found or found[-1][0] != "turn.end":
        head, _, body = str(socket.recv(timeout=10)).partition("\r\n\r\n")
        headers = dict(line.split(":", 1) for line in head.split("\r\n"))
        assert headers["X-RequestId"] == request
        found.append((headers["Path"], json.loads(body)))
    return found


def answered(socket: ClientConnection, audio: bytes) -> list[tuple[str, Json]]:
    send_context(socket)
    send_audio(socket, audio)
    return messages(socket)


def unsized(audio: bytes) -> bytes:
    """The recording as the SDKs send it: they do not know its size, so its header says 0."""
    return audio[:4] + bytes(4) + audio[8:40] + bytes(4) + audio[44:]


def phrases(found: list[tuple[str, Json]]) -> list[Json]:
    return [body for path, body in found if path == "speech.phrase"]


@pytest.mark.parametrize("path", [mode_path("interactive"), UNIVERSAL])
def test_an_utterance_is_answered_by_the_messages_of_a_turn(service: Service, path: str) -> None:
    cid = service.deployed()["self"].rsplit("/", 1)[1]
    with open_socket(service, path, cid=cid) as socket:
        send_context(socket, phraseDetection={"mode": "INTERACTIVE", "language": "en-US"})
        send_audio(socket, unsized(spoken(2)))
        found = messages(socket)
    assert [path for path, _ in found] == TURN
    phrase = phrases(found)[0]
    assert phrase["RecognitionStatus"] == "Success"
    assert (phrase["Offset"], phrase["Duration"]) == (0, 20_000_000)
    assert set(phrase) == {"Id", "RecognitionStatus", "DisplayText", "Offset", "Duration"}


def test_a_recording_has_the_text_that_short_audio_recognizes(service: Service) -> None:
    endpoint = service.deployed()
    with open_socket(service, cid=endpoint["self"].rsplit("/", 1)[1]) as socket:
        found = answered(socket, unsized(spoken(4)))
    assert phrases(found)[0]["DisplayText"] == recognize(service, endpoint, spoken(4)).json()["DisplayText"]


def test_a_dictation_has_a_phrase_for_each_15_seconds_and_an_end(service: Service) -> None:
    with open_socket(service, mode_path("dictation"), language="de-DE") as socket:
        found = answered(socket, unsized(spoken(35)))
    assert [path for path, _ in found] == [
        *TURN[:3],
        "speech.phrase",
        *["speech.hypothesis", "speech.phrase"] * 2,
        "speech.endDetected",
        "speech.phrase",
        "turn.end",
    ]
    said = phrases(found)
    assert [phrase["RecognitionStatus"] for phrase in said] == ["Success"] * 3 + ["EndOfDictation"]
    assert [(phrase["Offset"] // 10**7, phrase["Duration"] // 10**7) for phrase in said[:3]] == [
        (0, 15),
        (15, 15),
        (30, 5),
    ]


def test_one_phrase_ends_an_interactive_turn_before_the_audio_ends(service: Service) -> None:
    with open_socket(service) as socket:
        found = answered(socket, spoken(40))
        assert [path for path, _ in found] == TURN
        send_audio(socket, spoken(1), "R2")  # another turn on the same connection
        assert phrases(messages(socket, "R2"))[0]["Duration"] == 10_000_000


def test_a_language_may_be_written_in_any_letter_case(service: Service) -> None:
    said = set()
    for language in ("de-DE", "de-de", "DE-DE"):
        with open_socket(service, language=language) as socket:
            send_context(socket, phraseDetection={"language": language})
            send_audio(socket, spoken(5))
            said.add(phrases(messages(socket))[0]["DisplayText"])
    assert len(said) == 1


def test_the_detailed_format_has_alternatives(service: Service) -> None:
    with open_socket(service, format="detailed") as socket:
        phrase = phrases(answered(socket, spoken()))[0]
    assert phrase["NBest"][0]["Display"] == phrase["DisplayText"]
    with open_socket(service, UNIVERSAL) as socket:
        send_context(socket, phraseOutput={"format": "Detailed"})
        send_audio(socket, spoken())
        assert "NBest" in phrases(messages(socket))[0]


@pytest.mark.parametrize("audio", [b"", spoken(0), spoken(3, tone=0)])
def test_nothing_is_recognized_in_silence(service: Service, audio: bytes) -> None:
    with open_socket(service) as socket:
        found = answered(socket, audio)
    assert [path for path, _ in found] == ["turn.start", "speech.phrase", "turn.end"]
    assert phrases(found)[0]["RecognitionStatus"] == "InitialSilenceTimeout"


def test_audio_that_is_no_wav_is_one_phrase(service: Service) -> None:
    with open_socket(service) as socket:
        assert phrases(answered(socket, b"OggS" + bytes(7996)))[0]["Duration"] == 20_000_000


def test_a_header_that_promises_endless_phrases_is_too_large() -> None:
    file = BytesIO()
    with wave.open(file, "wb") as audio:
        audio.setparams((1, 2, 0xFFFFFFFF // 2, 0, "NONE", ""))
        audio.writeframes(bytes(100))
    stream = AudioStream()
    list(stream.add(file.getvalue()))
    with pytest.raises(TooLarge):
        list(stream.add(bytes(MAX_BYTES)))


def test_a_logging_endpoint_stores_what_was_said(service: Service) -> None:
    endpoint = service.deployed(properties={"loggingEnabled": True})
    with open_socket(service, cid=endpoint["self"].rsplit("/", 1)[1]) as socket:
        said = phrases(answered(socket, unsized(spoken(3))))[0]["DisplayText"]
    audio, transcript = service.every(endpoint["links"]["logs"])
    recording = service.open.get(audio["links"]["contentUrl"]).content
    assert recording == spoken(3)
    with wave.open(BytesIO(recording)) as file:
        assert file.getnframes() == 48_000
    assert service.open.get(transcript["links"]["contentUrl"]).json()["DisplayText"] == said


def test_an_endpoint_without_logging_stores_audio_only_on_request(service: Service) -> None:
    endpoint = service.deployed()
    cid = endpoint["self"].rsplit("/", 1)[1]
    with open_socket(service, cid=cid) as socket:
        answered(socket, spoken())
    assert service.every(endpoint["links"]["logs"]) == []
    with open_socket(service, cid=cid, storeAudio="true") as socket:
        answered(socket, spoken())
    assert len(service.every(endpoint["links"]["logs"])) == 2
    assert len(service.ledger()[-2]["effect"]["made"]) == 1


def test_the_key_may_be_in_the_query(service: Service) -> None:
    with open_socket(service, key=None, **{KEY_HEADER: KEY}) as socket:
        assert answered(socket, spoken())
    token = service.http.post(f"{service.url}/sts/v1.0/issueToken").text
    with open_socket(service, key=None, Authorization=f"Bearer {token}") as socket:
        assert answered(socket, spoken())
    query = {KEY_HEADER: KEY}
    assert service.open.get(f"{service.url}/speechtotext/v3.2/endpoints", params=query).status_code == 401


@pytest.mark.parametrize(
    ("key", "query", "status"),
    [
        (None, {}, 401),
        ("wrong", {}, 401),
        (None, {KEY_HEADER: "wrong"}, 401),
        (KEY, {"cid": "00000000-0000-4000-8000-000000000000"}, 400),
        (KEY, {"language": "xx-XX"}, 400),
    ],
)
def test_the_handshake_is_refused(service: Service, key: str | None, query: dict[str, str], status: int) -> None:
    with pytest.raises(InvalidStatus) as refused, open_socket(service, key=key, **query):
        pass
    assert refused.value.response.status_code == status
    assert service.ledger()[-1]["status"] == status
    if "cid" in query:
        assert json.loads(refused.value.response.body)["message"] == "Invalid cid"


def test_an_endpoint_that_was_never_deployed_is_refused(service: Service) -> None:
    cid = service.deploy()["self"].rsplit("/", 1)[1]
    with pytest.raises(InvalidStatus), open_socket(service, cid=cid):
        pass


def test_the_response_names_the_model_and_accepts_the_subprotocol(service: Service) -> None:
    endpoint = service.deployed()
    address = f"{service.url.replace('http', 'ws')}{UNIVERSAL}?cid={endpoint['self'].rsplit('/', 1)[1]}"
    headers = {KEY_HEADER: KEY}
    with connect(address, additional_headers=headers, subprotocols=["USP"], proxy=None) as socket:  # type: ignore[list-item]  # a NewType of str
        assert socket.subprotocol == "USP"
        assert socket.response.headers["X-Simulator-Model"] == endpoint["model"]["self"].rsplit("/", 1)[1]
    assert service.ledger()[-1]["status"] == 101


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\xff",
        b"\x00\x20Path:audio",
        b"\x00\x02\xff\xff",
        "Path:speech.context\r\n\r\n{",
        'Path:speech.context\r\n\r\n{"phraseDetection":{"language":"xx-XX"}}',
    ],
)
def test_what_cannot_be_read_closes_the_connection(service: Service, frame: bytes | str) -> None:
    with open_socket(service) as socket:
        socket.send(frame)
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=10)
    assert closed.value.rcvd.code == 1007


def test_faults_delay_or_refuse_a_handshake(service: Service) -> None:
    service.faults({"path": "universal", "effect": {"status": 503, "delay": 0.2, "headers": {"Retry-After": "7"}}})
    began = time.monotonic()
    with pytest.raises(InvalidStatus) as refused, open_socket(service, UNIVERSAL):
        pass
    assert time.monotonic() - began >= 0.2
    assert refused.value.response.status_code == 503
    assert refused.value.response.headers["Retry-After"] == "7"
    with open_socket(service, UNIVERSAL) as socket:
        assert answered(socket, spoken())
