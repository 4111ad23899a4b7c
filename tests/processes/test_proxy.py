"""deploy/proxy: nginx as docker-compose.yml starts it, in front of a small server that says what it gets."""

import json
import re
import socket
import ssl
import subprocess
import threading
import warnings
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from speechstudio.demo.processes import accepts
from tests.demo import ROOT, free_port, until
from tests.processes import certificates, servers
from tests.processes.installation import SERVICES

PROXY = SERVICES["proxy"]
LARGE = 1 << 20  # bytes of a page that fits into the proxy's buffers
MODES = ("off", "on", "before")


class Web(BaseHTTPRequestHandler):
    """Answers with the headers of the request, or a large page."""

    protocol_version = "HTTP/1.1"
    answered: list[str] = []

    def setup(self):
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)  # the kernel keeps no large page
        super().setup()

    def do_GET(self):
        large = self.path.startswith("/large")
        body = b"x" * LARGE if large else json.dumps({**self.headers, "path": self.path}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()
        self.answered.append(self.path)

    do_POST = do_GET

    def log_message(self, *_arguments):
        pass


class Proxy:
    def __init__(self, home, web, mode):
        self.home, self.mode, self.server = home, mode, None
        self.plain, self.secure = free_port(), free_port()
        there = home / "etc"
        there.mkdir()
        for file in (ROOT / "deploy" / "proxy").glob("*.conf"):
            (there / file.name).write_text(self.here(file.read_text(), web))
        (home / "certificates").mkdir()
        made = certificates.made_in(home)
        (home / "certificates" / "tls.crt").write_bytes(Path(made.certificate).read_bytes())
        (home / "certificates" / "tls.key").write_bytes(Path(made.key).read_bytes())
        command = [word.replace("${TLS:-off}", mode) for word in PROXY["entrypoint"]]
        command = [word.replace("/etc/speechstudio", str(there)) for word in command]
        self.command = [servers.NGINX, *command[1:]]

    def here(self, text, web):
        places = {
            "/tmp/": f"{self.home}/",  # noqa: S108 (the container's own; first, because others lead there)
            # The kernel keeps no large page in the proxy's place.
            "listen 8080": f"listen 127.0.0.1:{self.plain} sndbuf=16k",
            "listen 8443": f"listen 127.0.0.1:{self.secure}",
            "http://web:8000": f"http://127.0.0.1:{web}",
            "/certificates": f"{self.home}/certificates",
            "/dev/stdout": f"{self.home}/access.log",
        }
        for container, machine in places.items():
            text = text.replace(container, machine)
        return text

    @property
    def url(self):
        return f"https://localhost:{self.secure}" if self.mode == "on" else f"http://127.0.0.1:{self.plain}"

    def get(self, path, **headers):
        return httpx.get(f"{self.url}{path}", headers=headers, verify=False, trust_env=False)  # noqa: S501 (our own)

    def logged(self):
        path = self.home / "access.log"
        return path.read_text() if path.exists() else ""


@pytest.fixture(scope="module")
def web():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Web)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def running(home, port, mode):
    """A proxy of this mode; skipped without nginx."""
    if not servers.NGINX:
        pytest.skip("nginx is not installed")
    proxy = Proxy(home, port, mode)
    with subprocess.Popen([*servers.LEASH, *proxy.command], stderr=subprocess.PIPE) as nginx:
        try:
            until(lambda: nginx.poll() is not None or accepts(("127.0.0.1", proxy.plain)))
            assert nginx.poll() is None, nginx.stderr.read()
            proxy.server = nginx
            yield proxy
        finally:
            servers.end(nginx)


@pytest.fixture(scope="module", params=MODES)
def proxy(request, web, tmp_path_factory):
    yield from running(tmp_path_factory.mktemp("proxy"), web.server_port, request.param)


@pytest.fixture(scope="module")
def plain(web, tmp_path_factory):
    yield from running(tmp_path_factory.mktemp("plain"), web.server_port, "off")


@pytest.fixture(scope="module")
def secure(web, tmp_path_factory):
    yield from running(tmp_path_factory.mktemp("secure"), web.server_port, "on")


def test_it_passes_pages_on_and_its_own_health_check_answers(proxy):
    answer = proxy.get("/models/?q=x")
    assert answer.json()["path"] == "/models/?q=x"
    (address,) = [word for word in PROXY["healthcheck"]["test"] if word.startswith("http")]
    assert address.startswith("http://127.0.0.1:8080/")
    path = address.removeprefix("http://127.0.0.1:8080")
    assert httpx.get(f"http://127.0.0.1:{proxy.plain}{path}", trust_env=False).status_code == 204
    assert path not in proxy.logged()


def test_only_behind_another_proxy_it_believes_what_the_client_says_of_itself(proxy):
    forged = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example.com"}
    got = proxy.get("/", **forged).json()
    assert got["Host"] == httpx.URL(proxy.url).netloc.decode()
    scheme = {"off": "http", "on": "https", "before": "https"}[proxy.mode]
    address = "203.0.113.9, 127.0.0.1" if proxy.mode == "before" else "127.0.0.1"
    assert (got["X-Forwarded-Proto"], got["X-Forwarded-For"]) == (scheme, address)


def test_a_request_has_an_id_that_its_line_has_too_and_that_only_another_proxy_can_give(proxy):
    path, given = f"/id/{free_port()}", "given-by-the-client"
    id_ = proxy.get(path, **{"X-Request-ID": given}).json()["X-Request-ID"]
    assert (id_ == given) == (proxy.mode == "before")
    assert re.fullmatch(r"[A-Za-z0-9._-]{8,64}", id_)
    until(lambda: re.search(rf'"GET {path}" 200 .* {id_}$', proxy.logged(), re.MULTILINE))
    assert re.fullmatch("[0-9a-f]{32}", proxy.get(path, **{"X-Request-ID": "two words"}).json()["X-Request-ID"])


@pytest.mark.parametrize(
    ("path", "logged"),
    [
        ("/speech/recognition/conversation?Ocp-Apim-Subscription-Key=secret", "/speech/..."),
        ("/stt/speech?token=secret", "/stt/speech"),
        ("/logs/?q=secret", "/logs/"),
        ("/sign-in/reset/1a-secret/", "/sign-in/reset/..."),
        ("/prefix/sign-in/reset/1a-secret/?next=secret", "/prefix/sign-in/reset/..."),
        ("/hooks/speech/secret", "/hooks/speech/..."),
        ("/speech/secret.json?language=de-DE", "/speech/..."),
        ("/prefix/addresses/secret/move/", "/prefix/addresses/..."),
        ("/sign-in/reset/", "/sign-in/reset/"),
    ],
)
def test_its_log_has_neither_query_strings_nor_tokens(plain, path, logged):
    assert plain.get(path).status_code == 200
    until(lambda: f'"GET {logged}" 200' in plain.logged())
    assert "secret" not in plain.logged()


def test_a_page_is_taken_from_the_web_server_although_the_client_is_slow(plain):
    path = f"/large/{free_port()}"
    with socket.create_connection(("127.0.0.1", plain.plain)) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        until(lambda: path in Web.answered)  # nothing has been read here
        # From here on it is quick: without that, Linux waits 40 ms before it asks for the next 2 KiB.
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, LARGE)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_WINDOW_CLAMP, LARGE)
        received = b""
        while piece := client.recv(65536):
            received += piece
    assert received.endswith(b"x" * LARGE)


def test_without_tls_in_front_a_browser_is_led_to_https(secure):
    answer = httpx.get(f"http://localhost:{secure.plain}/models/?q=x", trust_env=False)
    assert (answer.status_code, answer.headers["Location"]) == (308, "https://localhost/models/?q=x")


@pytest.mark.parametrize(("version", "spoken"), [("TLSv1_1", False), ("TLSv1_2", True), ("TLSv1_3", True)])
def test_it_speaks_current_versions_of_tls_only(secure, version, spoken):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2", "http/1.1"])
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    chosen = getattr(ssl.TLSVersion, version)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that the old one is old
        context.minimum_version = context.maximum_version = chosen
    with socket.create_connection(("127.0.0.1", secure.secure)) as connection:
        if not spoken:
            with pytest.raises(ssl.SSLError):
                context.wrap_socket(connection, server_hostname="localhost")
            return
        with context.wrap_socket(connection, server_hostname="localhost") as tls:
            assert tls.selected_alpn_protocol() == "h2"


def test_while_the_web_server_is_away_people_read_that_it_starts(tmp_path):
    for proxy in running(tmp_path, free_port(), "off"):
        answer = proxy.get("/models/")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert answer.headers["Cache-Control"] == "no-store"
        assert "upgraded" in answer.text


@pytest.mark.parametrize("path", ["/speech/hotline", "/prefix/speech/hotline", "/stt/speech/universal/v2"])
def test_a_key_that_a_program_sends_stays_out_of_its_lines_and_of_the_product(plain, tmp_path, path):
    sent = {"Ocp-Apim-Subscription-Key": "a-secret"}
    assert "a-secret" not in plain.get(f"{path}?alias=hotline", **sent).text
    for away in running(tmp_path, free_port(), "off"):
        assert away.get(f"{path}?alias=hotline&Ocp-Apim-Subscription-Key=a-secret", **sent).status_code == 503
        assert away.get("/models/?q=x").status_code == 503
        away.server.terminate()
        said = away.server.stderr.read().decode() + away.logged()
        assert said.count('"GET /models/') == 2  # a line of each log
        assert "a-secret" not in said


@pytest.mark.parametrize(("said", "passed_on"), [("websocket", True), ("WebSocket", True), ("h2c", False)])
def test_that_a_program_asks_by_websocket_is_passed_on_and_other_upgrades_are_not(plain, said, passed_on):
    handshake = {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version": "13"}
    answer = plain.get("/speech/hotline", Connection="Upgrade", Upgrade=said, **handshake)
    got = {name.lower(): value for name, value in answer.json().items()}
    assert got.get("upgrade", "") == ("websocket" if passed_on else "")
    assert {name: got[name.lower()] for name in handshake} == handshake
    assert "connection" not in got  # the answer is a redirect, and no tunnel


def test_what_is_too_large_for_the_product_is_refused_by_it_already(plain):
    head = f"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {3 * 1024 * 1024 + 1}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", plain.plain)) as client:
        client.sendall(head.encode())
        assert client.recv(65536).startswith(b"HTTP/1.1 413 ")


def test_each_mode_has_a_file_and_each_file_belongs_to_one():
    folder = ROOT / "deploy" / "proxy"
    assert {file.stem for file in folder.glob("tls-*.conf")} == {f"tls-{mode}" for mode in MODES}
    included = {name for file in folder.glob("*.conf") for name in re.findall(r"include (\S+);", file.read_text())}
    assert included == {file.name for file in folder.glob("*.conf")} - {f"tls-{mode}.conf" for mode in MODES}
