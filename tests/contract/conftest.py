"""The simulator with validated traffic, and a client that calls operations by their ids."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import pytest

from endpoints.contract import base_path, dated, describe
from tests.demo import PLAIN
from tests.receiver import Answer, Got, receiving

from .violations import violations

ROOT = Path(__file__).resolve().parents[2]
KEY = "right-key"
Json = dict[str, Any]


class Caller:
    """Calls operations of one API version by id, and records which ones it called."""

    def __init__(self, url: str, version: str, http: httpx.Client) -> None:
        self.url = url
        self.version = version
        self.http = http
        self.called: set[str] = set()
        self.operations = {
            operation["operationId"]: (method.upper(), path)
            for path, methods in describe(version)["paths"].items()
            for method, operation in methods.items()
        }

    def control(self, what: str, **body: Any) -> None:
        self.http.post(f"{self.url}/_world/{what}", json=body).raise_for_status()

    def call(self, operation: str, body: Any = None, path_values: Json | None = None, **query: Any) -> httpx.Response:
        """Any response; `path_values` are the parameters of the path."""
        method, path = self.operations[operation]
        self.called.add(operation)
        filled = path.format(**{name: quote(value, safe="") for name, value in (path_values or {}).items()})
        wanted = query | ({"api-version": self.version} if dated(self.version) else {})
        content = None if body is None else json.dumps(body).encode()
        headers = {} if body is None else {"Content-Type": "application/json"}
        address = self.url + base_path(self.version) + filled
        return self.http.request(method, address, params=wanted, content=content, headers=headers)

    def call_ok(self, operation: str, body: Any = None, path_values: Json | None = None, **query: Any) -> Any:
        """The JSON of a successful response, None if it has no body."""
        answer = self.call(operation, body, path_values, **query)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None


@pytest.fixture(scope="session")
def checked() -> Iterator[str]:
    """The URL of the simulator with validated traffic."""
    command = [sys.executable, "-m", "tests.contract.checked", "--port", "0", "--key", KEY, "--control"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    with process:
        assert process.stdout
        yield json.loads(process.stdout.readline())["url"]
        process.terminate()
    assert process.returncode == 0


@pytest.fixture
def url(checked: str) -> Iterator[str]:
    """A new world; the test fails if its traffic violates the contract."""
    options = {"endpoints": 8, "logs": 2, "log_bytes": 2000, "rate_limit": "0/0"}
    httpx.post(f"{checked}/_world/reset", json=options, verify=PLAIN).raise_for_status()
    yield checked
    found = violations(checked)
    assert not found, "\n".join(found)


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    """Has the User-Agent of our own client, so that its requests are validated, too."""
    headers = {"Ocp-Apim-Subscription-Key": KEY, "User-Agent": "speechstudio/contract"}
    with httpx.Client(headers=headers, verify=PLAIN) as client:
        yield client


@pytest.fixture
def receiver() -> Iterator[str]:
    """A URL that responds to the challenge of a web hook and accepts all events."""

    def answer(got: Got) -> Answer:
        return Answer(body=parse_qs(urlsplit(got.target).query).get("validationToken", [""])[0].encode())

    with receiving(answer) as server:
        yield f"{server.url}/hook"
