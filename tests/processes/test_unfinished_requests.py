"""Clients that send half of a request, or nothing, stop nobody else: real sockets to the real server."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack

import httpx
import pytest

from speechstudio import whole_requests
from speechstudio.demo.processes import accepts, free_port, web
from speechstudio.whole_requests import Unfinished
from tests.demo import PLAIN, ROOT, environment, until

MANY = 40  # more than two workers have threads
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
    """Two workers of eight threads, as Docker Compose starts them."""
    var = tmp_path_factory.mktemp("var")
    env = environment(var, BROKER_URL="redis://127.0.0.1:1/0")
    subprocess.run([sys.executable, "manage.py", "setup"], cwd=ROOT, env=env, check=True, capture_output=True)
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


def test_an_unfinished_request_is_answered_with_408_after_its_time(server):
    _process, port = server
    with ExitStack() as stack:
        waiting = opened(stack, port, HALVES["half a body"], 2) + opened(stack, port, HALVES["half a head"], 2)
        dripping = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20))
        began = time.monotonic()
        dripping.sendall(b"GET / HTTP/1.1\r\n")
        for one in waiting:
            assert one.recv(1000).startswith(b"HTTP/1.1 408 ")
        assert time.monotonic() - began < whole_requests.SECONDS + 5
        assert dripping.recv(1000).startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000, 431),
        (HEAD + b"Content-Length: 99999999999\r\n\r\n", 413),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFF\r\n" + b"x" * (3 * 2**20 + 70_000), 413),
        (b"nonsense\r\n\r\n", 400),
        (HEAD + b"Content-Length: x\r\n\r\n", 400),
        (HEAD + b"Content-Length: -5\r\n\r\n", 400),
    ],
    ids=["head", "body", "chunks", "no HTTP", "no length", "negative length"],
)
def test_what_is_too_large_or_no_request_is_refused(server, sent, status):
    _process, port = server
    try:
        answer = answers(port, sent)
    except ConnectionError:  # the server has closed while it was sent
        answer = b""
    assert answer.startswith(f"HTTP/1.1 {status} ".encode()) or (status == 413 and not answer)
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


def test_of_too_many_unfinished_requests_the_oldest_are_closed(server):
    _process, port = server
    with ExitStack() as stack:
        opened(stack, port, b"GET", whole_requests.MOST_UNFINISHED)
        assert alive(port)


@pytest.mark.parametrize(
    ("received", "whole"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", True),
        (b"\r\nGET / HTTP/1.1\r\n\r\n", True),
        (b"GET / HTTP/1.1\r\n", False),
        (b"P / HTTP/1.1\r\nContent-Length: 2\r\n\r\na", False),
        (b"P / HTTP/1.1\r\ncontent-length: 2\r\n\r\nab", True),
        (b"P / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n0\r\n\r\n", False),
        (b"P / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n0\r\n\r\n\r\n0\r\n\r\n", True),
        (b"P / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;x=y\r\na\r\n0\r\nT: 1\r\n", False),
        (b"P / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;x=y\r\na\r\n0\r\nT: 1\r\n\r\n", True),
    ],
)
def test_a_request_is_whole_when_its_head_and_body_are_there(received, whole):
    assert Unfinished(received).is_whole() == whole
    one = Unfinished()
    seen = []
    for byte in received:
        one.received.append(byte)
        seen.append(one.is_whole())
    assert (seen[-1], any(seen[:-1])) == (whole, False)


def test_a_worker_that_stops_does_not_wait_for_unfinished_requests(server):
    process, port = server
    with ExitStack() as stack:
        opened(stack, port, HALVES["half a head"], 20)
        began = time.monotonic()
        os.kill(process.pid, signal.SIGHUP)  # new workers; the old ones end
        until(lambda: alive(port))
        assert time.monotonic() - began < whole_requests.SECONDS
