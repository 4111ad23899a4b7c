"""A front before the simulated service that changes its answers: one function on a request and its answer."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

DROPPED = ("connection", "content-length", "date", "etag", "host", "server", "transfer-encoding")


@dataclass
class Answer:
    """What is answered; `body` is bytes, a text, None, or anything that becomes JSON."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def data(self) -> bytes:
        if self.body is None or isinstance(self.body, bytes):
            return self.body or b""
        return self.body.encode() if isinstance(self.body, str) else json.dumps(self.body).encode()


class Exchange:
    """One request. The service carries it out when its answer is first needed; with another one it never does."""

    def __init__(self, front: Front, method: str, path: str, headers: dict[str, str], body: bytes) -> None:
        self.front, self.method, self.path, self.headers, self.body = front, method, path, headers, body

    @cached_property
    def answer(self) -> Answer:
        return self.front.ask(self)

    def reply(self, status: int, body: Any = None, **headers: str) -> None:
        """Answer this; `Retry_After="1"` is a header."""
        kind = "text/html" if isinstance(body, str) else "application/json"
        self.answer = Answer(status, body, ({} if body is None else {"content-type": kind}) | header_names(headers))


class Front(ThreadingHTTPServer):
    """Passes each request on; `alter` may change its answer. `odd`: the id of the endpoint that a test singles out."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, service: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.service = service
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.begin()
        Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def begin(self) -> None:
        """As at first: nothing is changed."""
        self.alter: Callable[[Exchange], None] | None = None
        self.odd = ""
        self.altered = 0
        self.asked: list[str] = []  # the method and path of each request since then
        self.strangers: list[str] = []  # requests that named another host

    def another(self, times: int | None) -> bool:
        """Count one more answer that is changed; False when it would be more than `times`."""
        self.altered += 1
        return times is None or self.altered <= times

    def ask(self, exchange: Exchange) -> Answer:
        """The answer of the service, with the front's address in place of its own."""
        parts = urlsplit(self.service)
        upstream = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        try:
            upstream.request(exchange.method, exchange.path, exchange.body or None, exchange.headers)
            answer = upstream.getresponse()
            data = answer.read().replace(self.service.encode(), self.url.encode())
        finally:
            upstream.close()
        headers = {
            name.lower(): value.replace(self.service, self.url)
            for name, value in answer.getheaders()
            if name.lower() not in DROPPED
        }
        is_json = headers.get("content-type", "").startswith("application/json")
        return Answer(answer.status, json.loads(data) if data and is_json else data, headers)


def header_names(headers: dict[str, str]) -> dict[str, str]:
    """Headers as they are written, of arguments such as Retry_After."""
    return {name.replace("_", "-").lower(): value for name, value in headers.items()}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Front

    def handle_one_request(self) -> None:
        with suppress(ConnectionError):
            super().handle_one_request()

    def exchange(self) -> None:
        front = self.server
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in DROPPED}
        exchange = Exchange(front, self.command, self.path, headers, body)
        if self.path.startswith("/hook"):  # the service calls the product, which is not served here
            exchange.reply(200, parse_qs(urlsplit(self.path).query).get("validationToken", [""])[0])
        front.asked.append(f"{self.command} {self.path}")
        if f"http://{self.headers['Host']}" != front.url:
            front.strangers.append(str(self.headers["Host"]))
        if front.alter is not None:
            front.alter(exchange)
        answer = exchange.answer
        data = answer.data
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != 204:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD" and answer.status != 204:
            self.wfile.write(data)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = do_HEAD = exchange

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: tests read what the product says."""
