"""Recognition of short audio."""

import io
import urllib.parse
import wave

import pytest

from endpoints.azure import NotSent, Refused, TooManyRequests, Unauthorized, Unreadable
from endpoints.azure.recognition import Recognition, result

ID = "8a3b1b8e-0b7d-4f57-9c8e-2d1f0a6b7c11"
BEST = {"Confidence": 0.87, "Lexical": "hello", "Display": "Hello."}


def recording(seconds=1.0, tone=1, rate=16_000):
    """A WAV file of 16 bit, mono."""
    file = io.BytesIO()
    with wave.open(file, "wb") as audio:
        audio.setparams((1, 2, rate, 0, "NONE", ""))
        audio.writeframes(tone.to_bytes(2, "little") * int(seconds * rate))
    return file.getvalue()


def deployed(speech, locale="en-US"):
    """An endpoint that serves."""
    return next(one for one in speech.list_endpoints() if one.status == "Succeeded" and one.locale == locale)


def test_a_detailed_answer_is_text_confidence_and_duration(speech, world):
    endpoint = deployed(speech)
    found = speech.recognize(world.url, recording(2), endpoint.locale, endpoint.id)
    assert (found.status, found.seconds) == ("Success", 2.0)
    assert found.text
    assert 0 < found.confidence <= 1
    assert found.took > 0
    method, path, status = world.ledger()[-1]
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(path).query))
    assert (method, status) == ("POST", 200)
    assert query == {"language": endpoint.locale, "format": "detailed", "cid": endpoint.id}


def test_without_an_id_no_endpoint_is_named(speech, world):
    speech.recognize(world.url, recording(), "en-US")
    assert "cid=" not in world.ledger()[-1][1]


def test_an_unknown_endpoint_is_refused(speech, world):
    with pytest.raises(Refused, match="Invalid cid"):
        speech.recognize(world.url, recording(), "en-US", ID)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"RecognitionStatus": "Success", "NBest": [BEST]}, ("Success", "Hello.", 0.87, None)),
        ({"RecognitionStatus": "Success", "DisplayText": "Hi.", "Duration": 5}, ("Success", "Hi.", None, 5e-7)),
        ({"RecognitionStatus": "Success", "DisplayText": "Hi.", "NBest": []}, ("Success", "Hi.", None, None)),
        ({"RecognitionStatus": "NoMatch", "Duration": "20000000"}, ("NoMatch", "", None, 2.0)),
        ({"RecognitionStatus": "Success", "NBest": [{"Confidence": "0.5"}]}, ("Success", "", 0.5, None)),
        ({"RecognitionStatus": "Success", "NBest": [{"Confidence": 7}]}, ("Success", "", None, None)),
        ({"RecognitionStatus": "Success", "NBest": [{"Confidence": True}]}, ("Success", "", None, None)),
        ({"RecognitionStatus": "Success", "NBest": [{"Confidence": "high"}]}, ("Success", "", None, None)),
        ({"RecognitionStatus": "Success", "NBest": ["x"]}, ("Success", "", None, None)),
        ({"RecognitionStatus": "Success", "NBest": {}}, ("Success", "", None, None)),
        ({}, ("", "", None, None)),
    ],
    ids=str,
)
def test_what_is_missing_or_of_another_type_is_not_known(value, found):
    status, text, confidence, seconds = found
    assert result(value) == Recognition(status=status, text=text, confidence=confidence, seconds=seconds)


@pytest.mark.parametrize("body", [[], "text", 5, None])
def test_an_answer_that_is_no_result_is_unreadable(service, client, body):
    service.answers(body=body)
    with pytest.raises(Unreadable):
        client.recognize(service.url, recording(), "en-US")


@pytest.mark.parametrize(
    ("status", "kind"), [(401, Unauthorized), (429, TooManyRequests), (400, Refused)], ids=["401", "429", "400"]
)
def test_a_refusal_is_told_and_not_repeated(service, patient, status, kind):
    service.answers(status, {"error": {"code": str(status), "message": "no"}}, {"Retry-After": "7"})
    with pytest.raises(kind) as told:
        patient.recognize(service.url, recording(), "en-US")
    assert len(service.asked) == 1
    assert getattr(told.value, "retry_after", 7) == 7


def test_a_service_that_is_not_there_has_got_nothing(client_of, service):
    client = client_of(service)
    service.close()
    with pytest.raises(NotSent):
        client.recognize(service.url, recording(), "en-US")
