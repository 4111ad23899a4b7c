"""Two services for the client, both over real sockets on the loopback interface.

`service` sends exactly the bytes that a test specifies, for responses that no real service sends. `simulator` is the
product's simulator in a process of its own; `world` is the same, reset for each test.
"""

import contextlib
import json
import os
import select
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.request
from collections import deque
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest

from endpoints.azure import SpeechClient
from endpoints.azure.transport import Transport
from tests.contract.violations import violations
from tests.network import HERE

KEY = "0123456789abcdef0123456789abcdef"
STORAGE = "storage.contoso.test"
ID = "8a3b1b8e-0b7d-4f57-9c8e-2d1f0a6b7c11"
BASE = "/speechtotext/v3.2"


class Asked:
    """A request as it was received."""

    def __init__(self, head, body, connection):
        first, *lines = head.decode("latin-1").split("\r\n")
        self.method, self.target, _ = first.split(" ")
        self.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        self.body = body
        self.connection = connection

    @property
    def json(self):
        return json.loads(self.body)


def tunnel(server, port=None):
    """A script for a Scripted proxy: it leads a CONNECT to the port that it names, or to another one."""

    def connect(one):
        asked = int(server.asked[-1].target.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port or asked)) as other:
            one.sendall(b"HTTP/1.1 200 Connection established\r\nX-Proxy: yes\r\n\r\n")
            threading.Thread(target=_pass_on, args=(other, one), daemon=True).start()
            _pass_on(one, other)

    return connect


def _pass_on(source, target):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)


class Scripted:
    """A server that responds to each request with the next script: bytes to send, pauses in seconds, callables.

    A callable gets the socket. "close" closes the connection, "reset" resets it. After the last script, `forever` (if
    set) is repeated.
    """

    def __init__(self, tls=None):
        self.asked, self.scripts, self.forever, self.connections = [], deque(), None, 0
        self._tls, self._open = tls, set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def says(self, *steps):
        self.scripts.append(steps)
        return self

    def answers(self, status=200, body=b"", headers=(), **more):
        return self.says(self.answer(status, body, headers, **more))

    @staticmethod
    def answer(status=200, body=b"", headers=(), length=None):
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(text) if length is None else length}"]
        lines += [f"{name}: {value}" for name, value in dict(headers).items()]
        return "\r\n".join([*lines, "", ""]).encode() + text

    def endpoint(self, /, **changes):
        entity = {
            "self": f"{self.url}{BASE}/endpoints/{ID}",
            "displayName": "Call center",
            "locale": "en-US",
            "model": {"self": f"{self.url}{BASE}/models/{ID}"},
            "properties": {"loggingEnabled": False},
            "status": "Succeeded",
            "createdDateTime": "2024-05-01T10:00:00Z",
        }
        return {name: value for name, value in {**entity, **changes}.items() if value is not ...}

    def close(self):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # ends the thread that accepts connections
        self._listener.close()
        for one in list(self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                one, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(one, self.connections), daemon=True).start()

    def _serve(self, one, number):
        with contextlib.suppress(OSError, ValueError):
            if self._tls:
                one = self._tls.wrap_socket(one, server_side=True)
            self._open.add(one)
            try:
                with one:
                    self._talk(one, number)
            finally:
                self._open.discard(one)

    def _talk(self, one, number):
        kept = b""
        while True:
            while b"\r\n\r\n" not in kept:
                data = one.recv(65536)
                if not data:
                    return
                kept += data
            head, _, kept = kept.partition(b"\r\n\r\n")
            asked = Asked(head, b"", number)
            length = int(asked.headers.get("content-length", 0))
            while len(kept) < length:
                kept += one.recv(65536)
            asked.body, kept = kept[:length], kept[length:]
            self.asked.append(asked)
            for step in self.scripts.popleft() if self.scripts else self.forever or ("close",):
                if step == "close":
                    return
                if step == "reset":
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                    return
                if isinstance(step, float):
                    time.sleep(step)
                elif callable(step):
                    step(one)
                else:
                    one.sendall(step)


@pytest.fixture
def service():
    server = Scripted()
    yield server
    server.close()


@pytest.fixture
def serve():
    """Create such servers with a TLS context."""
    with contextlib.ExitStack() as servers:

        def make(tls):
            server = Scripted(tls=tls)
            servers.callback(server.close)
            return server

        yield make


@pytest.fixture
def elsewhere():
    """A server at another origin: the same machine, another port."""
    server = Scripted()
    yield server
    server.close()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A self-signed certificate for 127.0.0.1."""
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1")), x509.DNSName(STORAGE)]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "self-signed.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def self_signed(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = Scripted(tls=context)
    yield server
    server.close()


@pytest.fixture
def trusting(certificate):
    """A transport that trusts that certificate."""
    context = ssl.create_default_context(cafile=certificate)
    return Transport(ssl_context=context, network=HERE)


@pytest.fixture
def client_of():
    """Create clients that are closed afterwards; without retries by default."""
    with contextlib.ExitStack() as clients:

        def make(server, **options):
            options = {"deadline": 5.0, "retries": False, "key": KEY, "network": HERE, **options}
            return clients.enter_context(SpeechClient(getattr(server, "url", server), **options))

        yield make


@pytest.fixture
def client(service, client_of):
    return client_of(service)


@pytest.fixture
def patient(service, client_of):
    """A client with retries."""
    return client_of(service, retries=True)


class World:
    """The simulator's control."""

    def __init__(self, url, key):
        self.url, self.key = url, key

    def control(self, method, name, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/_world/{name}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def reset(self, **options):
        self.control("POST", "reset", {"endpoints": 4, "logs": 3, "rate_limit": "0/0", **options})
        self.control("POST", "faults", [])

    def ask(self, method, path, body=None):
        """A request to the service itself, as another client sends it."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Ocp-Apim-Subscription-Key": self.key, "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}{BASE}{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or b"null")

    def fault(self, method, path, effect, times=1, stage="before"):
        fault = {"method": method, "path": path, "times": times, "stage": stage, "effect": effect}
        self.control("POST", "faults", [fault])

    def advance(self, seconds):
        self.control("POST", "advance", {"seconds": seconds})

    def ledger(self):
        return [(entry["method"], entry["path"], entry["status"]) for entry in self.control("GET", "ledger")]


@pytest.fixture(scope="session")
def simulator():
    root = Path(__file__).parents[2]
    if not (root / "endpoints/simulator/__main__.py").exists():
        pytest.skip("there is no simulator")
    command = [sys.executable, "-m", "tests.contract.checked", "--port", "0", "--key", KEY, "--control"]
    options = ["--log-bytes", "20000", "--seed", "7"]
    process = subprocess.Popen([*command, *options], cwd=root, stdout=subprocess.PIPE, env=os.environ)
    try:
        if not select.select([process.stdout], [], [], 20)[0]:
            pytest.fail("the simulator did not start within 20 s")
        ready = json.loads(process.stdout.readline())
        yield World(ready["url"], ready["key"])
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


@pytest.fixture
def world(simulator):
    simulator.reset()
    yield simulator
    assert violations(simulator.url) == []


@pytest.fixture
def speech(world, client_of):
    """A client of the simulator, with retries as in the product."""
    return client_of(world.url, key=world.key, retries=True, deadline=10.0)
