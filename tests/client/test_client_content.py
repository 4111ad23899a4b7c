"""Recordings and transcripts: whole, resumable, and read without the key."""

import threading
import time
from contextlib import closing
from dataclasses import replace

import pytest

from endpoints.azure import (
    ConnectionLost,
    ContentChanged,
    ContentExpired,
    ForeignAddress,
    IncompleteContent,
    NotSent,
    Refused,
    ServiceFault,
    TimedOut,
    TooManyRequests,
    Unreadable,
)
from endpoints.azure.batch import Batch
from endpoints.azure.curl import Source
from endpoints.azure.network import PUBLIC
from tests.client.conftest import STORAGE, Scripted, tunnel
from tests.network import HERE


def read(client, url, **options):
    with client.open_content(url, **options) as content:
        return content, b"".join(content.chunks())


def keep(content, got):
    for chunk in content.chunks():
        got += chunk


def part(body, first, last, size, status=206, **headers):
    headers = {"Content-Range": f"bytes {first}-{last}/{size}", **headers}
    return {"status": status, "body": body, "headers": headers}


@pytest.fixture
def blob(elsewhere):
    elsewhere.blob = f"{elsewhere.url}/logs/call.wav?sig=SECRET"
    return elsewhere


def test_content_comes_whole_and_the_key_stays_at_home(blob, client):
    blob.answers(body=b"RIFF" * 1000, headers={"ETag": '"one"', "Set-Cookie": "a=b"}).answers(body=b"again")
    content, data = read(client, blob.blob)
    assert data == b"RIFF" * 1000
    assert (content.size, content.offset, content.etag) == (4000, 0, '"one"')
    read(client, blob.blob)
    for asked in blob.asked:
        assert asked.target == "/logs/call.wav?sig=SECRET"
        assert sorted(asked.headers) == ["accept", "accept-encoding", "host", "user-agent"]


def test_a_broken_transfer_goes_on_where_it_was(blob, client):
    blob.says(blob.answer(200, b"0123", {"ETag": '"one"'}, length=10), "close")
    got = bytearray()
    with client.open_content(blob.blob) as content, pytest.raises(IncompleteContent) as caught:
        keep(content, got)
    assert (caught.value.received, caught.value.promised) == (4, 10)
    blob.answers(**part(b"456789", 4, 9, 10, ETag='"one"'))
    content, rest = read(client, blob.blob, offset=len(got), etag=content.etag)
    assert got + rest == b"0123456789"
    assert (content.size, content.offset) == (10, 4)
    assert (blob.asked[1].headers["range"], blob.asked[1].headers["if-match"]) == ("bytes=4-", '"one"')


def test_a_server_without_ranges_begins_at_0_and_says_so(blob, client):
    blob.answers(body=b"0123456789")
    content, data = read(client, blob.blob, offset=4)
    assert (content.offset, content.size, data) == (0, 10, b"0123456789")


def test_nothing_is_left_to_fetch_when_all_is_there(blob, client):
    blob.answers(416, headers={"Content-Range": "bytes */10"})
    content, data = read(client, blob.blob, offset=10, etag='"one"')
    assert (content.offset, content.size, content.etag, data) == (10, 10, '"one"', b"")


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 412},
        {"status": 416, "headers": {"Content-Range": "bytes */3"}},
        {"status": 416},
        {"body": b"0123456789", "headers": {"ETag": '"two"'}},
        part(b"456789", 4, 9, 10, ETag='"two"'),
    ],
    ids=str,
)
def test_other_content_than_before_is_noticed(blob, client, answer):
    blob.answers(**answer)
    with pytest.raises(ContentChanged):
        read(client, blob.blob, offset=4, etag='"one"')


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_an_address_that_expired_asks_for_a_new_one(blob, client, status):
    blob.answers(status, b"<?xml?><Error>AuthenticationFailed</Error>")
    with pytest.raises(ContentExpired):
        read(client, blob.blob)


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 302, "headers": {"Location": "https://example.com/"}},
        {"body": b"x", "headers": {"Content-Encoding": "gzip"}},
        {"status": 206, "body": b"x"},
        {"status": 400, "body": b"<html>"},
        part(b"56789", 5, 9, 10),
        part(b"4", 4, 4, 10),
        part(b"", 4, 3, 10),
        {"status": 206, "body": b"x", "headers": {"Content-Range": "bytes a-b/c"}},
    ],
    ids=str,
)
def test_an_answer_that_is_not_what_was_asked_is_unreadable(blob, client, answer):
    blob.answers(**answer)
    with pytest.raises(Unreadable):
        read(client, blob.blob, offset=4)


def test_storage_names_its_own_errors(blob, client):
    blob.answers(400, headers={"x-ms-error-code": "InvalidQueryParameterValue"})
    with pytest.raises(Refused) as caught:
        read(client, blob.blob)
    assert caught.value.code == "InvalidQueryParameterValue"


@pytest.mark.parametrize(("status", "error"), [(429, TooManyRequests), (503, ServiceFault)])
def test_storage_may_be_busy(blob, client, status, error):
    blob.answers(status, headers={"Retry-After": "9"})
    with pytest.raises(error) as caught:
        read(client, blob.blob)
    assert caught.value.retry_after == 9.0


@pytest.mark.parametrize("ending", ["close", "reset"])
@pytest.mark.parametrize(
    "head", [b"Content-Length: 10\r\n\r\n0123", b"Transfer-Encoding: chunked\r\n\r\n4\r\n0123\r\n"]
)
def test_a_transfer_that_ends_early_is_incomplete(blob, client, head, ending):
    blob.says(b"HTTP/1.1 200 OK\r\n" + head, ending)
    with pytest.raises(IncompleteContent):
        read(client, blob.blob)


def test_fewer_bytes_than_the_range_promised_are_incomplete(blob, client):
    blob.answers(**part(b"45", 4, 9, 10))
    with pytest.raises(IncompleteContent) as caught:
        read(client, blob.blob, offset=4)
    assert (caught.value.received, caught.value.promised) == (2, 6)


def test_content_of_unknown_length_is_taken_as_it_comes(blob, client):
    blob.says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
    content, data = read(client, blob.blob)
    assert (content.size, data) == (None, b"abc")


def test_a_silence_ends_a_transfer(blob, client, monkeypatch):
    monkeypatch.setattr("endpoints.azure.batch.READ_SECONDS", 0.1)
    blob.says(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0", lambda connection: connection.recv(1))
    with pytest.raises(TimedOut):
        read(client, blob.blob)


def test_a_transfer_may_have_a_deadline(blob, client):
    def drip(connection):
        for _ in range(200):
            connection.sendall(b"x")
            time.sleep(0.02)

    blob.says(b"HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n", drip)
    begun = time.monotonic()
    with pytest.raises(TimedOut):
        read(client, blob.blob, deadline=0.3)
    assert time.monotonic() - begun < 2


def test_opening_is_asked_again(blob, client_of, service):
    blob.answers(503).says("close").answers(body=b"abc")
    assert read(client_of(service, retries=True), blob.blob)[1] == b"abc"


def test_after_a_silence_before_the_answer_it_is_asked_again(blob, client_of, service, monkeypatch):
    monkeypatch.setattr("endpoints.azure.batch.OPEN_SECONDS", 0.1)
    monkeypatch.setattr("endpoints.azure.batch.READ_SECONDS", 3600)
    blob.says(lambda connection: connection.recv(1)).answers(body=b"abc")
    assert read(client_of(service, retries=True), blob.blob)[1] == b"abc"
    assert blob.connections == 2


def test_a_reader_that_leaves_early_leaves_nothing_open(blob, client):
    rest = []

    def flood(connection):
        connection.sendall(b"x" * 50_000_000)
        rest.append("all was read")

    blob.says(b"HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n", flood)
    with client.open_content(blob.blob) as content:
        next(content.chunks())
    blob.answers(body=b"next")
    assert read(client, blob.blob)[1] == b"next"
    assert not rest


def test_a_large_transfer_needs_little_memory(blob, client):
    import tracemalloc

    blob.says(b"HTTP/1.1 200 OK\r\nContent-Length: 30000000\r\n\r\n", lambda one: one.sendall(bytes(30_000_000)))
    with client.open_content(blob.blob) as content:
        chunks = content.chunks()
        next(chunks)
        tracemalloc.start()
        total = sum(len(chunk) for chunk in chunks)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert total > 29_000_000
    assert peak < 2_000_000


@pytest.mark.parametrize(
    "url",
    [
        "http://storage.example/x",
        "http://10.0.0.1/x",
        "ftp://127.0.0.1/x",
        "file:///etc/passwd",
        "",
        "/x",
        "//127.0.0.1/x",
        "http://a:b@127.0.0.1/x",
        "https://a@storage.example/x",
        "http://127.0.0.1.example.com/",
        "http://[::1",
    ],
)
def test_some_addresses_are_not_for_reading(client, url):
    with pytest.raises(ForeignAddress) as caught, client.open_content(url):
        pass
    assert "example" not in str(caught.value)


def test_this_machine_is_not_for_reading_when_the_resource_is_elsewhere(client_of, blob):
    client = client_of("https://eastus.api.cognitive.microsoft.com")
    with pytest.raises(ForeignAddress), client.open_content(blob.blob):
        pass
    assert not blob.asked


def test_certificates_of_storage_are_verified(self_signed, client):
    with pytest.raises(NotSent, match="certificate"), client.open_content(f"{self_signed.url}/x?sig=SECRET"):
        pass


def test_a_name_that_leads_to_an_address_that_is_not_allowed_is_not_connected_to(blob, client_of, service):
    with pytest.raises(ForeignAddress, match="private network"):
        read(client_of(service, network=PUBLIC), blob.blob)
    assert blob.connections == 0


def test_proxies_of_the_environment_are_not_used(blob, client, monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    blob.answers(body=b"abc").answers(body=b"abc")
    assert read(client, blob.blob)[1] == b"abc"
    assert many(client, blob.blob) == [(b"abc", None)]


def test_what_the_caller_does_between_two_reads_is_no_silence_of_the_server(blob, client, monkeypatch):
    there = threading.Event()
    monkeypatch.setattr("endpoints.azure.batch.READ_SECONDS", 0.9)
    blob.says(blob.answer(200, b"0123", length=8), lambda one: there.wait(5), b"4567")
    with closing(client.batch(1, enough=1)) as batch:
        batch.begin(got := Got(1), blob.blob)
        while not got.data:
            assert batch.work(5) == []
        assert batch.work(0) == []  # nothing more has come
        later = time.monotonic() + 1
        monkeypatch.setattr(time, "monotonic", lambda: later)
        assert batch.work(0) == []
        there.set()
        while not (ended := batch.work(5)):
            pass
    assert (ended, got.data) == ([(got, None)], b"01234567")


def test_an_etag_of_any_bytes_is_given_back_as_it_came(blob, client):
    blob.says('HTTP/1.1 200 OK\r\nETag: "né"\r\nContent-Length: 4\r\n\r\n0123'.encode("latin-1"))
    content, _data = read(client, blob.blob)
    blob.answers(**part(b"3", 3, 3, 4))
    assert read(client, blob.blob, offset=3, etag=content.etag)[1] == b"3"
    assert blob.asked[1].headers["if-match"] == '"né"'


def test_a_header_with_bare_line_feeds_ends_where_it_ends(blob, client):
    blob.says(b"HTTP/1.1 200 OK\nContent-Length: 4\n\n0123")
    content, data = read(client, blob.blob)
    assert (content.size, data) == (4, b"0123")


@pytest.fixture
def proxy(self_signed):
    """A proxy that leads each CONNECT to that server, whatever name is asked for."""
    server = Scripted()
    server.says(tunnel(server, self_signed.port), "close")
    yield server
    server.close()


def test_a_proxy_that_is_set_is_used_and_its_own_answer_is_not_the_contents(
    proxy, self_signed, certificate, client_of, service, monkeypatch
):
    monkeypatch.setenv("no_proxy", STORAGE)
    self_signed.answers(body=b"abc", headers={"ETag": '"one"'})
    client = client_of(service, network=replace(HERE, ca_file=str(certificate), proxy=proxy.url))
    content, data = read(client, f"https://{STORAGE}/x?sig=SECRET")
    assert (content.size, content.etag, data) == (3, '"one"', b"abc")
    assert [asked.method for asked in proxy.asked] == ["CONNECT"]


def test_headers_without_end_are_no_answer(blob, client):
    blob.says(b"HTTP/1.1 200 OK\r\n" + b"X-More: %s\r\n" % (b"x" * 1000) * 100 + b"Content-Length: 0\r\n\r\n")
    with pytest.raises(ConnectionLost):
        read(client, blob.blob)


def test_an_offset_is_not_negative(client):
    with pytest.raises(ValueError, match="offset"), client.open_content("https://storage.example/", offset=-1):
        pass


def test_a_lost_connection_before_the_answer_is_named_so(blob, client):
    blob.says("close")
    with pytest.raises(ConnectionLost):
        read(client, blob.blob)


class Got:
    """Receives one content."""

    def __init__(self, number):
        self.number, self.data, self.content = number, b"", None

    def begun(self, content):
        self.content = content

    def received(self, data):
        self.data += data


def many(client, *urls, at_once=2):
    with closing(client.batch(at_once)) as batch:
        return ended(batch, *urls)


def ended(batch, *urls):
    """What comes of each: its bytes, and the kind of error that ended it early."""
    found = {}
    for number, url in enumerate(urls):
        batch.begin(Got(number), url)
    while batch.busy:
        for got, error in batch.work(5):
            found[got.number] = (got.data, error and type(error))
    return [found[number] for number in range(len(urls))]


def test_many_small_contents_come_over_few_connections_without_the_key(blob, client):
    for number in range(6):
        blob.answers(body=b"%d" % number * 50)
    found = many(client, *[f"{blob.blob}&n={number}" for number in range(6)], at_once=1)
    assert found == [(b"%d" % number * 50, None) for number in range(6)]
    assert blob.connections == 1
    for number, asked in enumerate(blob.asked):
        assert asked.target == f"/logs/call.wav?sig=SECRET&n={number}"
        assert sorted(asked.headers) == ["accept", "accept-encoding", "host", "user-agent"]


@pytest.mark.parametrize(
    ("said", "data", "error"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123", b"0123", IncompleteContent),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Encoding: gzip\r\n\r\n0123", b"", Unreadable),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n0123\r\n0\r\n\r\n", b"0123", None),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n0123\r\n", b"0123", IncompleteContent),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\n01234", b"", ConnectionLost),
        (b"HTTP/1.1 200 OK\r\n\r\n0123", b"0123", None),
        (b"HTTP/1.1 100 Continue\r\nContent-Length: 0\r\n\r\n", b"", ConnectionLost),
        (b"HTTP/1.1 404 Gone\r\nContent-Length: 0\r\n\r\n", b"", ContentExpired),
        (b"HTTP/1.1 206 Partial\r\nContent-Length: 4\r\n\r\n0123", b"", Unreadable),
        (b"SSH-2.0\r\n\r\n", b"", ConnectionLost),
        (b"x" * 20_000, b"", ConnectionLost),
        (b"", b"", ConnectionLost),
    ],
    ids=str,
)
def test_what_is_not_whole_and_plain_is_an_error(blob, client, said, data, error):
    blob.says(said, "close")
    assert many(client, blob.blob) == [(data, error)]


def test_what_follows_an_answer_unasked_is_no_part_of_it(blob, client):
    blob.says(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n0123HTTP/1.1 200 OK\r\n")
    blob.answers(body=b"next")
    assert many(client, blob.blob, blob.blob, at_once=1) == [(b"0123", None), (b"next", None)]
    assert blob.connections == 2


def test_many_contents_come_from_nowhere_that_a_single_one_does_not(client, blob, client_of):
    refused = (b"", ForeignAddress)
    assert many(client, "http://10.0.0.1/x", "file:///etc/passwd") == [refused, refused]
    elsewhere = client_of("https://eastus.api.cognitive.microsoft.com")
    assert many(elsewhere, blob.blob) == [refused]
    assert not blob.asked


def test_many_contents_come_over_tls_as_well(self_signed, certificate, client_of):
    data = bytes(range(256)) * 1000
    self_signed.answers(body=data).answers(body=b"next")
    with closing(batch_of(replace(HERE, ca_file=str(certificate)))) as batch:
        assert ended(batch, f"{self_signed.url}/a", f"{self_signed.url}/b") == [(data, None), (b"next", None)]
    assert self_signed.connections == 1


def batch_of(network):
    return Batch(network, Source, lambda answer: ConnectionLost(str(answer.status), operation="content"), 1)


def test_a_request_is_sent_as_soon_as_it_is_begun(blob):
    came = threading.Event()
    blob.says(blob.answer(200, b"abc")).says(lambda _one: came.set(), blob.answer(200, b"def"))
    with closing(batch_of(HERE)) as batch:
        assert ended(batch, blob.blob) == [(b"abc", None)]
        batch.begin(Got(2), blob.blob)  # over the connection that is open now
        assert came.wait(5)


def test_the_next_request_is_sent_before_the_caller_has_stored_what_came(blob):
    came = threading.Event()
    blob.says(blob.answer(200, b"abc")).says(lambda _one: came.set(), blob.answer(200, b"def"))
    with closing(batch_of(HERE)) as batch:
        batch.begin(Got(1), blob.blob)
        batch.begin(Got(2), blob.blob)
        while not batch.work(5):
            pass
        assert came.wait(5)


def test_those_that_have_not_begun_can_be_forgotten(blob):
    blob.answers(body=b"abc")
    with closing(batch_of(HERE)) as batch:
        for number in range(3):
            batch.begin(Got(number), blob.blob)
        assert [got.number for got in batch.forget()] == [1, 2]
        ended = next(filter(None, (list(batch.work(5)) for _time in range(9))))
        assert [got.data for got, _error in ended] == [b"abc"]
        assert not batch.busy
    assert len(blob.asked) == 1


def test_a_failure_is_told_once_after_a_long_silence(blob, client, monkeypatch):
    monkeypatch.setattr("endpoints.azure.batch.OPEN_SECONDS", -1.0)
    blob.close()
    assert many(client, blob.blob) == [(b"", NotSent)]


def test_what_a_receiver_raises_ends_its_transfer_alone(blob, client):
    class Refusing(Got):
        def begun(self, content):
            raise OSError("no room")

    blob.answers(body=b"abc").answers(body=b"def")
    with closing(client.batch(1)) as batch:
        batch.begin(Refusing(1), blob.blob)
        batch.begin(Got(2), blob.blob)
        found = []
        while batch.busy:
            found += [(got.number, got.data, str(error or "")) for got, error in batch.work(5)]
    assert found == [(1, b"", "no room"), (2, b"def", "")]
