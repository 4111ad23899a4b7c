"""A server that takes what is reported over HTTP: envelopes of Sentry, spans of OpenTelemetry."""

import contextlib
import gzip
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module

UNPACK = {"gzip": gzip.decompress, "br": import_module("brotli").decompress, "identity": bytes}


class Receiver(ThreadingHTTPServer):
    """`got`: the address, the headers and the unpacked body of each POST. It is a proxy, too."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Receive)
        self.got = []

    @property
    def bodies(self):
        return [body for _address, _headers, body in self.got]


class Receive(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        unpack = UNPACK[self.headers.get("Content-Encoding", "identity")]
        self.server.got.append((self.path, dict(self.headers), unpack(body)))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_arguments):
        """Nothing."""


@contextlib.contextmanager
def receiver(tls=None):
    """`tls`: a certificate and its key, as paths."""
    server = Receiver()
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
