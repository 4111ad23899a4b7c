"""Recognition by the WebSocket protocol of the Speech SDK, with services that keep it and that do not."""

import contextlib
import json
import logging
import threading
import traceback

import pytest
from websockets.frames import Close, Frame, Opcode
from websockets.utils import accept_key

from endpoints.azure import (
    ConnectionLost,
    Forbidden,
    NotFound,
    NotSent,
    OutcomeUnknown,
    Refused,
    ServiceFault,
    TimedOut,
    TooManyRequests,
    Unauthorized,
    Unreadable,
)
from tests.client.conftest import KEY
from tests.client.test_client_recognition import ID, deployed, recording

OK = {"Id": "1", "RecognitionStatus": "Success", "DisplayText": "Hello.", "Offset": 0, "Duration": 10_000_000}


class Sdk:
    """A scripted service that takes the handshake, reads frames, and says what a test has it say."""

    def __init__(self, service):
        self.service, self.texts, self.audio, self.request = service, [], b"", ""
        self.released = threading.Event()

    def accepts(self, *steps, accept=None):
        """Take the handshake, hear the whole turn, then take these steps: frames to send, or callables."""
        self.service.says(lambda one: self._talk(one, steps, accept))
        return self

    def _talk(self, one, steps, accept):
        given = accept or accept_key(self.service.asked[-1].headers["sec-websocket-key"])
        one.sendall(
            f"HTTP/1.1 101 Hello\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {given}\r\n"
            "Sec-WebSocket-Protocol: USP\r\n\r\n".encode()
        )
        for step in steps:
            if callable(step):
                step(one)
            else:
                one.sendall(step)

    def hear(self, one):
        """Read frames until the audio ends."""
        file = one.makefile("rb")
        while True:
            opcode, data = _frame(file)
            if opcode == Opcode.TEXT:
                self.texts.append(data.decode())
                continue
            length = int.from_bytes(data[:2], "big")
            head, body = data[2 : 2 + length].decode(), data[2 + length :]
            self.audio += body
            if not body:
                self.request = head.split("X-RequestId:")[1].split("\r\n")[0]
                return

    def says(self, path, body, request=None):
        """A step: a message of the service."""
        text = json.dumps(body) if not isinstance(body, str) else body

        def say(one):
            head = f"X-RequestId:{request or self.request}\r\nContent-Type:application/json\r\nPath:{path}"
            one.sendall(frame(f"{head}\r\n\r\n{text}".encode()))

        return say


def _frame(file):
    first, second = file.read(2)
    length = second & 127
    if length > 125:
        length = int.from_bytes(file.read(2 if length == 126 else 8), "big")
    mask = file.read(4)
    data = file.read(length)
    return first & 15, bytes(byte ^ mask[number % 4] for number, byte in enumerate(data))


def frame(data, opcode=Opcode.TEXT, **how):
    return Frame(opcode, data, **how).serialize(mask=False)


def closing(code, reason=""):
    return frame(Close(code, reason).serialize(), Opcode.CLOSE)


def drain(one):
    """Read until the client leaves, and answer nothing."""
    with contextlib.suppress(OSError):
        while one.recv(65536):
            pass


@pytest.fixture
def sdk(service):
    found = Sdk(service)
    yield found
    found.released.set()


def ask(client, service, seconds=1.0):
    return client.recognize_by_web_socket(service.url, recording(seconds), "en-US", ID)


def test_a_recording_is_heard_as_short_audio_hears_it(speech, world):
    endpoint = deployed(speech)
    for identity in (endpoint.id, None):
        short = speech.recognize(world.url, recording(2), endpoint.locale, identity)
        found = speech.recognize_by_web_socket(world.url, recording(2), endpoint.locale, identity)
        assert (found.status, found.text, found.confidence, found.seconds) == (
            *(short.status, short.text, short.confidence, short.seconds),
        )
        assert found.took > 0


def test_all_phrases_of_a_recording_are_heard(speech, world):
    found = speech.recognize_by_web_socket(world.url, recording(16), "de-DE")
    assert (found.status, found.seconds) == ("Success", 16.0)
    whole = speech.recognize(world.url, recording(15), "de-DE").text
    assert found.text.startswith(whole)
    assert len(found.text) > len(whole)


def test_silence_is_no_error(speech, world):
    found = speech.recognize_by_web_socket(world.url, recording(2, tone=0), "en-US")
    assert (found.status, found.text, found.confidence) == ("InitialSilenceTimeout", "", None)


def test_an_unknown_endpoint_and_a_wrong_key_are_refused_as_for_short_audio(speech, world, client_of):
    with pytest.raises(Refused, match="Invalid cid"):
        speech.recognize_by_web_socket(world.url, recording(), "en-US", ID)
    with pytest.raises(Unauthorized):
        client_of(world.url, key="wrong").recognize_by_web_socket(world.url, recording(), "en-US")


def test_a_whole_address_is_asked_as_it_stands(speech, world):
    endpoint = deployed(speech)
    address = f"ws://{world.url.partition('//')[2]}/stt/speech/universal/v2?cid={endpoint.id}&x=1"
    found = speech.recognize_at(address, recording(2), endpoint.locale)
    assert found.text == speech.recognize(world.url, recording(2), endpoint.locale, endpoint.id).text
    assert (world.ledger()[-1][2], world.ledger()[-2][2]) == (200, 101)
    assert world.ledger()[-2][1].endswith("&x=1")


@pytest.mark.parametrize(
    "address", ["ws://studio.example/x", "http://10.0.0.5/x", "ftp://127.0.0.1/x", "wss://user:pw@127.0.0.1/x", "//"]
)
def test_the_key_goes_to_no_address_without_encryption(client, address):
    with pytest.raises(ValueError, match="address"):
        client.recognize_at(address, recording(), "en-US")


def test_it_asks_as_the_speech_sdk_does(sdk, service, client):
    sdk.accepts(sdk.hear, sdk.says("speech.phrase", OK), sdk.says("turn.end", {}), drain)
    assert ask(client, service, 2).text == "Hello."
    (asked,) = service.asked
    assert asked.target == f"/stt/speech/universal/v2?language=en-US&format=detailed&cid={ID}"
    assert KEY not in asked.target
    assert asked.headers["ocp-apim-subscription-key"] == KEY
    assert asked.headers["sec-websocket-protocol"] == "USP"
    assert len(asked.headers["x-connectionid"]) == 32
    config, context = (text.partition("\r\n\r\n") for text in sdk.texts)
    assert "Path:speech.config" in config[0]
    assert "Path:speech.context" in context[0]
    assert json.loads(context[2]) == {
        "phraseDetection": {"mode": "CONVERSATION", "language": "en-US"},
        "phraseOutput": {"format": "Detailed"},
    }
    whole = recording(2)
    assert sdk.audio == whole[:4] + bytes(4) + whole[8:40] + bytes(4) + whole[44:]


def test_on_the_domain_of_a_resource_there_is_one_stt_in_the_address(service, client):
    for host in (f"{service.url}/stt", service.url, f"{service.url}/"):
        service.answers(401, {"error": {"code": "401", "message": "no"}})
        with pytest.raises(Unauthorized):
            client.recognize_by_web_socket(host, recording(), "en-US")
        assert service.asked[-1].target.startswith("/stt/speech/universal/v2?")


def test_more_than_five_seconds_of_speech_are_sent_no_faster_than_twice_their_speed(speech, world):
    assert speech.recognize_by_web_socket(world.url, recording(6), "en-US").took >= 0.4


def test_a_recording_that_is_no_wav_is_sent_as_it_is(sdk, service, client):
    sdk.accepts(sdk.hear, sdk.says("turn.end", {}), drain)
    found = client.recognize_by_web_socket(service.url, b"OggS" + bytes(4000), "en-US")
    assert found.status == "NoMatch"
    assert sdk.audio == b"OggS" + bytes(4000)


def test_pings_fragments_and_messages_of_others_are_no_matter(sdk, service, client):
    def in_parts(one):
        text = f"X-RequestId:{sdk.request}\r\nPath:speech.phrase\r\n\r\n{json.dumps(OK)}".encode()
        one.sendall(frame(text[:20], fin=False) + frame(b"hi", Opcode.PING) + frame(text[20:], Opcode.CONT))

    other = {"RecognitionStatus": "Success", "DisplayText": "Not for us."}
    sdk.accepts(
        *(sdk.hear, sdk.says("speech.phrase", other, "0" * 32), frame(b"\0\0", Opcode.BINARY), frame(b"no headers")),
        *(sdk.says("speech.hypothesis", "{"), in_parts, sdk.says("turn.end", {}), drain),
    )
    assert ask(client, service).text == "Hello."


def test_phrases_are_joined_with_the_lowest_confidence_and_all_their_seconds(sdk, service, client):
    one = OK | {"NBest": [{"Confidence": 0.9, "Display": "Hello."}]}
    two = OK | {"DisplayText": "Bye.", "Duration": 5_000_000, "NBest": [{"Confidence": 0.4, "Display": "Bye."}]}
    ended = {"RecognitionStatus": "EndOfDictation", "Duration": 0}
    phrases = (sdk.says("speech.phrase", body) for body in (one, two, ended))
    sdk.accepts(sdk.hear, *phrases, sdk.says("turn.end", {}), drain)
    found = ask(client, service)
    assert (found.status, found.text, found.confidence, found.seconds) == ("Success", "Hello. Bye.", 0.4, 1.5)


@pytest.mark.parametrize(
    ("statuses", "told"),
    [
        (["EndOfDictation"], "NoMatch"),
        ([], "NoMatch"),
        (["NoMatch"], "NoMatch"),
        (["Error", "NoMatch"], "Error"),
    ],
)
def test_a_turn_without_speech_has_the_status_of_the_service(sdk, service, client, statuses, told):
    phrases = [sdk.says("speech.phrase", {"RecognitionStatus": status}) for status in statuses]
    sdk.accepts(sdk.hear, *phrases, sdk.says("turn.end", {}), drain)
    assert ask(client, service).status == told


def test_a_turn_may_end_before_all_audio_was_sent(sdk, service, client):
    """As of a service that has heard enough; nothing more is sent then."""

    def early(one):
        file = one.makefile("rb")
        sdk.texts = [_frame(file)[1].decode(), _frame(file)[1].decode()]
        sdk.request = sdk.texts[1].split("X-RequestId:")[1].split("\r\n")[0]

    sdk.accepts(early, sdk.says("speech.phrase", OK), sdk.says("turn.end", {}), drain)
    assert ask(client, service, 30).text == "Hello."


GATEWAY = {"error": {"code": "429", "message": "slow down"}}


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (401, {"error": {"code": "401", "message": f"{KEY} is wrong"}}, Unauthorized, r"\*\*\* is wrong"),
        (403, {"code": "Forbidden", "message": "by a network rule"}, Forbidden, "network rule"),
        (404, {"error": {"code": "404", "message": "Resource not found"}}, NotFound, "not found"),
        (400, {"code": "InvalidArgument", "message": "Invalid cid"}, Refused, "Invalid cid"),
        (429, GATEWAY, TooManyRequests, "too many requests"),
        (503, b"<html>down</html>", ServiceFault, "503"),
        (400, b"<html>", Unreadable, "isn't from the Speech service"),
        (200, b"hello", Unreadable, "isn't the handshake"),
        (204, b"", Unreadable, "isn't the handshake"),
    ],
)
def test_a_handshake_is_refused_in_words(service, client, status, body, kind, words):
    service.answers(status, body, {"Retry-After": "7"})
    with pytest.raises(kind, match=words) as told:
        ask(client, service)
    assert type(told.value) is kind
    assert KEY not in "".join(traceback.format_exception(told.value))
    assert getattr(told.value, "retry_after", 7) == 7
    assert len(service.asked) == 1


def test_no_redirect_is_followed(service, elsewhere, client):
    service.answers(307, headers={"Location": f"{elsewhere.url.replace('http', 'ws')}/stt/speech/universal/v2"})
    with pytest.raises(Unreadable, match="redirect"):
        ask(client, service)
    assert elsewhere.connections == 0


@pytest.mark.parametrize(
    ("steps", "kind"),
    [
        ((b"no HTTP at all\r\n\r\n", "close"), ConnectionLost),
        (("close",), ConnectionLost),
        (("reset",), ConnectionLost),
        ((b"HTTP/1.1 101 Hello\r\n\r\n", drain), Unreadable),
        ((b"HTTP/1.1 101 Hello\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", drain), Unreadable),
        ((b"HTTP/1.1 101 Hello\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n", drain), Unreadable),
    ],
)
def test_a_handshake_that_is_none_is_told(service, client, steps, kind):
    service.says(*steps)
    with pytest.raises(kind):
        ask(client, service)


def test_a_handshake_with_the_wrong_proof_is_unreadable(sdk, service, client):
    sdk.accepts(drain, accept="x" * 28)
    with pytest.raises(Unreadable):
        ask(client, service)


@pytest.mark.parametrize(
    ("ending", "kind", "words"),
    [
        (closing(1007, "language is not supported"), Refused, r"language is not supported \(1007\)"),
        (closing(1007, "Quota exceeded"), TooManyRequests, "too many requests"),
        (closing(4429, "slow down"), TooManyRequests, "too many requests"),
        (closing(1011, f"the key {KEY} broke it"), ServiceFault, r"the key \*\*\* broke it \(1011\)"),
        (closing(1013), ServiceFault, r"\(1013\)"),
        (closing(1000), ConnectionLost, "before it had answered"),
        (frame(b"", Opcode.CLOSE), ConnectionLost, "before it had answered"),
        (b"\xff" * 40, Unreadable, "protocol"),
        (b"\x81\x7f" + (2_000_000).to_bytes(8, "big"), Unreadable, "protocol"),
        (frame(b"X-RequestId:\r\nPath:speech.phrase\r\n\r\n{"), ConnectionLost, "lost"),
        (b"", ConnectionLost, "lost"),
    ],
)
def test_a_connection_that_ends_before_the_answer_is_told(sdk, service, client, ending, kind, words):
    service.says(lambda one: sdk._talk(one, (sdk.hear, ending), None), "close")
    with pytest.raises(kind, match=words) as told:
        ask(client, service)
    assert KEY not in str(told.value)


@pytest.mark.parametrize("body", ["{", "[]", "5", '"text"', "[" * 100_000])
def test_a_phrase_that_cannot_be_read_is_told(sdk, service, client, body):
    sdk.accepts(sdk.hear, sdk.says("speech.phrase", body), drain)
    with pytest.raises(Unreadable, match="phrase"):
        ask(client, service)


def test_a_service_that_closes_while_it_is_spoken_to_has_its_reason_told(sdk, service, client):
    def close(one):
        one.sendall(closing(4429, "slow down"))

    sdk.accepts(close, drain)
    with pytest.raises(TooManyRequests):
        ask(client, service, 60)


@pytest.mark.parametrize("when", ["handshake", "turn", "between", "unread"])
def test_a_service_that_never_answers_is_left_at_the_deadline(sdk, service, client_of, when):
    def wait(one):
        sdk.released.wait(20)

    def drip(one):
        with contextlib.suppress(OSError):
            while not sdk.released.wait(0.1):
                one.sendall(frame(b"", Opcode.PING))

    if when == "handshake":
        service.says(drain)
    else:
        sdk.accepts(*{"turn": (sdk.hear, drain), "between": (sdk.hear, drip), "unread": (wait,)}[when])
    client = client_of(service, deadline=2.0)
    audio = recording(2) if when != "unread" else recording(2, rate=4_000_000)
    with pytest.raises(TimedOut):
        client.recognize_by_web_socket(service.url, audio, "en-US")


def test_a_turn_over_tls_is_heard(self_signed, trusting, client_of):
    sdk = Sdk(self_signed)
    sdk.accepts(sdk.hear, sdk.says("speech.phrase", OK), sdk.says("turn.end", {}), drain)
    client = client_of(self_signed, transport=trusting)
    assert ask(client, self_signed).text == "Hello."
    address = f"wss://127.0.0.1:{self_signed.port}/x?cid={ID}"
    sdk.accepts(sdk.hear, sdk.says("speech.phrase", OK), sdk.says("turn.end", {}), drain)
    assert client.recognize_at(address, recording(), "en-US").text == "Hello."
    assert [one.target for one in self_signed.asked][1] == f"/x?cid={ID}"


def test_a_service_that_is_not_there_has_got_nothing(service, client):
    service.close()
    with pytest.raises(NotSent, match="refused"):
        ask(client, service)


def test_each_recognition_is_observed_once(sdk, service, client_of):
    class Observer:
        def __init__(self):
            self.calls = []

        def called(self, operation, status):
            self.calls.append((operation, status))

        def waited(self, seconds):
            pass

    observer = Observer()
    client = client_of(service, observer=observer)
    sdk.accepts(sdk.hear, sdk.says("turn.end", {}), drain)
    ask(client, service)
    service.answers(429, GATEWAY)
    sdk.accepts(sdk.hear, closing(1000))
    for _ in range(2):
        with pytest.raises((TooManyRequests, OutcomeUnknown)):
            ask(client, service)
    assert observer.calls == [("Recognition", "101"), ("Recognition", "429"), ("Recognition", "lost")]


def test_no_line_of_the_log_has_the_key_or_what_was_heard(speech, world, caplog):
    caplog.set_level(logging.DEBUG)
    found = speech.recognize_by_web_socket(world.url, recording(2), "en-US")
    lines = "\n".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
    assert "connect_tcp" in lines  # others write at this level
    assert world.key not in lines
    assert found.text not in lines
    assert "Path:" not in lines
