"""Receives requests whole before a thread of the web server answers them.

gunicorn's threads read requests themselves, without a limit of time: as many clients as there are threads stop the
product by sending half of a request each. Here the loop that accepts connections collects head and body, with limits,
and gunicorn's parser reads what was collected. The methods are not documented by gunicorn;
tests/processes/test_unfinished_requests.py fails when they change.
"""

import contextlib
import time
from collections.abc import Iterator
from functools import partial
from selectors import EVENT_READ
from typing import Any

from gunicorn import http
from gunicorn.workers.gthread import TConn, ThreadWorker

SECONDS = 10.0  # in which a client has to send a request
STOPPING_SECONDS = 2.0  # the same while the worker stops
LARGEST_HEAD = 64 * 1024
LARGEST_BODY = 3 * 1024 * 1024  # more than forms may have (Django's DATA_UPLOAD_MAX_MEMORY_SIZE); nothing is uploaded
MOST_BYTES = 64 * 1024 * 1024  # of all unfinished requests of a worker
MOST_UNFINISHED = 500  # connections of a worker; of more, the oldest is closed
AT_ONCE = 64 * 1024  # bytes that are read from a connection before others get their turn
_STATUS = {
    408: "Request Timeout",
    413: "Content Too Large",
    431: "Request Header Fields Too Large",
    503: "Service Unavailable",
}


class Unfinished:
    """What a connection has sent of its request."""

    def __init__(self, received: bytes = b"") -> None:
        self.began, self.received = time.monotonic(), bytearray(received)
        self.head = self.seen = 0  # the length of the head when it is known; how far chunks have been read
        self.length: int | None = 0  # of the body; None: in chunks
        self.told_to_continue = False

    def refused(self) -> int:
        """The status to refuse it with, 0 if its size is allowed."""
        if not self.head:
            return 431 if len(self.received) > LARGEST_HEAD else 0
        size = self.length if self.length is not None else len(self.received) - self.head
        return 413 if size > LARGEST_BODY else 0

    def is_whole(self) -> bool:
        """Whether nothing is missing. gunicorn answers what it cannot read."""
        if not self.head and not self._read_head():
            return False
        return len(self.received) >= self.head + self.length if self.length is not None else self._has_last_chunk()

    def _read_head(self) -> bool:
        start = len(self.received) - len(self.received.lstrip(b"\r\n"))
        end = self.received.find(b"\r\n\r\n", start)
        if end < 0:
            return False
        self.head = self.seen = end + 4
        for line in bytes(self.received[:end]).lower().split(b"\r\n"):
            name, _colon, value = line.partition(b":")
            if name == b"transfer-encoding":
                self.length = None
            elif name == b"content-length" and self.length is not None:
                with contextlib.suppress(ValueError):
                    self.length = max(int(value), 0)
            elif name == b"expect":
                self.told_to_continue = True
        return True

    def _has_last_chunk(self) -> bool:
        while (end := self.received.find(b"\r\n", self.seen)) >= 0:
            try:
                size = int(self.received[self.seen : end].partition(b";")[0], 16)
            except ValueError:
                return True
            if size <= 0:  # trailers end with an empty line
                return self.received.startswith(b"\r\n", end + 2) or self.received.find(b"\r\n\r\n", end + 2) >= 0
            if end + size + 4 > len(self.received):
                return False
            self.seen = end + size + 4
        return False


class WholeRequests(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """A worker whose threads never wait for the rest of a request."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.unfinished: dict[TConn, Unfinished] = {}

    def enqueue_req(self, conn: TConn) -> None:
        """A connection is new or has sent something: it goes to a thread once its request is whole."""
        left = conn.parser.unreader.take_buffered() if conn.parser else b""
        conn.sock.setblocking(False)
        self.unfinished[conn] = Unfinished(left)
        self.poller.register(conn.sock, EVENT_READ, partial(self._receive, conn))
        if len(self.unfinished) > MOST_UNFINISHED:
            self._drop(next(iter(self.unfinished)), 503)
        if conn in self.unfinished:
            self._receive(conn)

    def answer(self, conn: TConn) -> None:
        """Give a connection whose request is whole to a thread."""
        super().enqueue_req(conn)

    def _receive(self, conn: TConn, _file: object = None) -> None:
        request = self.unfinished[conn]
        with contextlib.suppress(BlockingIOError, InterruptedError):
            try:
                data = conn.sock.recv(AT_ONCE)
            except OSError as error:
                if isinstance(error, BlockingIOError | InterruptedError):
                    raise
                data = b""
            if not data:
                return self._drop(conn)
            request.received += data
        whole = request.is_whole()
        if status := request.refused():
            return self._drop(conn, status)
        if whole:
            self._forget(conn)
            self._prepare(conn, request)
            return self.answer(conn)
        if sum(len(one.received) for one in self.unfinished.values()) > MOST_BYTES:
            return self._drop(max(self.unfinished, key=lambda one: len(self.unfinished[one].received)), 503)
        if request.told_to_continue:
            request.told_to_continue = False
            self._send(conn, b"HTTP/1.1 100 Continue\r\n\r\n")
        return None

    def _prepare(self, conn: TConn, request: Unfinished) -> None:
        """Let the parser read what was received, and then the end of the connection."""
        if conn.parser is None:
            nothing: Iterator[bytes] = iter(())
            conn.parser = http.get_parser(self.cfg, nothing, conn.client)
            conn.initialized = True
        conn.parser.unreader.unread(bytes(request.received))

    def murder_pending(self) -> None:
        """Runs each second: closes what has taken too long."""
        super().murder_pending()
        most = SECONDS if self.alive else STOPPING_SECONDS
        now = time.monotonic()
        for conn, request in list(self.unfinished.items()):
            if now - request.began > most:
                self._drop(conn, 408 if request.received else 0)

    def _forget(self, conn: TConn) -> None:
        del self.unfinished[conn]
        with contextlib.suppress(OSError, KeyError, ValueError):
            self.poller.unregister(conn.sock)

    def _drop(self, conn: TConn, status: int = 0) -> None:
        self._forget(conn)
        if status:
            self._send(
                conn, f"HTTP/1.1 {status} {_STATUS[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".encode()
            )
        self.nr_conns -= 1
        conn.close()

    def _send(self, conn: TConn, data: bytes) -> None:
        """A few bytes, which fit into the buffer of a connection that has sent nothing else."""
        with contextlib.suppress(OSError):
            conn.sock.send(data)
