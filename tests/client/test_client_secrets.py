"""Errors contain no secrets and can be pickled."""

import logging
import pickle
import traceback

import pytest

from endpoints.azure import EndpointCreate, LogFile, SpeechError, errors

ID = "8a3b1b8e-0b7d-4f57-9c8e-2d1f0a6b7c11"
KEY = "0123456789abcdef0123456789abcdef"

FAULTS = {
    "refused": [b'HTTP/1.1 400 X\r\nContent-Length: 36\r\n\r\n{"code":"InvalidKey","message":"x."}'],
    "fault": [b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n"],
    "throttled": [b"HTTP/1.1 429 X\r\nContent-Length: 0\r\n\r\n"],
    "lost": ["close"],
    "unreadable": [b"HTTP/1.1 200 X\r\nContent-Length: 1\r\n\r\n<"],
    "redirect": [b"HTTP/1.1 302 X\r\nLocation: http://[\r\nContent-Length: 0\r\n\r\n"],
}


@pytest.mark.parametrize("name", FAULTS)
def test_no_error_and_no_log_line_contains_the_key_or_a_content_url(service, patient, caplog, name):
    caplog.set_level(logging.DEBUG)
    asks = [
        lambda: patient.get_endpoint(ID),
        lambda: patient.create_endpoint(EndpointCreate("n", "en-US", ID)),
        lambda: patient.open_content(f"{service.url}/x?sig=SECRET").__enter__(),
    ]
    if name == "unreadable":  # content may be any bytes
        asks.pop()
    for ask in asks:
        service.forever = FAULTS[name]
        with pytest.raises(SpeechError) as caught:
            ask()
        told = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
        inside = told.split("endpoints/azure/", 1)[1]  # only frames of the client matter
        assert KEY not in inside
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None or caught.value.__suppress_context__
        assert "SECRET" not in str(caught.value) + repr(caught.value)
    assert KEY not in caplog.text
    assert "SECRET" not in caplog.text


def test_a_key_in_an_error_message_is_redacted(service, client):
    service.answers(401, {"code": "Unauthorized", "message": f"The key {KEY} is wrong."})
    with pytest.raises(SpeechError) as caught:
        client.get_endpoint(ID)
    assert str(caught.value) == "The service rejected the request: The key *** is wrong. (Unauthorized, 401)"
    assert KEY not in str(vars(caught.value))


def test_no_repr_contains_a_secret(client):
    log = LogFile(id="a", name="a.wav", size=5, content_url="https://storage.example/?sig=SECRET")
    assert repr(log) == "LogFile(id='a', name='a.wav', kind='', size=5, duration=None, created=None, milliseconds=None)"
    assert "SECRET" not in str(log) + f"{log}" + str(log.__rich_repr__())
    assert KEY not in repr(client) + repr(vars(client))


KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, SpeechError)]


@pytest.mark.parametrize("kind", KINDS)
def test_errors_can_be_pickled(kind):
    more = {"status": 400, "code": "C"} if issubclass(kind, errors.Refused) else {}
    more |= {"received": 1, "promised": 2} if kind is errors.IncompleteContent else {}
    error = kind("A sentence.", operation="Endpoints_Get", **more)
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 (of our own making)
    assert type(again) is kind
    assert (str(again), vars(again)) == ("A sentence.", vars(error))


def test_every_error_is_in_the_tree_of_the_docstring():
    assert {kind.__name__ for kind in KINDS} == set(errors.__all__)
    for kind in KINDS:
        assert f"- {kind.__name__} " in f"- {errors.__doc__}" or kind is SpeechError
        assert kind.__doc__
