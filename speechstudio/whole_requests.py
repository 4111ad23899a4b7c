"""Lets requests whose rest doesn't arrive stop nobody, and refuses bodies that are too large.

gunicorn's threads read requests themselves, without a limit of time. So it has many of them; they call the application
once the body is there (`receive`), and a connection whose request takes too long is closed for reading, which ends the
thread's wait (`close_late`). gunicorn alone reads HTTP, and its settings limit_request_* bound heads.

The methods of gunicorn's worker are not documented; tests/processes/test_unfinished_requests.py fails when they change.
"""

import contextlib
import io
import json
import socket
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from functools import partial
from tempfile import SpooledTemporaryFile
from threading import get_ident
from typing import IO, Any

from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers.gthread import TConn, ThreadWorker

from speechstudio.path_prefix import Application

SECONDS = 10.0  # in which a client has to send a request
SHORT_SECONDS = 1.0  # the same while all threads are occupied, or while the worker stops
LARGEST_BODY = 3 * 1024 * 1024  # more than forms may have (DATA_UPLOAD_MAX_MEMORY_SIZE); a recording has 2 MB at most
IN_MEMORY = 640 * 1024  # bytes of a body, as 15 seconds of speech have; the rest is in a temporary file without a name
REFUSED = "speechstudio.refused"  # in the environ: the status of a request whose body was not taken
AT_ONCE = 64 * 1024  # bytes that are read of a body

SocketUnreader.max_body_chunk = AT_ONCE  # gunicorn would keep and copy up to 1 MiB of each body that isn't there yet


class WholeRequests(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """A worker that calls the application with whole requests and closes connections whose request is late."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.receiving: dict[int, tuple[TConn, float]] = {}  # by thread: what it receives, since when
        self.in_threads = 0  # connections; only the thread that accepts connections changes it

    @property
    def busy(self) -> int:
        """How many requests are there whole and not yet answered."""
        return max(self.in_threads - len(self.receiving), 0)

    def load_wsgi(self) -> None:
        super().load_wsgi()
        self.wsgi: Application = partial(self.receive, self.wsgi)

    def enqueue_req(self, conn: TConn) -> None:
        self.in_threads += 1
        super().enqueue_req(conn)

    def finish_request(self, conn: TConn, fs: "Future[Any]") -> None:
        self.in_threads -= 1
        super().finish_request(conn, fs)

    def handle(self, conn: TConn) -> Any:
        """Runs in a thread: receives a request and answers it. What it returns is false if the connection ends."""
        self.receiving[get_ident()] = conn, time.monotonic()
        try:
            result = super().handle(conn)
        finally:
            self.receiving.pop(get_ident(), None)
        if not result:
            _end_reading(conn)  # gunicorn would wait two seconds for the client's end, in the thread that accepts
        return result

    def receive(
        self, application: Application, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Call the application with the whole body; chunks get a Content-Length, without which Django ignores them.

        A body that is too large or incomplete is not taken: the application makes the page that says so.
        """
        body = None
        if "CONTENT_LENGTH" in environ or "HTTP_TRANSFER_ENCODING" in environ:
            body = _body(environ)
        conn, _began = self.receiving.pop(get_ident())
        if isinstance(body, str):
            conn.parser.mesg.force_close()
            if environ["PATH_INFO"].startswith("/api/"):
                said = _problem(body)
                kind = ("Content-Type", "application/problem+json")
                start_response(body, [("Content-Length", str(len(said))), kind])
                return [said]
            environ |= {REFUSED: int(body[:3]), "wsgi.input": io.BytesIO(), "CONTENT_LENGTH": "0"}
        elif body is not None:
            environ.pop("HTTP_TRANSFER_ENCODING", None)
            environ |= {"wsgi.input": body, "CONTENT_LENGTH": str(body.tell())}
            body.seek(0)
        environ["speechstudio.alive"] = self.is_alive  # for requests that are held
        return application(environ, start_response)

    def is_alive(self) -> bool:
        return bool(self.alive)

    def murder_pending(self) -> None:
        """Runs at least each second."""
        super().murder_pending()
        self.close_late()

    def close_late(self) -> None:
        """End the wait for requests that take too long."""
        most = SECONDS if self.alive and self.in_threads <= self.cfg.threads else SHORT_SECONDS
        now = time.monotonic()
        for conn, began in list(self.receiving.values()):
            if now - began > most:
                _end_reading(conn)


def _problem(status: str) -> bytes:
    """For programs: RFC 9457."""
    number, title = int(status[:3]), status[4:]
    return json.dumps({"type": "about:blank", "title": title, "status": number}).encode()


def _body(environ: dict[str, Any]) -> IO[bytes] | str:
    """The whole body, written to its end; the status to refuse it with if it is too large or incomplete."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 (closed with the last reference to it)
    if IN_MEMORY < length <= LARGEST_BODY:
        body.rollover()  # now, not when as much of it as may be in memory has arrived
    while length <= LARGEST_BODY and (piece := environ["wsgi.input"].read(AT_ONCE)):
        body.write(piece)
        length = max(length, body.tell())
    if length > LARGEST_BODY:
        return "413 Content Too Large"
    return "408 Request Timeout" if body.tell() < length else body


def _end_reading(conn: TConn) -> None:
    """A thread that reads from the connection finds its end; answers can still be sent."""
    with contextlib.suppress(OSError):
        conn.sock.shutdown(socket.SHUT_RD)
