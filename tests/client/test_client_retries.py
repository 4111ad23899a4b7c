"""Which requests are retried, and which never are."""

import threading
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
from endpoints.azure.transport import Transport
from tests.network import HERE

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
def test_a_get_is_retried(service, patient, fault):
    service.says(*fault).says(*fault).answers(body=service.endpoint())
    assert get(patient).id == ID
    assert len(service.asked) == 3


@pytest.mark.parametrize("fault", [(b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n",), ("close",), ("reset",)])
def test_a_delete_is_retried(service, patient, fault):
    service.says(*fault).answers(404, {"code": "NotFound", "message": "It was deleted."})
    assert delete(patient) is None
    assert len(service.asked) == 2


@pytest.mark.parametrize("mutate", MUTATIONS)
@pytest.mark.parametrize(
    "fault", [(b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n",), ("close",), ("reset",), (b"HTTP/1.1 201 X\r\n\r\n",)]
)
def test_a_post_or_patch_is_never_retried_if_it_may_have_been_executed(service, patient, mutate, fault):
    service.says(*fault, "close")
    service.forever = (service.answer(200, service.endpoint()),)
    with pytest.raises(OutcomeUnknown):
        mutate(patient)
    assert len(service.asked) == 1


@pytest.mark.parametrize("mutate", MUTATIONS)
def test_a_post_or_patch_that_was_not_sent_is_not_retried(service, patient, mutate, caplog):
    service.close()
    with pytest.raises(NotSent):
        mutate(patient)
    assert "Retry of" not in caplog.text


def test_a_post_for_which_no_connection_was_free_was_not_sent(service, client_of, monkeypatch):
    monkeypatch.setattr("endpoints.azure.transport.MAX_CONNECTIONS", 1)
    arrived, over, transport = threading.Event(), threading.Event(), Transport(network=HERE)

    def hold(connection):
        arrived.set()
        over.wait(10)

    service.says(hold, service.answer(200, service.endpoint()))
    first = threading.Thread(target=post, args=[client_of(service, deadline=10.0, transport=transport)])
    first.start()
    assert arrived.wait(10)
    try:
        with pytest.raises(NotSent):
            post(client_of(service, deadline=0.2, transport=transport))
    finally:
        over.set()
        first.join(10)
    assert len(service.asked) == 1


@pytest.mark.parametrize("ask", [get, delete])
def test_a_get_or_delete_that_was_not_sent_is_retried(service, patient, ask, caplog):
    service.close()
    with pytest.raises(NotSent):
        ask(patient)
    assert caplog.text.count("Retry of") == 2


def test_there_are_three_attempts_at_most(service, patient):
    service.forever = (service.answer(500),)
    with pytest.raises(ServiceFault):
        get(patient)
    assert len(service.asked) == 3


@pytest.mark.parametrize(
    "answer", [(404, {"code": "NotFound", "message": "x"}, NotFound), (200, b"<html>", Unreadable)]
)
def test_permanent_errors_are_not_retried(service, patient, answer):
    status, body, error = answer
    service.forever = (service.answer(status, body),)
    with pytest.raises(error):
        get(patient)
    assert len(service.asked) == 1


def test_a_get_that_was_answered_by_429_is_sent_again(service, patient):
    service.answers(429, headers={"Retry-After": "0"}).answers(200, service.endpoint())
    assert get(patient).id == ID
    assert len(service.asked) == 2


@pytest.mark.parametrize("ask", [post, patch])
def test_a_change_that_was_answered_by_429_is_left_to_the_caller(service, patient, ask):
    """It may have been carried out all the same."""
    service.answers(429, headers={"Retry-After": "0"}).answers(200, service.endpoint())
    with pytest.raises(TooManyRequests):
        ask(patient)
    assert len(service.asked) == 1


def test_no_retry_is_sent_before_the_time_of_retry_after(service, patient):
    service.answers(429, headers={"Retry-After": "0.4"}).answers(200, service.endpoint())
    begun = time.monotonic()
    get(patient)
    assert time.monotonic() - begun >= 0.4


@pytest.mark.parametrize("value", ["86400", "6", None, "soon"])
@pytest.mark.parametrize("ask", [get, post])
def test_a_429_beyond_the_deadline_is_raised_at_once(service, patient, ask, value):
    service.answers(429, headers={"Retry-After": value} if value else {})
    begun = time.monotonic()
    with pytest.raises(TooManyRequests):
        ask(patient)
    assert time.monotonic() - begun < 2
    assert len(service.asked) == 1


def test_a_service_fault_may_have_a_retry_after(service, patient):
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


@pytest.fixture
def waits(monkeypatch):
    """Waits take no time, and the clock is set forward instead. Returns the seconds of each."""
    waits, clock = [], time.monotonic
    monkeypatch.setattr(time, "sleep", waits.append)
    monkeypatch.setattr(time, "monotonic", lambda: clock() + sum(waits))
    return waits


def test_only_the_deadline_limits_how_long_retries_take(service, client_of, waits):
    service.answers(429, headers={"Retry-After": "60"}).answers(503).answers(body=service.endpoint())
    assert get(client_of(service, retries=True, deadline=90.0)).id == ID
    assert [round(seconds) for seconds in waits] == [60, 0]


def test_no_retry_begins_after_the_deadline(service, client_of, waits):
    service.forever = (service.answer(429, headers={"Retry-After": "60"}),)
    with pytest.raises(TooManyRequests):
        get(client_of(service, retries=True, deadline=90.0))
    assert [round(seconds) for seconds in waits] == [60]
    assert len(service.asked) == 2


def test_a_read_timeout_is_retried_within_the_deadline(service, client_of, monkeypatch):
    monkeypatch.setattr("endpoints.azure.sending.READ_SECONDS", 0.1)
    service.says(lambda connection: connection.recv(1)).answers(body=service.endpoint())
    assert get(client_of(service, retries=True)).id == ID


def test_retries_can_be_disabled(service, client):
    service.forever = (service.answer(503),)
    with pytest.raises(ServiceFault):
        get(client)
    assert len(service.asked) == 1


def test_a_get_reuses_a_connection_and_other_methods_open_one(service, client):
    service.forever = (service.answer(200, service.endpoint()),)
    for ask in (get, get, post, patch, post, get):
        ask(client)
    numbers = [one.connection for one in service.asked]
    assert numbers == [1, 1, 2, 3, 4, 1]
    assert [one.headers.get("connection") for one in service.asked] == [None, None, "close", "close", "close", None]


def test_a_get_on_a_closed_kept_alive_connection_is_retried(service, patient):
    service.says(service.answer(200, service.endpoint()), "close")
    service.answers(body=service.endpoint())
    assert get(patient).id == get(patient).id == ID


def test_a_lost_connection_differs_from_a_refused_one(service, client):
    service.says("reset")
    with pytest.raises(ConnectionLost) as caught:
        get(client)
    assert caught.value.status is None


@pytest.mark.parametrize(("retry_after", "first"), [(None, 0.0), ("0.3", 0.3)])
@pytest.mark.parametrize(("chosen", "one", "two"), [(min, 0.12, 0.25), (max, 0.25, 0.5)])
def test_the_backoff_grows_with_each_attempt(
    service, patient, caplog, monkeypatch, retry_after, first, chosen, one, two
):
    monkeypatch.setattr("endpoints.azure.retries.random.uniform", chosen)
    headers = {"Retry-After": retry_after} if retry_after else {}
    service.forever = (service.answer(503, headers=headers),)
    with pytest.raises(ServiceFault):
        get(patient)
    waits = [vars(record)["wait"] for record in caplog.records if hasattr(record, "wait")]
    assert waits == pytest.approx([first + one, first + two], abs=0.011)
