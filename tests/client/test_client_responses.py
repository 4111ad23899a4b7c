"""How the client interprets each response, without retries."""

import gzip
import json
import time

import pytest

from endpoints.azure import (
    Conflict,
    ConnectionLost,
    Endpoint,
    EndpointCreate,
    EndpointUpdate,
    EntityError,
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

CREATE = EndpointCreate("Call center", "en-US", "5d7c0e3a-91b4-4b52-8f0e-6f1d2c3b4a22")
ID = "8a3b1b8e-0b7d-4f57-9c8e-2d1f0a6b7c11"


def test_an_endpoint_is_parsed(service, client):
    service.answers(
        body=service.endpoint(
            description="Calls",
            model={"self": f"https://elsewhere.example/speechtotext/v3.2/models/base/{ID}"},
            project={"self": f"https://elsewhere.example/speechtotext/v3.2/projects/{ID}?api-version=later"},
            customProperties={"team": "support"},
            lastActionDateTime="2024-05-01T12:00:00+02:00",
            links={"logs": "https://elsewhere.example/logs", "restDictation": None},
            properties={
                "loggingEnabled": True,
                "timeToLive": "P1D",
                "error": {"code": "Busy", "message": "Too bad"},
            },
        ),
        headers={"Retry-After": "7"},
    )
    found = client.get_endpoint(ID)
    assert (found.id, found.display_name, found.description, found.status) == (ID, "Call center", "Calls", "Succeeded")
    assert (found.model_id, found.model_kind, found.project_id) == (ID, "base", ID)
    assert (found.logging_enabled, found.time_to_live, found.custom_properties) == (True, "P1D", {"team": "support"})
    assert (found.error.code, found.error.message, found.retry_after) == ("Busy", "Too bad", 7.0)
    assert found.last_action.isoformat() == "2024-05-01T10:00:00+00:00" == found.created.isoformat()
    assert found.links == {"logs": "https://elsewhere.example/logs"}


def test_optional_properties_may_be_missing_or_null(service, client):
    names = ("description", "status", "model", "project", "customProperties", "createdDateTime", "links", "properties")
    service.answers(body=service.endpoint(**dict.fromkeys(names)))
    service.answers(body=service.endpoint(status=..., model=..., properties=..., createdDateTime=...))
    for _ in range(2):
        found = client.get_endpoint(ID)
        assert (found.description, found.status, found.model_id, found.model_kind) == ("", "", None, None)
        assert (found.custom_properties, found.links, found.created, found.retry_after) == ({}, {}, None, None)


def test_unknown_properties_and_values_are_accepted(service, client):
    service.answers(body=service.endpoint(status="Hibernating", mood={"deep": [1, None]}))
    assert client.get_endpoint(ID).status == "Hibernating"


@pytest.mark.parametrize("value", [..., None, 5, ["a"], "", "https://h.example/endpoints/a"])
def test_an_entity_without_its_id_is_unreadable(service, client, value):
    service.answers(body=service.endpoint(self=value))
    with pytest.raises(Unreadable):
        client.get_endpoint(ID)


@pytest.mark.parametrize("value", [..., None, ["a"], {}])
def test_an_entity_without_name_and_locale_is_read_and_says_so(service, client, value):
    service.answers(body=service.endpoint(displayName=value, locale=value))
    found = client.get_endpoint(ID)
    assert (found.display_name, found.locale) == (ID, "")
    assert found.unread == {"display_name", "locale"}


@pytest.mark.parametrize("value", [..., None])
def test_what_every_endpoint_has_and_this_one_has_not_is_named(service, client, value):
    service.answers(body=service.endpoint(status=value, model=value, properties=value))
    found = client.get_endpoint(ID)
    assert (found.status, found.model_id, found.logging_enabled) == ("", None, False)
    assert found.unread == {"status", "model_id", "logging_enabled"}


def test_an_endpoint_whose_properties_have_no_flag_does_not_log(service, client):
    service.answers(body=service.endpoint(properties={}))
    found = client.get_endpoint(ID)
    assert (found.logging_enabled, found.unread) == (False, set())


def test_an_id_is_read_in_lower_case(service, client):
    upper = f"https://EastUS.api.cognitive.microsoft.com/SpeechToText/v3.2/Endpoints/{ID.upper()}?api-version=3.2"
    model = {"self": upper.replace("Endpoints", "models/Base")}
    service.answers(body=service.endpoint(self=upper, model=model))
    found = client.get_endpoint(ID)
    assert (found.id, found.model_id, found.model_kind) == (ID, ID, "base")


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"displayName": 5}, "display_name", "5"),
        ({"description": True}, "description", "true"),
        ({"description": "a\0b\ud800c"}, "description", "a\ufffdb\ufffdc"),
        ({"customProperties": {"a": 1, "b": None, "c": [], "d": "x"}}, "custom_properties", {"a": "1", "d": "x"}),
        ({"links": {"logs": {"self": "x"}, "webSocket": "wss://h"}}, "links", {"webSocket": "wss://h"}),
        ({"properties": {"loggingEnabled": "true"}}, "logging_enabled", True),
        ({"properties": {"loggingEnabled": "False", "contentLoggingEnabled": 1}}, "logging_enabled", True),
        ({"properties": {"error": "It is lost."}}, "error", EntityError("", "It is lost.")),
        ({"model": f"https://h.example/models/{ID}"}, "model_id", ID),
    ],
    ids=ascii,
)
def test_a_value_of_another_type_is_converted(service, client, changes, field, value):
    service.answers(body=service.endpoint(**changes))
    found = client.get_endpoint(ID)
    assert getattr(found, field) == value
    assert not found.unread


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"status": ["Succeeded"]}, ["status"]),
        ({"status": "x" * 41}, ["status"]),
        ({"model": []}, ["model_id"]),
        ({"model": {"self": 5}}, ["model_id"]),
        ({"project": {"self": "https://h.example/projects/none"}}, ["project_id"]),
        ({"customProperties": 1}, ["custom_properties"]),
        ({"properties": {"loggingEnabled": "perhaps"}}, ["logging_enabled"]),
        ({"properties": 7}, ["error", "logging_enabled", "time_to_live"]),
        ({"links": 1, "createdDateTime": 20240501, "lastActionDateTime": "soon"}, ["created", "last_action", "links"]),
    ],
    ids=str,
)
def test_a_value_that_cannot_be_converted_is_named(service, client, changes, fields):
    service.answers(body=service.endpoint(**changes))
    found = client.get_endpoint(ID)
    assert (found.id, sorted(found.unread)) == (ID, fields)


def test_numbers_that_are_larger_than_any_are_not_an_error(service, client):
    text = json.dumps(service.endpoint()).replace('"Call center"', "1e999")
    service.answers(body=text.encode()).answers(body=text.replace("1e999", "9" * 5000).encode())
    for _ in range(2):
        assert client.get_endpoint(ID).display_name == ID


@pytest.mark.parametrize(
    ("properties", "size", "milliseconds"),
    [
        ({"size": "2048", "duration": "PT1S"}, 2048, 1000),
        ({"size": 2048.0, "duration": 12.5}, 2048, None),
        ({"size": -1, "durationMilliseconds": 12.5}, None, 12),
        ({"size": True, "durationMilliseconds": "900"}, None, 900),
        ({"size": 10**30, "duration": "P999999999D"}, None, None),
        ("none", None, None),
    ],
    ids=str,
)
def test_the_size_and_duration_of_a_log_may_have_another_type(service, client, properties, size, milliseconds):
    service.answers(body={"self": f"{service.url}/logs/a.wav", "properties": properties})
    found = client.get_log(ID, "a.wav")
    assert (found.id, found.size, found.milliseconds) == ("a.wav", size, milliseconds)


BAD_BODIES = {
    "nothing": b"",
    "html": b"<!doctype html><title>Sign in</title>",
    "null": b"null",
    "a list": b"[]",
    "truncated": b'{"self": "http://x/endpoints/',
    "NaN": b'{"self": NaN, "displayName": "a", "locale": "b"}',
    "infinite": b'{"self": "a", "displayName": "a", "locale": "b", "x": Infinity}',
    "not utf-8": b'{"self": "\xff\xfe"}',
    "lone surrogate": b'{"self": "\\ud800"}',
    "deep": b"[" * 200_000,
    "deep inside": b'{"extra": ' + b'{"a":' * 200_000,
    "utf-16": '{"self": "a"}'.encode("utf-16"),
}


@pytest.mark.parametrize("name", BAD_BODIES)
def test_a_body_that_does_not_follow_the_contract_is_unreadable(service, client, name):
    service.answers(body=BAD_BODIES[name])
    with pytest.raises(Unreadable) as caught:
        client.get_endpoint(ID)
    assert caught.value.operation == "Endpoints_Get"
    assert caught.value.status == 200


def test_a_byte_order_mark_is_ignored_and_the_last_of_two_equal_keys_counts(service, client):
    text = b'\xef\xbb\xbf{"self":"http://h/a/8a3b1b8e-0b7d-4f57-9c8e-2d1f0a6b7c11","displayName":"one","locale":"en-US","displayName":"two"}'
    service.answers(body=text)
    assert client.get_endpoint(ID).display_name == "two"


def test_a_body_above_8_mb_is_not_read_to_its_end(service, client):
    sent = []

    def flood(connection):
        for _ in range(50):
            connection.sendall(b" " * 1_000_000)
            sent.append(1)

    service.says(b"HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n", flood)
    with pytest.raises(Unreadable, match="8 MB"):
        client.get_endpoint(ID)
    assert len(sent) < 40


def test_endless_chunks_end_at_8_mb(service, client):
    def endless(connection):
        while True:
            connection.sendall(b"100000\r\n" + b" " * 0x100000 + b"\r\n")

    service.says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", endless)
    with pytest.raises(Unreadable, match="8 MB"):
        client.get_endpoint(ID)


def test_compression_is_neither_requested_nor_accepted(service, client):
    bomb = gzip.compress(b" " * 50_000_000)
    service.answers(body=bomb, headers={"Content-Encoding": "gzip"})
    with pytest.raises(Unreadable, match="compressed"):
        client.get_endpoint(ID)
    assert service.asked[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
def test_a_redirect_is_not_followed(service, elsewhere, client, status):
    service.answers(status, headers={"Location": f"{elsewhere.url}/speechtotext/v3.2/endpoints/{ID}"})
    with pytest.raises(Unreadable):
        client.get_endpoint(ID)
    assert not elsewhere.asked


BARE = {"code": "InvalidArgument", "message": "No.", "target": "model", "innerError": {"code": "InvalidModel"}}


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Refused),
        (401, Unauthorized),
        (403, Forbidden),
        (404, NotFound),
        (409, Conflict),
        (415, Refused),
        (422, Refused),
    ],
)
@pytest.mark.parametrize("body", [BARE, {"error": BARE}], ids=["bare", "wrapped"])
def test_both_formats_of_errors_are_parsed(service, client, status, kind, body):
    service.answers(status, body)
    with pytest.raises(Refused) as caught:
        client.update_endpoint(ID, EndpointUpdate(display_name="n"))
    error = caught.value
    assert type(error) is kind
    assert (error.status, error.code, error.inner_code, error.target) == (
        status,
        "InvalidArgument",
        "InvalidModel",
        "model",
    )
    assert error.message == "No." in str(error)
    assert error.operation == "Endpoints_Update"
    assert error.gateway == ("error" in body)
    assert not isinstance(error, OutcomeUnknown)


def test_the_error_of_the_gateway_for_a_wrong_key_is_unauthorized(service, client):
    service.answers(401, {"error": {"code": "401", "message": "Access denied due to invalid subscription key."}})
    with pytest.raises(Unauthorized, match="Access denied"):
        client.get_endpoint(ID)


@pytest.mark.parametrize(
    "body", [b"", b"<html>blocked by the proxy</html>", b"{}", b"[]", {"error": None}, {"code": None}]
)
def test_an_error_in_an_unknown_format_leaves_the_outcome_unknown(service, client, body):
    service.answers(403, body)
    with pytest.raises(Unreadable) as caught:
        client.create_endpoint(CREATE)
    assert caught.value.status == 403


def test_unknown_error_codes_are_accepted(service, client):
    service.answers(400, {"code": "Tired", "message": "Later", "innerError": {"code": "VeryTired", "innerError": 5}})
    with pytest.raises(Refused) as caught:
        client.get_endpoint(ID)
    assert (caught.value.code, caught.value.inner_code) == ("Tired", "VeryTired")


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 599])
@pytest.mark.parametrize("body", [b"", b"<html>", {"code": "InternalServerError", "message": "Oops"}], ids=repr)
def test_a_service_fault_leaves_the_outcome_unknown(service, client, status, body):
    service.answers(status, body, headers={"Retry-After": "3"})
    with pytest.raises(ServiceFault) as caught:
        client.create_endpoint(CREATE)
    assert (caught.value.status, caught.value.retry_after) == (status, 3.0)
    assert isinstance(caught.value, OutcomeUnknown)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("5", 5.0),
        ("0", 0.0),
        ("86400", 86400.0),
        ("-5", 0.0),
        ("1.5", 1.5),
        ("Wed, 01 May 2024 10:00:30 GMT", 30.0),
        ("Wed, 01 May 2024 09:00:00 GMT", 0.0),
        ("Wed, 99 Foo 2024", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("9" * 400, None),
        ("\u0665", None),
        ("", None),
        (None, None),
    ],
)
def test_a_429_has_the_time_of_its_retry_after(service, client, value, seconds):
    headers = {"Date": "Wed, 01 May 2024 10:00:00 GMT"} | ({} if value is None else {"Retry-After": value})
    answer = (
        "HTTP/1.1 429 Slow\r\nContent-Length: 0\r\n" + "".join(f"{n}: {v}\r\n" for n, v in headers.items()) + "\r\n"
    )
    service.says(answer.encode())
    with pytest.raises(TooManyRequests) as caught:
        client.create_endpoint(CREATE)
    assert caught.value.retry_after == seconds
    assert not isinstance(caught.value, OutcomeUnknown)


@pytest.mark.parametrize(
    "script",
    [
        ("close",),
        ("reset",),
        (b"HTTP/1.1 20", "close"),
        (b"HTTP/1.1 200 OK\r\nContent-Le", "reset"),
        (b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"self":', "close"),
        (b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"self":', "reset"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc", "close"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n",),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", "close"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 300_000 + b"\r\n\r\n", "close"),
    ],
)
def test_a_connection_lost_in_the_middle_leaves_the_outcome_unknown(service, client, script):
    service.says(*script)
    with pytest.raises(ConnectionLost):
        client.create_endpoint(CREATE)
    assert len(service.asked) == 1


def drip(connection):
    for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\nX-Filling: " + b"a" * 400:
        connection.sendall(bytes([byte]))
        time.sleep(0.02)


def drip_body(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")
    for _ in range(400):
        connection.sendall(b" ")
        time.sleep(0.02)


@pytest.mark.parametrize(
    "answer", [drip, drip_body, lambda connection: connection.recv(1)], ids=["headers", "body", "silence"]
)
def test_the_deadline_holds_for_a_dripping_response(service, client_of, answer):
    service.says(answer)
    begun = time.monotonic()
    with pytest.raises(TimedOut):
        client_of(service, deadline=0.3).create_endpoint(CREATE)
    assert time.monotonic() - begun < 2


def test_no_response_is_not_a_refused_connection(client_of, service):
    port = service.port
    service.close()
    with pytest.raises(NotSent):
        client_of(f"http://127.0.0.1:{port}").create_endpoint(CREATE)


@pytest.mark.parametrize("host", ["nowhere.invalid", "a..b", "a" * 70 + ".example"])
def test_a_failed_name_lookup_is_not_sent(client_of, host):
    with pytest.raises((NotSent, ValueError)):
        client_of(f"https://{host}").create_endpoint(CREATE)


def test_an_untrusted_certificate_is_not_sent(self_signed, client_of):
    self_signed.forever = (self_signed.answer(200, self_signed.endpoint()),)
    with pytest.raises(NotSent, match="certificate"):
        client_of(self_signed).get_endpoint(ID)
    assert not self_signed.asked


def test_a_transport_can_trust_a_private_certificate_authority(self_signed, trusting, client_of):
    self_signed.answers(body=self_signed.endpoint()).answers(201, self_signed.endpoint())
    client = client_of(self_signed, transport=trusting)
    assert client.get_endpoint(ID).id == client.create_endpoint(CREATE).id == ID


def test_the_deadline_holds_with_tls(self_signed, trusting, client_of):
    self_signed.says(drip)
    begun = time.monotonic()
    with pytest.raises(TimedOut):
        client_of(self_signed, transport=trusting, deadline=0.3).get_endpoint(ID)
    assert time.monotonic() - begun < 2


def test_a_server_without_tls_is_not_sent(service, client_of):
    with pytest.raises(NotSent):
        client_of(f"https://127.0.0.1:{service.port}", deadline=0.3).create_endpoint(CREATE)


def test_a_create_with_an_unreadable_body_is_fetched_by_its_location(service, client):
    where = {"Location": f"{service.url}/speechtotext/v3.2/endpoints/{ID}"}
    for spoiled in (service.answer(201, b"<html>", where), service.answer(201, b"{", where, length=900)):
        service.says(spoiled, "close")
        service.answers(body=service.endpoint())
        made = client.create_endpoint(CREATE)
        assert isinstance(made, Endpoint)
        assert made.id == ID
    assert [one.method for one in service.asked] == ["POST", "GET"] * 2


@pytest.mark.parametrize("location", [None, "/nowhere", "http://[", "/%2e%2e"])
def test_a_create_with_unreadable_body_and_location_is_unreadable(service, client, location):
    service.answers(201, b"<html>", {"Location": location} if location else {})
    with pytest.raises(Unreadable) as caught:
        client.create_endpoint(CREATE)
    assert caught.value.status == 201


@pytest.mark.parametrize("header", ["Location", "Operation-Location"])
def test_a_location_on_another_host_is_fetched_from_our_own(service, elsewhere, client, header):
    location = f"{elsewhere.url}/speechtotext/v3.2/endpoints/{ID}"
    service.answers(201, b"<html>", {header: location}).answers(body=service.endpoint())
    assert client.create_endpoint(CREATE).id == ID
    assert not elsewhere.asked


def test_a_create_whose_location_cannot_be_fetched_is_unreadable(service, client):
    service.answers(201, b"", {"Location": f"/speechtotext/v3.2/endpoints/{ID}"}).answers(500)
    with pytest.raises(Unreadable):
        client.create_endpoint(CREATE)


@pytest.mark.parametrize(("status", "body"), [(204, b""), (404, {"code": "NotFound", "message": "Removed"})])
def test_204_and_404_both_mean_deleted(service, client, status, body):
    service.answers(status, body)
    assert client.delete_endpoint(ID) is None


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"{}"),
        (404, b""),
        (404, b"<html>no such page</html>"),
        (404, {"error": {"code": "404", "message": "No resource"}}),
        (404, {"error": {"code": "NotFound", "message": "No resource"}}),
        (404, {"statusCode": 404, "message": "Resource not found"}),
        (404, {"message": "Resource not found"}),
        (404, {"code": "InvalidRequest", "message": "What?"}),
    ],
)
def test_a_404_of_the_gateway_does_not_mean_deleted(service, client, status, body):
    service.answers(status, body)
    with pytest.raises((Unreadable, NotFound)):
        client.delete_endpoint(ID)


@pytest.mark.parametrize(
    ("body", "code", "message", "sentence"),
    [
        ({"code": "Down", "message": "Oops."}, "Down", "Oops.", "The service failed (503): Oops."),
        ({"code": "Down", "message": ""}, "Down", "", "The service failed (503)."),
        (b"", "", "", "The service failed (503)."),
    ],
)
def test_a_service_fault_says_what_the_service_said(service, client, body, code, message, sentence):
    service.answers(503, body)
    with pytest.raises(ServiceFault) as caught:
        client.get_endpoint(ID)
    assert (str(caught.value), caught.value.code, caught.value.message) == (sentence, code, message)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (BARE, "The service rejected the request: No. (InvalidModel, 400)"),
        ({"code": "Tired", "message": "Later."}, "The service rejected the request: Later. (Tired, 400)"),
        ({"code": "Tired", "message": ""}, "The service rejected the request (Tired, 400)."),
    ],
)
def test_a_refusal_says_why_and_which_code(service, client, body, sentence):
    service.answers(400, body)
    with pytest.raises(Refused) as caught:
        client.get_endpoint(ID)
    assert str(caught.value) == sentence
    assert caught.value.operation == "Endpoints_Get"


@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (
            401,
            {"error": {"code": "401", "message": "Wrong key."}},
            "The service rejected the request: Wrong key. (401)",
        ),
        (
            404,
            {"error": {"code": 404, "message": "No resource."}},
            "The service rejected the request: No resource. (404)",
        ),
        (
            403,
            {"error": {"code": "401", "message": "Wrong key."}},
            "The service rejected the request: Wrong key. (401, 403)",
        ),
    ],
)
def test_a_code_that_equals_the_status_is_said_once(service, client, status, body, sentence):
    service.answers(status, body)
    with pytest.raises(Refused) as caught:
        client.update_endpoint(ID, EndpointUpdate(display_name="n"))
    assert str(caught.value) == sentence


def test_a_response_that_cannot_be_parsed_says_its_status(service, client):
    service.answers(302, headers={"Location": "http://elsewhere.example/"})
    with pytest.raises(Unreadable) as caught:
        client.get_endpoint(ID)
    assert str(caught.value) == (
        "The service sent an unexpected response (302): it's a redirect, and redirects aren't followed."
    )


def test_a_body_of_exactly_8_mb_is_read(service, client):
    text = json.dumps(service.endpoint()).encode()
    service.answers(body=text + b" " * (8 * 1024 * 1024 - len(text)))
    assert client.get_endpoint(ID).id == ID
    service.answers(body=text + b" " * (8 * 1024 * 1024 - len(text) + 1))
    with pytest.raises(Unreadable, match="8 MB"):
        client.get_endpoint(ID)
