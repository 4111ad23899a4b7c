"""A proxy to the service that can break, swallow or delay requests, and cut responses."""

import re
import socket
import socketserver
import struct
import threading
from contextlib import suppress
from urllib.parse import urlsplit

RESET = struct.pack("ii", 1, 0)  # SO_LINGER of no seconds: close() resets the connection


class Proxy(socketserver.ThreadingTCPServer):
    """Forwards each request in its own connection; `disturb()` says what happens to the next POST or PATCH."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, service: str) -> None:
        super().__init__(("127.0.0.1", 0), _Passage)
        parts = urlsplit(service)
        self.service = (parts.hostname, parts.port)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.how = ""
        self.at: float = 0
        self.held: list[bytes] = []

    def disturb(self, how: str, at: float = 0) -> None:
        """The next change is `swallowed` (never passed on, no answer), `mute` (passed on, no answer), `held`
        (passed on by release(), no answer), its request is `broken` or its answer `cut`: after that part `at`.
        """
        self.how, self.at = how, at

    def release(self) -> None:
        """Forward the held requests; the service has processed them when this returns."""
        while self.held:
            self.ask(self.held.pop(0))

    def ask(self, request: bytes) -> bytes:
        with socket.create_connection(self.service, timeout=10) as upstream:
            upstream.sendall(request)
            return b"".join(iter(lambda: upstream.recv(65536), b""))


class _Passage(socketserver.BaseRequestHandler):
    server: Proxy
    request: socket.socket

    def handle(self) -> None:
        request = self._read()
        if not request:
            return
        how = ""
        if request.startswith((b"POST", b"PATCH")):
            how, self.server.how = self.server.how, ""
        if how == "broken":
            head, _, body = request.partition(b"\r\n\r\n")
            part = request[: len(head) + 4 + round(len(body) * self.server.at)]
            with socket.create_connection(self.server.service, timeout=10) as upstream:
                upstream.sendall(part)
            _reset(self.request)
            return
        if how in ("swallowed", "held"):
            if how == "held":
                self.server.held.append(request)
            self._wait_until_the_client_gives_up()
            return
        answer = self.server.ask(request)
        if how == "mute":
            self._wait_until_the_client_gives_up()
        elif how == "cut":
            self.request.sendall(answer[: round(len(answer) * self.server.at)])
            _reset(self.request)
        else:
            self.request.sendall(answer)

    def _read(self) -> bytes:
        """Read one request, and add a header that closes the connection after it."""
        data = b""
        while b"\r\n\r\n" not in data:
            piece = self.request.recv(65536)
            if not piece:
                return b""
            data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: *(\d+)", head)
        while length and len(body) < int(length[1]):
            body += self.request.recv(65536)
        head = re.sub(rb"(?i)\r\nconnection: [^\r]*", b"", head)
        return head + b"\r\nConnection: close\r\n\r\n" + body

    def _wait_until_the_client_gives_up(self) -> None:
        with suppress(ConnectionError):
            self.request.recv(1)


def _reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    connection.close()


def serve(proxy: Proxy) -> threading.Thread:
    thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    return thread
