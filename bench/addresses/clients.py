"""Programs that ask an address over sockets, with little work of their own."""

import os
import re
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

from bench.product import Failed

THREADS = 8
QUESTION = (
    "GET /speech/{} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: {}\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    "Ocp-Apim-Subscription-Key: 0123456789abcdef0123456789abcdef\r\n\r\n"
)
LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


def asked(port: int, name: str) -> str:
    """The endpoint that a program is sent to over a new connection; "" by the empty application."""
    head = _ask(port, QUESTION.format(name, "close").encode())
    found = re.search(rb"cid=([\w-]+)", head)
    return found[1].decode() if found else ""


def at_a_pace(port: int, name: str, per_second: int, seconds: float) -> list[float]:
    """The seconds of each question, from opening a connection to the answer."""
    question, numbers, began = QUESTION.format(name, "close").encode(), count(), time.monotonic() + 0.1
    every, most = 1 / per_second, int(per_second * seconds)

    def work(_thread: int) -> list[float]:
        found: list[float] = []
        while (number := next(numbers)) < most:
            time.sleep(max(0.0, began + number * every - time.monotonic()))
            start = time.perf_counter()
            head = _ask(port, question)
            found.append(time.perf_counter() - start)
            if not head.startswith(b"HTTP/1.1 307"):
                raise Failed(f"A program was answered {head[:40]!r}.")
        return found

    with ThreadPoolExecutor(THREADS) as threads:
        return [one for times in threads.map(work, range(THREADS)) for one in times]


def as_many(port: int, name: str, seconds: float) -> int:
    """How many questions are answered over two connections that are kept."""
    question, until = QUESTION.format(name, "keep-alive").encode(), time.monotonic() + seconds

    def work(_thread: int) -> int:
        answered = 0
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            while time.monotonic() < until:
                connection.sendall(question)
                _read(connection)
                answered += 1
        return answered

    with ThreadPoolExecutor(2) as threads:
        return sum(threads.map(work, range(2)))


def processor_seconds(pids: list[int]) -> float:
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def _ask(port: int, question: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(question)
        return _read(connection)


def _read(connection: socket.socket) -> bytes:
    """The head of an answer, whose body is read too."""
    received = b""
    while b"\r\n\r\n" not in received:
        if not (piece := connection.recv(65536)):
            raise Failed("A program got no answer.")
        received += piece
    head, _end, body = received.partition(b"\r\n\r\n")
    length = LENGTH.search(head)
    missing = int(length[1]) - len(body) if length else 0
    while missing > 0:
        missing -= len(connection.recv(missing)) or missing
    return head
