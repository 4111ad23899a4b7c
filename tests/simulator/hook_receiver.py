"""A receiver of web hooks: a real server on loopback."""

from __future__ import annotations

import http.server
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from .conftest import Json


class Call(NamedTuple):
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> str:
        return self.headers["x-microsoftspeechservices-event"]

    @property
    def signature(self) -> str | None:
        return self.headers.get("x-microsoftspeechservices-signature")

    @property
    def token(self) -> str:
        return parse_qs(urlsplit(self.path).query).get("validationToken", [""])[0]

    @property
    def json(self) -> Json:
        return json.loads(self.body)


class Receiver:
    """Echoes challenges and responds to everything else with 200; `answer`: a function from call to (status, body)."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.calls: list[Call] = []
        self.answer: Callable[[Call], tuple[int, str]] = echo

    def events(self, but: str = "Challenge") -> list[Call]:
        """All calls but the challenge."""
        return [call for call in self.calls if call.event != but]


def echo(call: Call) -> tuple[int, str]:
    return 200, call.token


@contextmanager
def receiving(certificate: Path | None = None) -> Iterator[Receiver]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            call = Call(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            receiver.calls.append(call)
            status, text = receiver.answer(call)
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https" if certificate else "http"
        receiver = Receiver(f"{scheme}://127.0.0.1:{server.server_port}/hooks/speech")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()
