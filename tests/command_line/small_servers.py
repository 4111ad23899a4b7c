"""Small servers that answer what the product never would, or lose what it answers."""

import contextlib
import http.client
import json
import ssl
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit


class Seen(list):
    """The requests that a server got, as (method, target, headers)."""

    url: str


@contextlib.contextmanager
def answering(answer, certificate=None):
    """A server on this machine. `answer` takes method, target, headers and body, and returns status, headers, body.

    Without an answer, the connection is closed.
    """
    seen = Seen()

    class Handler(BaseHTTPRequestHandler):
        def handle_one(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            seen.append((self.command, self.path, dict(self.headers)))
            found = answer(self.command, self.path, self.headers, body)
            self.close_connection = True
            if found is None:
                return
            status, headers, content = found
            self.send_response_only(status)
            for name, value in {"Content-Length": str(len(content)), **headers, "Connection": "close"}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = handle_one

        def log_message(self, *_args):
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_args):
            """Who does not trust the certificate ends the handshake; who was interrupted reads no answer."""

    server = Server(("127.0.0.1", 0), Handler)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.certificate, certificate.key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    seen.url = f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def as_json(value, status=200, kind="application/json"):
    return status, {"Content-Type": kind}, json.dumps(value).encode()


def losing(url, count):
    """Passes requests on to `url`, and loses the answers of the first `count` POSTs."""
    left = [count]

    def answer(method, target, headers, body):
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
        try:
            kept = {name: value for name, value in headers.items() if name not in ("Connection", "Accept-Encoding")}
            connection.request(method, target, body or None, kept)
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        if method == "POST" and left[0]:
            left[0] -= 1
            return None
        return response.status, {"Content-Type": response.headers["Content-Type"]}, content

    return answer
