"""Clients that send half of a request, or nothing, stop nobody else: real sockets to the real server."""

import os
import signal
import socket
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from speechstudio import whole_requests
from speechstudio.demo.processes import accepts, free_port, web
from tests import prepared
from tests.demo import PLAIN, ROOT, environment, until

MANY = 100  # fewer than two workers have threads to receive requests, many more than they have for pages
TOO_MANY = 300  # more than that
HEAD = b"POST /sign-in/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
HALVES = {
    "nothing": b"",
    "half a head": b"GET /endpoints/ HTTP/1.1\r\nHost: 127.0",
    "half a body": HEAD + b"Content-Length: 1000\r\n\r\nusername=",
    "half a chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n100\r\nusername=",
    "no last chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\nu\r\n",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    yield from running(tmp_path_factory)


@pytest.fixture(scope="module")
def idle(tmp_path_factory):
    """Another server, which has nothing left to do from other tests: then it would wait for less long."""
    yield from running(tmp_path_factory)


def running(tmp_path_factory):
    """Two workers, as Docker Compose starts them."""
    var = prepared.fill(tmp_path_factory.mktemp("var"))
    env = environment(var, BROKER_URL="redis://127.0.0.1:1/0")
    port = free_port()
    with (var / "web.log").open("wb") as log:
        process = subprocess.Popen(web(port, "--workers", "2"), cwd=ROOT, env=env, stdout=log, stderr=log)
    try:
        until(lambda: accepts(("127.0.0.1", port)))
        until(lambda: alive(port))
        yield process, port
    finally:
        process.terminate()
        process.wait(40)


def alive(port):
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health/live", timeout=3, trust_env=False, verify=PLAIN).is_success
    except httpx.HTTPError:
        return False


def opened(stack, port, sent, count=MANY):
    found = []
    for _number in range(count):
        one = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20))
        one.sendall(sent)
        found.append(one)
    return found


def answers(port, sent, pieces=()):
    """All that the server answers until it closes the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as one:
        one.sendall(sent)
        for piece in pieces:
            time.sleep(0.05)  # so that each arrives by itself
            one.sendall(piece)
        return b"".join(iter(lambda: one.recv(65536), b""))


@pytest.mark.parametrize("sent", HALVES.values(), ids=HALVES)
def test_many_unfinished_requests_delay_no_other(server, sent):
    _process, port = server
    with ExitStack() as stack:
        opened(stack, port, sent)
        for _request in range(5):
            assert alive(port)


def closed(one):
    """All that the server answers until it closes the connection, though it has not received the request."""
    return b"".join(iter(lambda: one.recv(65536), b""))


@pytest.mark.parametrize(
    "sent", [sent for sent in HALVES.values() if sent], ids=[name for name in HALVES if name != "nothing"]
)
def test_an_unfinished_request_ends_after_its_time(idle, sent):
    _process, port = idle
    with ExitStack() as stack:
        waiting, dripping = opened(stack, port, sent, 1), opened(stack, port, sent, 1)[0]
        began = time.monotonic()
        dripping.settimeout(0.5)
        while time.monotonic() - began < whole_requests.SECONDS + 8:
            try:
                dripping.sendall(b"a")
                if not dripping.recv(65536):
                    break
            except TimeoutError:
                continue
            except ConnectionError:
                break
        answer = closed(waiting[0])
        assert whole_requests.SECONDS - 2 < time.monotonic() - began < whole_requests.SECONDS + 8
        assert answer.startswith(b"HTTP/1.1 408 ") == (sent == HALVES["half a body"])


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 9_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 900_000, 431),
        (b"GET /" + b"x" * 9_000, 414),
        (HEAD + b"Content-Length: 99999999999\r\n\r\n", 413),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFF\r\n" + b"x" * (3 * 2**20 + 70_000), 413),
        (b"nonsense\r\n\r\n", 400),
        (HEAD + b"Content-Length: x\r\n\r\n", 400),
        (HEAD + b"Content-Length: -5\r\n\r\n", 400),
    ],
    ids=["field", "head", "address", "body", "chunks", "no HTTP", "no length", "negative length"],
)
def test_what_is_too_large_or_no_request_is_refused(server, sent, status):
    _process, port = server
    began = time.monotonic()
    try:
        answer = answers(port, sent)
    except ConnectionError:  # the server has closed while it was sent
        answer = b""
    assert answer.startswith(f"HTTP/1.1 {status} ".encode()) or (len(sent) > 100_000 and not answer)
    assert status != 413 or not answer or b"The file is too large" in answer
    assert time.monotonic() - began < whole_requests.SECONDS / 2  # for its size, not because it was late
    assert alive(port)


def test_a_request_in_pieces_and_several_in_one_piece_are_answered(server):
    _process, port = server
    one = b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    last = one.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    assert answers(port, one[:10], [one[10:30], one[30:], last]).count(b"HTTP/1.1 200 OK") == 2
    assert answers(port, one + one + last).count(b"HTTP/1.1 200 OK") == 3
    assert answers(port, one + last[:20], [last[20:]]).count(b"HTTP/1.1 200 OK") == 2


def test_a_body_in_pieces_and_in_chunks_reaches_its_page(server):
    _process, port = server
    close = HEAD + b"Connection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    whole = answers(port, close + b"Content-Length: 3\r\n\r\n", [b"a", b"=", b"b"])
    chunks = answers(port, close + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n", [b"2\r\n=b\r\n", b"0\r\n", b"\r\n"])
    assert whole.partition(b" ")[2].startswith(b"403 ")  # no CSRF token: Django has read the form
    assert chunks.partition(b" ")[2].startswith(b"403 ")
    expected = answers(port, close + b"Content-Length: 3\r\nExpect: 100-continue\r\n\r\n", [b"a=b"])
    assert expected.startswith(b"HTTP/1.1 100 Continue")
    assert b"HTTP/1.1 403 " in expected


def test_a_form_in_chunks_is_read(server):
    _process, port = server
    token = b"a" * 32
    form = b"csrfmiddlewaretoken=" + token + b"&login=nobody&password=wrong"
    head = b"Connection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nCookie: csrftoken=" + token
    chunk = b"%x\r\n%s\r\n" % (len(form), form)
    answer = answers(port, HEAD + head + b"\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk + b"0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("sent", HALVES.values(), ids=HALVES)
def test_more_unfinished_requests_than_threads_end_sooner(server, sent):
    _process, port = server
    with ExitStack() as stack:
        opened(stack, port, sent, TOO_MANY)
        began = time.monotonic()
        until(lambda: alive(port))
        assert time.monotonic() - began < whole_requests.SECONDS


def test_a_client_that_keeps_its_side_open_delays_no_other(server):
    """gunicorn waits for the end of each such connection, where it also accepts others."""
    _process, port = server
    with ExitStack() as stack:
        opened(stack, port, b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", 20)
        assert alive(port)


@pytest.mark.parametrize("size", [whole_requests.IN_MEMORY, whole_requests.LARGEST_BODY])
def test_unfinished_bodies_take_little_memory(server, size):
    process, port = server
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    until(lambda: len(children.read_text().split()) == 2)

    def memory():
        """Bytes of all workers."""
        lines = (line for child in children.read_text().split() for line in status(child))
        return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon:"))

    def status(child):
        return Path(f"/proc/{child}/status").read_text().splitlines()

    before = memory()
    with ExitStack() as stack:
        opened(stack, port, HEAD + b"Content-Length: %d\r\n\r\n" % size + b"x" * (size - 1), MANY)
        assert alive(port)
        assert memory() - before < MANY * whole_requests.LARGEST_BODY / 2


def test_a_worker_that_stops_does_not_wait_for_unfinished_requests(server):
    process, port = server
    with ExitStack() as stack:
        opened(stack, port, HALVES["half a head"], 20)
        began = time.monotonic()
        os.kill(process.pid, signal.SIGHUP)  # new workers; the old ones end
        until(lambda: alive(port))
        assert time.monotonic() - began < whole_requests.SECONDS
