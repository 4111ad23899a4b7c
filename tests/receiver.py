"""A server on this machine that keeps the requests it gets, and answers as a test says. It is a proxy, too."""

import contextlib
import gzip
import json
import select
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from typing import NamedTuple

UNPACK = {"gzip": gzip.decompress, "br": import_module("brotli").decompress, "identity": bytes}


class Got(NamedTuple):
    """A request; its body is unpacked. `target` is a path, or a whole address if the server was taken for a proxy."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


class Answer(NamedTuple):
    """A `Content-Length` among the headers goes before the true one."""

    status: int = 200
    headers: dict[str, str] = {}
    body: bytes = b"{}"


def as_json(value, status=200, kind="application/json"):
    return Answer(status, {"Content-Type": kind}, json.dumps(value).encode())


class Receiver(ThreadingHTTPServer):
    """`answer(got)` returns an `Answer`, or None: then the connection is closed without one.

    As a proxy it leads each tunnel to the server `leads_to`, whatever host is asked for.
    """

    daemon_threads = True

    def __init__(self, answer, tls):
        super().__init__(("127.0.0.1", 0), Handler)
        self.got, self.answer, self.ended = [], answer, threading.Event()
        self.leads_to: Receiver | None = None
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.server_port}"
        if tls:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(tls.certificate, tls.key)
            # Each connection shakes hands in its own thread, so that a client that does not can't stop the others.
            self.socket = self.tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    @property
    def posts(self):
        return [one for one in self.got if one.method == "POST"]

    def say(self, *statuses, **headers):
        """Answer with these statuses in turn, and then always with the last one."""
        left = list(statuses)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answer = lambda _got: Answer(left.pop(0) if len(left) > 1 else left[0], named, b"")

    def keep_back(self, _got):
        """The answer of a server that gives none: until the end of the test."""
        self.ended.wait(30)

    def handle_error(self, *_args):
        """Who does not trust the certificate ends the handshake; who was interrupted reads no answer."""


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def handle_one(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        unpack = UNPACK[self.headers.get("Content-Encoding", "identity")]
        got = Got(self.command, self.path, dict(self.headers), unpack(body))
        self.server.got.append(got)
        self.close_connection = True
        if (answer := self.server.answer(got)) is None:
            return
        self.send_response_only(answer.status)
        length = {"Content-Length": str(len(answer.body))}
        for name, value in {**length, **answer.headers, "Connection": "close"}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    do_GET = do_POST = handle_one

    def do_CONNECT(self):
        self.server.got.append(Got(self.command, self.path, dict(self.headers), b""))
        self.close_connection = True
        with socket.create_connection(("127.0.0.1", self.server.leads_to.server_port)) as there:
            self.send_response_only(200)
            self.end_headers()
            other = {self.connection: there, there: self.connection}
            while not self.server.ended.is_set():
                for ready in select.select([*other], [], [], 0.05)[0]:
                    if not (part := ready.recv(65536)):
                        return
                    other[ready].sendall(part)

    def log_message(self, *_args):
        """Nothing."""


@contextlib.contextmanager
def receiving(answer=lambda _got: Answer(), tls=None):
    """`tls`: the files of tests/processes/certificates.py."""
    with Receiver(answer, tls) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.ended.set()
            server.shutdown()
            thread.join(5)
