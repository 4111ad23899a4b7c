"""One simulator for the whole run, one world for each test."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.contract.violations import violations
from tests.demo import PLAIN

ROOT = Path(__file__).resolve().parents[2]
KEY = "right-key"
Json = dict[str, Any]


def start(*arguments: str) -> subprocess.Popen[str]:
    """Start a process of the simulator; its first line says that it is ready."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.contract.checked", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONWARNINGS": "error"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def first_line(process: subprocess.Popen[str]) -> Json:
    assert process.stdout
    return json.loads(process.stdout.readline())


class Service:
    """A client of the simulator with the right key, and its control routes."""

    def __init__(self, url: str, version: str = "v3.2") -> None:
        self.url = url
        self.version = version
        old = version.startswith("v")
        self.http = httpx.Client(
            base_url=f"{url}/speechtotext/{version}" if old else f"{url}/speechtotext",
            headers={"Ocp-Apim-Subscription-Key": KEY},
            verify=PLAIN,
            event_hooks={"request": [] if old else [self.name_version]},
        )
        self.open = httpx.Client(verify=PLAIN)  # carries no key

    def name_version(self, request: httpx.Request) -> None:
        """Add the version, unless the URL has it already."""
        if "api-version" not in request.url.params:
            request.url = request.url.copy_merge_params({"api-version": self.version})

    @contextmanager
    def later(self, version: str) -> Iterator[Service]:
        """The same world in another API version."""
        other = Service(self.url, version)
        with other.http, other.open:
            yield other

    def reset(self, **options: Any) -> Json:
        return self.open.post(f"{self.url}/_world/reset", json=options).raise_for_status().json()

    def advance(self, seconds: float) -> None:
        self.open.post(f"{self.url}/_world/advance", json={"seconds": seconds}).raise_for_status()

    def stop(self) -> None:
        self.open.post(f"{self.url}/_world/stop").raise_for_status()

    def go(self) -> None:
        self.open.post(f"{self.url}/_world/go").raise_for_status()

    def faults(self, *faults: Json) -> None:
        self.open.post(f"{self.url}/_world/faults", json=list(faults)).raise_for_status()

    def ledger(self) -> list[Json]:
        return self.open.get(f"{self.url}/_world/ledger").raise_for_status().json()

    def get(self, path: str, **query: Any) -> Json:
        response = self.http.get(path, params=query or None)
        assert response.status_code == 200, response.text
        return response.json()

    def every(self, path: str) -> list[Json]:
        """All pages."""
        found: list[Json] = []
        address: str | None = path
        while address:
            page = self.get(address)
            found += page["values"]
            address = page.get("@nextLink")
        return found

    def model(self, name: str) -> Json:
        """The first custom model whose name has this prefix."""
        return next(model for model in self.every("/models") if model["displayName"].startswith(name))

    def endpoint_body(self, **changes: Any) -> Json:
        """A valid body of Endpoints_Create."""
        good = {"displayName": "Line 1", "locale": "en-US", "model": {"self": self.model("Call center")["self"]}}
        return good | changes

    def deploy(self, **changes: Any) -> Json:
        response = self.http.post("/endpoints", json=self.endpoint_body(**changes))
        assert response.status_code == 201, response.text
        return response.json()

    def deployed(self, **changes: Any) -> Json:
        """An endpoint whose first deployment has succeeded."""
        endpoint = self.deploy(**changes)
        self.advance(30)
        return self.get(endpoint["self"])

    def error_of(self, method: str, path: str, **request: Any) -> tuple[int, str]:
        """The HTTP status and the detailed code of the error response to a request."""
        response = self.http.request(method, path, **request)
        assert response.status_code >= 400, response.text
        return response.status_code, response.json()["innerError"]["code"]


@contextmanager
def running(*arguments: str) -> Iterator[Service]:
    """A separate simulator, which is always stopped and must exit cleanly."""
    process = start("--key", KEY, *arguments)
    try:
        service = Service(first_line(process)["url"])
        with service.http, service.open:
            yield service
        if "--control" in arguments:
            assert violations(service.url) == []
    finally:
        process.terminate()
        process.communicate(timeout=10)
    assert process.returncode == 0


@pytest.fixture(scope="session")
def _service() -> Iterator[Service]:
    with running("--port", "0", "--control") as service:
        yield service


@pytest.fixture
def service(_service: Service) -> Iterator[Service]:
    _service.reset()
    yield _service
    assert violations(_service.url) == []
