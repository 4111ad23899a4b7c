"""Fixtures: people, a simulated Speech service, and a worker whose steps a test runs."""

import gc
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.test import Client
from django.utils import translation
from structlog.contextvars import clear_contextvars
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from endpoints import tasks
from endpoints.mirror import resources
from endpoints.models import Change, Download, Endpoint, Resource, SpeechModel, append_only
from tests import prepared
from tests.addresses.rows import a_resource, an_address, an_endpoint
from tests.contract.violations import violations
from tests.demo import CHECKED

KEY = "simulated-key"
# Files that share processes run in the same worker of pytest-xdist, by the name of the group.
TOGETHER = {
    "tests/processes/test_compose.py": "installation",
    "tests/processes/test_database_rights.py": "installation",
    "tests/processes/test_lost_database.py": "installation",
    "tests/processes/test_pgbouncer.py": "installation",
    "tests/processes/test_postgresql.py": "installation",
    "tests/command_line/test_addresses.py": "command line",
    "tests/command_line/test_commands.py": "command line",
    "tests/command_line/test_pipelines.py": "command line",
    "tests/processes/test_several.py": "installation",
    "tests/browser/test_article.py": "article",
    "tests/browser/test_density.py": "forty endpoints",
    "tests/browser/test_model_rows.py": "forty endpoints",
    "tests/browser/test_accessibility.py": "another browser",
    "tests/browser/test_keyboard.py": "another browser",
    "tests/browser/test_logs.py": "another browser",
    "tests/browser/test_endpoint_page.py": "another browser",
}
# The slowest come first, so that all workers end at about the same time; but not three that start demos at once.
SLOW = (
    "tests/team/",
    "tests/browser/test_accessibility.py",
    "tests/browser/",
    "tests/faults/test_real_workers.py",
    "tests/processes/test_demo.py",
    "tests/processes/",
    "tests/crashes/",
    "tests/command_line/test_addresses.py",
    "tests/command_line/test_commands.py",
    "tests/command_line/test_pipelines.py",
    "tests/deviations/",
    "tests/pages/test_list.py",
    "tests/contract/test_schemathesis.py",
    "tests/test_query_counts.py",
)


def pytest_configure(config: pytest.Config) -> None:
    """The workers of pytest-xdist inherit the variable."""
    if not hasattr(config, "workerinput"):
        os.environ["SHARED_BY_TESTS"] = tempfile.mkdtemp(prefix="speechstudio-shared-")
        if config.getoption("--long"):
            os.environ.setdefault("SCHEMATHESIS_EXAMPLES", "25")


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ["SHARED_BY_TESTS"], ignore_errors=True)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="include the tests that take too long for every run")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--long"):
        left_out = [item for item in items if item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    items.sort(key=lambda item: next((n for n, start in enumerate(SLOW) if item.nodeid.startswith(start)), len(SLOW)))


@pytest.fixture(scope="session")
def django_db_keepdb(request: pytest.FixtureRequest, django_db_modify_db_settings: None) -> bool:
    """Begin with a copy of a database that has been migrated before, as if an earlier run had left it."""
    if connection.vendor != "sqlite":
        return bool(request.config.getvalue("reuse_db"))
    shutil.copy(prepared.database(), connection.settings_dict["TEST"]["NAME"])
    return True


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Thousands of tests stay in memory to the end, so the garbage collector need not visit them."""
    gc.collect()
    gc.freeze()


class ByFile(LoadScopeScheduling):  # type: ignore[misc]  # pytest-xdist has no types
    """Distributes whole files to pytest-xdist's workers, or groups of files that share processes."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        # Two demos are enough for all browsers.
        return TOGETHER.get(file) or ("browser" if file.startswith("tests/browser/") else file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile:
    return ByFile(config, log)


class World:
    """The simulated service of one test: its clock, its faults, and the requests that it got."""

    def __init__(self, url: str, key: str = KEY) -> None:
        self.url, self.key = url, key

    def post(self, what: str, body: Any = None) -> Any:
        data = json.dumps({} if body is None else body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/_world/{what}", data, headers, method="POST")
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or b"null")

    def begin(self, **options: Any) -> None:
        """Reset it, with options of its command line (endpoints=3, deploy_seconds=20, ...)."""
        self.post("reset", options)

    def advance(self, seconds: float) -> None:
        self.post("advance", {"seconds": seconds})

    def stop(self) -> None:
        """Stop its clock, so that deployments do not end until `go`."""
        self.post("stop")

    def go(self) -> None:
        self.post("go")

    def fail(self, *faults: dict[str, Any]) -> None:
        """Make matching requests fail as described; replaces earlier faults."""
        self.post("faults", list(faults))

    def container(self) -> str:
        """The customer's own storage container, with a token that may list and read."""
        with urllib.request.urlopen(f"{self.url}/_world/container", timeout=10) as answer:
            return str(json.loads(answer.read())["container"])

    def ledger(self, method: str = "") -> list[dict[str, Any]]:
        """The requests it got, oldest first."""
        with urllib.request.urlopen(f"{self.url}/_world/ledger", timeout=10) as answer:
            entries: list[dict[str, Any]] = json.loads(answer.read())
        return [entry for entry in entries if not method or entry["method"] == method]

    def recognize(self, audio: bytes, locale: str) -> str:
        """The text of a WAV file, by short audio recognition."""
        address = f"{self.url}/speech/recognition/conversation/cognitiveservices/v1?language={locale}"
        headers = {"Ocp-Apim-Subscription-Key": self.key, "Content-Type": "audio/wav"}
        request = urllib.request.Request(address, audio, headers, method="POST")
        with urllib.request.urlopen(request, timeout=10) as answer:
            return str(json.loads(answer.read())["DisplayText"])

    def token(self) -> str:
        """An access token."""
        request = urllib.request.Request(
            f"{self.url}/sts/v1.0/issueToken", b"", {"Ocp-Apim-Subscription-Key": self.key}, method="POST"
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return str(answer.read().decode())

    def logs(self, endpoint_id: str) -> list[dict[str, Any]]:
        """The content logs of an endpoint, on the first page."""
        found: list[dict[str, Any]] = self.call("GET", f"/endpoints/{endpoint_id}/files/logs")["values"]
        return found

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request as another client of the service, for example Azure's own portal."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Ocp-Apim-Subscription-Key": self.key, "Content-Type": "application/json"}
        address = f"{self.url}/speechtotext/v3.2{path}"
        request = urllib.request.Request(address, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or b"null")


@pytest.fixture(scope="session")
def simulator() -> Iterator[str]:
    command = [sys.executable, "-m", CHECKED, "--port", "0", "--key", KEY, "--control"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["url"]
        process.terminate()


@pytest.fixture
def world(simulator: str) -> Iterator[World]:
    """A service in its initial state. After the test, all traffic must have followed the contract."""
    world = World(simulator)
    world.begin(rate_limit="0/0")
    yield world
    assert violations(simulator) == []


@pytest.fixture
def resource(db: None, world: World) -> Resource:
    """The Speech resource of the simulated service, not refreshed yet."""
    return resources.register(name="Contoso", region="eastus", url=world.url, key=KEY, api_version="v3.2")


class Worker:
    """Runs a worker's tasks in this process, without the waits between them."""

    def run_round(self) -> None:
        """One step of each open change and download, and a refresh of each resource."""
        for rows, task in ((Change.objects.open(), tasks.step), (Download.objects.active(), tasks.fetch)):
            rows.update(due_at=Now())
            for pk in rows.values_list("pk", flat=True):
                task(str(pk))
        self.mirror()

    def step(self, change: Change) -> Change:
        Change.objects.filter(pk=change.pk).update(due_at=Now())
        tasks.step(str(change.pk))
        change.refresh_from_db()
        return change

    def mirror(self) -> None:
        Resource.objects.update(due_at=Now())
        for pk in Resource.objects.values_list("pk", flat=True):
            tasks.mirror(str(pk))

    def download(self, download: Download) -> Download:
        for _round in range(10):
            if not download.active:
                break
            Download.objects.filter(pk=download.pk).update(due_at=Now())
            tasks.fetch(str(download.pk))
            download.refresh_from_db()
        return download


@pytest.fixture
def worker() -> Worker:
    return Worker()


@pytest.fixture
def start(settings: Any, world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Starts the product: runs `setup` with the resource of the environment; returns what it prints as errors."""
    monkeypatch.setattr("endpoints.management.commands.setup.assets.collect_static_files", lambda: None)
    monkeypatch.setattr("endpoints.management.commands.setup.assets.build_bundles", lambda: None)
    settings.DEMO = True

    def start(**changes: str) -> str:
        given = {"KEY": KEY, "REGION": "eastus", "ENDPOINT": world.url, "API_VERSION": ""} | changes
        for name, value in given.items():
            setattr(settings, f"SPEECH_{name}", value)
        said = io.StringIO()
        call_command("setup", stderr=said)
        return said.getvalue()

    return start


@pytest.fixture
def mirrored(resource: Resource, worker: Worker) -> Resource:
    """The resource with its projects, models and endpoints stored."""
    worker.mirror()
    resource.refresh_from_db()
    return resource


class Person(Client):
    """A test client of a person who has signed in."""

    user: Any


def person(name: str, role: str | None) -> Person:
    user = get_user_model().objects.create_user(name, password="a long enough word")
    if role:
        user.groups.add(Group.objects.get(name=role))
    client = Person()
    client.force_login(user)
    client.user = user
    return client


@pytest.fixture(autouse=True)
def _nothing_is_bound() -> Iterator[None]:
    """Lines of the log of one test do not have the request of another."""
    clear_contextvars()
    yield
    clear_contextvars()


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """Each test begins in English, whatever language another test has activated."""
    with translation.override("en"):
        yield


@pytest.fixture
def alice(db: None) -> Person:
    """May deploy."""
    return person("alice", "admin")


@pytest.fixture
def bob(db: None) -> Person:
    """May view endpoints."""
    return person("bob", "viewer")


@pytest.fixture
def lena(db: None) -> Person:
    """May read content logs."""
    return person("lena", "listener")


@pytest.fixture
def nemo(db: None) -> Person:
    """Has no permission."""
    return person("nemo", None)


# Two endpoints of one locale, and an address that leads to the first.


@pytest.fixture
def fabrikam(db: None) -> Resource:
    return a_resource()


@pytest.fixture
def blue(fabrikam: Resource) -> Endpoint:
    return an_endpoint("Blue", fabrikam)


@pytest.fixture
def green(fabrikam: Resource) -> Endpoint:
    return an_endpoint("Green", fabrikam)


@pytest.fixture
def hotline(alice: Person, blue: Endpoint) -> Any:
    return an_address(alice, blue)


@pytest.fixture
def redeploy() -> str:
    """How the service shows another model that is being deployed (see the README of the simulator)."""
    return "running"


@pytest.fixture
def endpoint(resource: Resource, world: World, worker: Worker, redeploy: str) -> Endpoint:
    """An endpoint that has been serving for a while."""
    world.begin(endpoints=1, rate_limit="0/0", switches={"redeploy": redeploy})
    worker.mirror()
    return Endpoint.objects.get()


@pytest.fixture
def other(endpoint: Endpoint) -> SpeechModel:
    """Another model that `endpoint` can change to."""
    return fitting(endpoint).first()


def fitting(endpoint: Endpoint) -> QuerySet[SpeechModel]:
    """Models that the endpoint could change to, and that do deploy."""
    models = SpeechModel.objects.deployable().filter(locale=endpoint.locale).exclude(pk=endpoint.model_id)
    return models.exclude(display_name__icontains="broken")


@pytest.fixture(autouse=True)
def _tables_can_be_emptied(request: pytest.FixtureRequest) -> Iterator[None]:
    """After a test with committed rows Django empties all tables and creates the triggers again (post_migrate)."""
    marker = request.node.get_closest_marker("django_db")
    committed = {"transactional_db", "live_server"} & {*request.fixturenames} or (
        marker and marker.kwargs.get("transaction")
    )
    if not committed:
        yield
        return
    request.getfixturevalue("transactional_db")
    yield
    append_only.drop_triggers()
