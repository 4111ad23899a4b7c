"""TLS at port 443 in front of a web server: the Speech SDK for JavaScript asks there, whatever its address says."""

import contextlib
import ssl
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx
import pytest

PORT = 443


class Relay(BaseHTTPRequestHandler):
    """Passes requests without a body on to `server.url`."""

    def do_GET(self):
        assert isinstance(self.server, Server)
        with httpx.Client(verify=False, trust_env=False) as client:  # noqa: S501 (plain http, to this machine)
            answer = client.get(f"{self.server.url}{self.path}")
        self.send_response(answer.status_code)
        for name in ("Content-Type", "Access-Control-Allow-Origin"):
            if name in answer.headers:
                self.send_header(name, answer.headers[name])
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    def log_message(self, *_arguments):
        pass


class Server(ThreadingHTTPServer):
    def __init__(self, url):
        super().__init__(("127.0.0.1", PORT), Relay)
        self.url = url

    def handle_error(self, *_arguments):
        """A client that leaves while it is answered."""


@contextlib.contextmanager
def in_front_of(url, tls):
    """Serve https://localhost/ with the certificate; the test is skipped where that port can't be used."""
    try:
        server = Server(url)
    except OSError as error:
        pytest.skip(f"the SDK asks at port {PORT}, which can't be used here: {error.strerror}")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tls.certificate, tls.key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
