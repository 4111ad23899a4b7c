"""What is asked again, and what never is."""

import time

import pytest

from endpoints.azure import (
    ConnectionLost,
    EndpointCreate,
    EndpointUpdate,
    NotFound,
    NotSent,
    OutcomeUnknown,
    ServiceFault,
    TimedOut,
    TooManyRequests,
    Unreadable,
)

ID = "8a3b1b8e-0b7d-4f57-9c8e-2d1f0a6b7c11"


def get(client):
    return client.get_endpoint(ID)


def post(client):
    return client.create_endpoint(EndpointCreate("n", "en-US", ID))


def patch(client):
    return client.update_endpoint(ID, EndpointUpdate(display_name="n"))


def delete(client):
    return client.delete_endpoint(ID)


MUTATIONS = [post, patch]


@pytest.mark.parametrize("fault", [(b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n",), ("close",), ("reset",)])
def test_a_get_is_asked_again(service, patient, fault):
    service.says(*fault).says(*fault).answers(body=service.endpoint())
    assert get(patient).id == ID
    assert len(service.asked) == 3


@pytest.mark.parametrize("fault", [(b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n",), ("close",), ("reset",)])
def test_a_delete_is_asked_again(service, patient, fault):
    service.says(*fault).answers(404, {"code": "NotFound", "message": "It was deleted."})
    assert delete(patient) is None
    assert len(service.asked) == 2


@pytest.mark.parametrize("mutate", MUTATIONS)
@pytest.mark.parametrize(
    "fault", [(b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n",), ("close",), ("reset",), (b"HTTP/1.1 201 X\r\n\r\n",)]
)
def test_a_post_or_patch_is_never_asked_again_when_it_may_have_been_done(service, patient, mutate, fault):
    service.says(*fault, "close")
    service.forever = (service.answer(200, service.endpoint()),)
    with pytest.raises(OutcomeUnknown):
        mutate(patient)
    assert len(service.asked) == 1


@pytest.mark.parametrize("mutate", MUTATIONS)
def test_a_post_or_patch_that_was_not_sent_is_the_callers_to_repeat(service, patient, mutate, caplog):
    service.close()
    with pytest.raises(NotSent):
        mutate(patient)
    assert "retry_scheduled" not in caplog.text


@pytest.mark.parametrize("ask", [get, delete])
def test_a_get_or_delete_that_was_not_sent_is_tried_again(service, patient, ask, caplog):
    service.close()
    with pytest.raises(NotSent):
        ask(patient)
    assert caplog.text.count("retry_scheduled") == 2


def test_after_three_attempts_it_is_enough(service, patient):
    service.forever = (service.answer(500),)
    with pytest.raises(ServiceFault):
        get(patient)
    assert len(service.asked) == 3


@pytest.mark.parametrize(
    "answer", [(404, {"code": "NotFound", "message": "x"}, NotFound), (200, b"<html>", Unreadable)]
)
def test_what_will_not_change_is_asked_once(service, patient, answer):
    status, body, error = answer
    service.forever = (service.answer(status, body),)
    with pytest.raises(error):
        get(patient)
    assert len(service.asked) == 1


@pytest.mark.parametrize("ask", [get, post, patch])
def test_a_429_is_waited_for_by_every_method(service, patient, ask):
    service.answers(429, headers={"Retry-After": "0"}).answers(200, service.endpoint())
    assert ask(patient).id == ID
    assert len(service.asked) == 2


def test_no_attempt_comes_before_the_time_that_the_service_named(service, patient):
    service.answers(429, headers={"Retry-After": "0.4"}).answers(200, service.endpoint())
    begun = time.monotonic()
    get(patient)
    assert time.monotonic() - begun >= 0.4


@pytest.mark.parametrize("value", ["86400", "6", None, "soon"])
@pytest.mark.parametrize("ask", [get, post])
def test_a_429_that_does_not_fit_is_raised_at_once(service, patient, ask, value):
    service.answers(429, headers={"Retry-After": value} if value else {})
    begun = time.monotonic()
    with pytest.raises(TooManyRequests):
        ask(patient)
    assert time.monotonic() - begun < 2
    assert len(service.asked) == 1


def test_a_fault_may_name_its_time_too(service, patient):
    service.answers(503, headers={"Retry-After": "3600"})
    with pytest.raises(ServiceFault):
        get(patient)
    assert len(service.asked) == 1


def test_all_attempts_share_one_deadline(service, client_of):
    service.forever = (lambda connection: connection.recv(1),)
    begun = time.monotonic()
    with pytest.raises(TimedOut):
        get(client_of(service, retries=True, deadline=0.4))
    assert time.monotonic() - begun < 2


def test_a_silence_is_asked_again_while_there_is_time(service, client_of, monkeypatch):
    monkeypatch.setattr("endpoints.azure.sending.READ_SECONDS", 0.1)
    service.says(lambda connection: connection.recv(1)).answers(body=service.endpoint())
    assert get(client_of(service, retries=True)).id == ID


def test_the_switch_turns_it_off(service, client):
    service.forever = (service.answer(503),)
    with pytest.raises(ServiceFault):
        get(client)
    assert len(service.asked) == 1


def test_reading_keeps_a_connection_and_changing_takes_a_new_one(service, client):
    service.forever = (service.answer(200, service.endpoint()),)
    for ask in (get, get, post, patch, post, get):
        ask(client)
    numbers = [one.connection for one in service.asked]
    assert numbers == [1, 1, 2, 3, 4, 1]
    assert [one.headers.get("connection") for one in service.asked] == [None, None, "close", "close", "close", None]


def test_a_kept_connection_that_died_meanwhile_costs_a_get_nothing(service, patient):
    service.says(service.answer(200, service.endpoint()), "close")
    service.answers(body=service.endpoint())
    assert get(patient).id == get(patient).id == ID


def test_a_lost_connection_is_told_from_a_refusal(service, client):
    service.says("reset")
    with pytest.raises(ConnectionLost) as caught:
        get(client)
    assert caught.value.status is None
