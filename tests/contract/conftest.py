"""The checked simulator, and a caller that asks by operation id and is held to the contract like our own client."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import pytest

from endpoints.contract import base_path, dated, describe
from tests.demo import PLAIN

from .violations import violations

ROOT = Path(__file__).resolve().parents[2]
KEY = "right-key"
Json = dict[str, Any]


class Caller:
    """Asks a checked simulator in one API version, and remembers which operations it asked for."""

    def __init__(self, url: str, version: str, http: httpx.Client) -> None:
        self.url = url
        self.version = version
        self.http = http
        self.asked: set[str] = set()
        self.operations = {
            operation["operationId"]: (method.upper(), path)
            for path, methods in describe(version)["paths"].items()
            for method, operation in methods.items()
        }

    def control(self, what: str, **body: Any) -> None:
        self.http.post(f"{self.url}/_world/{what}", json=body).raise_for_status()

    def ask(self, operation: str, body: Any = None, place: Json | None = None, **query: Any) -> httpx.Response:
        """Any answer; `place` fills the braces of the path."""
        method, path = self.operations[operation]
        self.asked.add(operation)
        filled = path.format(**{name: quote(value, safe="") for name, value in (place or {}).items()})
        wanted = query | ({"api-version": self.version} if dated(self.version) else {})
        content = None if body is None else json.dumps(body).encode()
        headers = {} if body is None else {"Content-Type": "application/json"}
        address = self.url + base_path(self.version) + filled
        return self.http.request(method, address, params=wanted, content=content, headers=headers)

    def take(self, operation: str, body: Any = None, place: Json | None = None, **query: Any) -> Any:
        """The JSON of an answer that is no refusal, None when it has none."""
        answer = self.ask(operation, body, place, **query)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None


@pytest.fixture(scope="session")
def checked() -> Iterator[str]:
    """The address of the simulator with every exchange checked."""
    command = [sys.executable, "-m", "tests.contract.checked", "--port", "0", "--key", KEY, "--control"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    with process:
        assert process.stdout
        yield json.loads(process.stdout.readline())["url"]
        process.terminate()
    assert process.returncode == 0


@pytest.fixture
def url(checked: str) -> Iterator[str]:
    """A fresh world; all that is asked and answered in it has to be right."""
    options = {"endpoints": 8, "logs": 2, "log_bytes": 2000, "rate_limit": "0/0"}
    httpx.post(f"{checked}/_world/reset", json=options, verify=PLAIN).raise_for_status()
    yield checked
    found = violations(checked)
    assert not found, "\n".join(found)


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    """Sends as our own client does, so that its requests are checked too."""
    headers = {"Ocp-Apim-Subscription-Key": KEY, "User-Agent": "speechstudio/contract"}
    with httpx.Client(headers=headers, verify=PLAIN) as client:
        yield client


@pytest.fixture
def ear() -> Iterator[str]:
    """An address that answers the challenge of a web hook and takes every event."""

    class Ear(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            token = parse_qs(urlsplit(self.path).query).get("validationToken", [""])[0].encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(token)))
            self.end_headers()
            self.wfile.write(token)

        do_GET = do_POST

        def log_message(self, *_words: Any) -> None:
            """Keeps quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Ear) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/hook"
        server.shutdown()
        thread.join()
