"""The demo: started, stopped in different ways, restarted, and started where it cannot run."""

import contextlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from bench.start import proportional_set
from speechstudio.demo.processes import accepts
from speechstudio.var import broker_socket
from tests import prepared
from tests.contract.violations import violations
from tests.demo import CHECKED, PLAIN, ROOT, Demo, descendants, environment, free_port, until
from tests.processes import servers
from tests.processes.person import signed_in

PARTS = {"valkey-server", "endpoints.simulator", "celery", "gunicorn"}


@pytest.fixture
def demo():
    """Starts demos, and stops those that are running after the test."""
    started = []

    def start(var, *options, **env):
        started.append(Demo(var, *options, **env))
        return started[-1].wait()

    yield start
    for demo in started:
        servers.tear_down(demo)


class Story:
    """A demo from its start to a signal: what it shows once it is ready, its processes, and those that were left."""

    def __init__(self, var, number, *options, deploy=""):
        self.number, self.var = number, var
        self.began = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}"
        demo = Demo(var, *options)
        try:
            self.tell(demo.wait(), deploy)
        finally:
            with demo.process:
                servers.end(demo.process)
            servers.kill(servers.with_var(demo.var))

    def tell(self, demo, deploy):
        with contextlib.closing(sqlite3.connect(demo.var / "db.sqlite3")) as database:
            self.swept = database.execute("select max(at) from endpoints_sweep").fetchone()[0]
        with signed_in(demo.url, "admin", "demo") as admin:
            self.first_rows = until(lambda: admin.rows)
            if deploy:
                admin.deploy(deploy)
            self.rows, self.found = set(admin.rows), admin.get("/endpoints/?q=Support+calls").text
        pids = everybody(demo)
        demo.process.send_signal(self.number)
        self.code = demo.process.wait(15)
        self.left = not nobody_is_left_of(demo, pids)
        self.last_words = demo.process.stdout.read()


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """The first demo with 50 endpoints, in which somebody deploys another one; it is stopped from the keyboard."""
    return Story(tmp_path_factory.mktemp("first"), signal.SIGINT, "--endpoints", "50", deploy="Support calls")


@pytest.fixture(scope="module")
def used(first, tmp_path_factory):
    """The VAR of a demo with 50 endpoints that has run before."""
    return shutil.copytree(first.var, tmp_path_factory.mktemp("used") / "var")


@pytest.fixture(scope="module")
def second(first, used):
    """Another demo with the same VAR; it is stopped by SIGTERM."""
    return Story(first.var, signal.SIGTERM, "--endpoints", "50")


@pytest.fixture
def var(used, tmp_path):
    """A VAR in which a demo has run before."""
    return shutil.copytree(used, tmp_path / "var")


@pytest.fixture(scope="module")
def running(used, tmp_path_factory):
    """A demo for tests that change nothing."""
    demo = Demo(shutil.copytree(used, tmp_path_factory.mktemp("running") / "var"))
    try:
        yield demo.wait()
    finally:
        servers.tear_down(demo)


def everybody(demo):
    """The processes of a demo when all of them have started."""
    until(lambda: set(demo.children) >= PARTS and len(demo.children["celery"]) > 1 < len(demo.children["gunicorn"]))
    return servers.family(demo.process)


def nobody_is_left_of(demo, pids):
    listening = accepts(str(broker_socket(demo.var)))
    return not listening and not [pid for pid in {*pids, *servers.with_var(demo.var)} if servers.alive(pid)]


def test_it_answers_and_asks_to_sign_in(running):
    url = running.url
    first = httpx.get(url, verify=PLAIN, trust_env=False)
    assert (first.status_code, first.headers["location"]) == (302, "/endpoints/")
    assert "strict-transport-security" not in first.headers
    second = httpx.get(f"{url}/endpoints/", verify=PLAIN, trust_env=False)
    assert (second.status_code, second.headers["location"]) == (302, "/sign-in/?next=/endpoints/")
    for name in ("admin", "listener", "viewer"):
        with signed_in(url, name, "demo") as person:
            assert person.get("/models/").status_code == 200


@pytest.mark.parametrize("story", ["first", "second"], ids=["SIGINT", "SIGTERM"])
def test_a_signal_ends_it_in_order_and_leaves_no_process(request, story):
    told = request.getfixturevalue(story)
    assert (told.code, told.left, told.last_words) == (0, False, "Stopping\n")


def test_all_processes_together_use_420_mib_at_most(running):
    with signed_in(running.url, "viewer", "demo") as viewer:
        assert until(lambda: viewer.rows)
    assert sum(proportional_set(pid) for pid in everybody(running)) <= 420


def test_ctrl_c_in_a_terminal_leaves_stopping_in_order_to_the_demo(running):
    """A terminal signals its whole foreground group, so each process of the demo has its own group."""
    groups = {os.getpgid(pid) for pid in descendants(running.process.pid)}
    assert groups
    assert os.getpgid(running.process.pid) not in groups


def test_no_process_is_left_when_it_is_killed(demo, var):
    running = demo(var)
    pids = everybody(running)
    running.process.kill()
    until(lambda: nobody_is_left_of(running, pids), seconds=15)


def test_started_again_it_has_what_it_had_and_keeps_what_was_deployed(first, second):
    assert first.rows == second.rows
    assert "Support calls" in first.found
    assert "Support calls" in second.found


@pytest.mark.parametrize("story", ["first", "second"], ids=["first start", "warm start"])
def test_it_says_that_it_is_ready_once_its_worker_has_swept(request, story):
    told = request.getfixturevalue(story)
    assert (told.swept or "") >= told.began


def test_a_warm_start_shows_rows(second):
    assert len(second.first_rows) >= 20


def test_the_page_says_so_when_no_worker_is_running(demo, var):
    running = demo(var)
    everybody(running)
    with signed_in(running.url, "viewer", "demo") as viewer:
        until(lambda: "No worker is running" not in viewer.get("/endpoints/").text)
        running.signal("celery", signal.SIGKILL)
        assert "The worker has ended (-9)" in running.process.stdout.readline()
        # As if there had been no sweep for more than ten seconds.
        with contextlib.closing(sqlite3.connect(var / "db.sqlite3", isolation_level=None)) as database:
            database.execute("update endpoints_sweep set at = datetime(at, '-12 seconds'), beat_at = null")
        assert "No worker is running" in viewer.get("/endpoints/").text


def test_a_broker_that_ended_is_reported_without_tracebacks(demo, var):
    running = demo(var)
    running.signal("valkey-server", signal.SIGKILL)
    said = ""
    while not ("The broker has ended (-9). It will restart in 15 s." in said and "Connection refused" in said):
        line = running.process.stdout.readline()
        assert line, said
        said += line
    assert "Message Error" not in said  # which Celery begins them with


def test_it_starts_without_its_broker_and_says_what_is_missing(demo, tmp_path):
    running = demo(prepared.fill(tmp_path), BROKER_URL=f"redis://127.0.0.1:{free_port()}/0")
    assert "Traceback" not in "".join(running.output)
    assert "Connection refused" in running.process.stdout.readline()
    assert httpx.get(f"{running.url}/health/live", verify=PLAIN, trust_env=False).status_code == 200


def test_what_is_doubtful_in_the_settings_is_said_once(demo, var):
    running = demo(var, TIMEZONE="Europe/Berlin")
    assert "".join(running.output).count("TIMEZONE is not a setting") == 1


@pytest.fixture
def service():
    """A Speech service that the demo has not started; yields its address."""
    command = [sys.executable, "-m", CHECKED, "--port", "0", "--key", "theirs", "--seed", "7", "--control"]
    process = subprocess.Popen([*servers.LEASH, *command], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    with process:
        try:
            url = json.loads(process.stdout.readline())["url"]
            yield url
            assert violations(url) == []
        finally:
            servers.end(process)


def test_with_a_key_it_shows_the_service_that_it_belongs_to_and_starts_no_simulator(demo, var, service):
    running = demo(var, SPEECH_KEY="theirs", SPEECH_REGION="eastus", SPEECH_ENDPOINT=service)
    assert "no simulator is started" in "".join(running.output)
    assert "endpoints.simulator" not in running.children
    assert not accepts(("127.0.0.1", running.simulator_port))
    how: dict[str, Any] = {"headers": {"Ocp-Apim-Subscription-Key": "theirs"}, "verify": PLAIN, "trust_env": False}
    models = httpx.get(f"{service}/speechtotext/v3.2/models", **how).json()["values"]
    with signed_in(running.url, "admin", "demo") as admin:
        until(lambda: models[0]["displayName"] in admin.get("/models/").text)
        resources = admin.get("/resources/").text
        assert service in resources
        assert "Contoso Speech" not in resources
        assert admin.rows == []


def test_a_start_without_the_key_sends_nothing_to_the_service_that_an_earlier_one_named(demo, var, service):
    theirs = {"SPEECH_KEY": "theirs", "SPEECH_REGION": "eastus", "SPEECH_ENDPOINT": service}
    paused = "Paused by <bdi>manage.py demo</bdi>"
    for env, simulated in ((theirs, False), ({}, True), ({}, True), (theirs, False)):
        running = demo(var, **env)
        with signed_in(running.url, "admin", "demo") as admin:
            resources = admin.get("/resources/").text
            assert (paused in resources, "Contoso Speech" in resources) == (simulated, simulated)
            assert service in resources
        with running.process:
            servers.end(running.process)


def started(var, **env):
    """A demo that could not start and has ended."""
    env = environment(var, **{"PORT": free_port(), "SIMULATOR_PORT": free_port(), **env})
    command = [sys.executable, str(ROOT / "manage.py"), "demo"]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)


def refused(var, **env):
    """The one line that such a demo prints to standard error."""
    done = started(var, **env)
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.parametrize("name", ["PORT", "SIMULATOR_PORT"])
def test_a_port_in_use_is_reported_in_one_line(tmp_path, name):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert refused(tmp_path, **{name: port}) == f"Port {port} is already in use. Set {name} to a free port.\n"


@pytest.mark.parametrize(("name", "text"), [("PORT", "many"), ("PORT", "70000"), ("SIMULATOR_PORT", "-1")])
def test_an_invalid_port_is_reported_in_one_line(tmp_path, name, text):
    assert f"{name}={text} isn't a port" in refused(tmp_path, **{name: text})


def test_a_var_that_cannot_be_written_is_reported_in_one_line():
    assert refused("/dev/null/var") == (
        "VAR=/dev/null/var cannot be written (Not a directory). Set VAR to a directory that can.\n"
    )


def test_a_missing_module_is_reported_in_one_line(tmp_path):
    (tmp_path / "django_htmx.py").write_text('raise ModuleNotFoundError("No such module", name="django_htmx")\n')
    assert refused(tmp_path, PYTHONPATH=tmp_path) == (
        "The module django_htmx is missing from .venv; delete .venv and run this again.\n"
    )


def test_ctrl_c_while_modules_are_loaded_ends_it_without_a_traceback(tmp_path):
    (tmp_path / "environ.py").write_text("raise KeyboardInterrupt\n")
    done = started(tmp_path, PYTHONPATH=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


@pytest.mark.parametrize(
    ("wrong", "id"),
    [
        ({"DATABASE_URL": "postgres://nobody:secret@127.0.0.1:1/none"}, "endpoints.E001"),
        ({"SPEECH_KEY": "k"}, "endpoints.E004"),
    ],
    ids=["no secrets", "no region"],
)
def test_invalid_settings_are_reported_without_a_traceback(tmp_path, wrong, id):
    done = started(tmp_path, **wrong)
    assert done.returncode == 1
    assert id in done.stderr
    assert "Traceback" not in done.stderr


def test_a_second_demo_with_the_same_var_is_refused_and_the_first_goes_on(running):
    pids = servers.family(running.process)
    assert refused(running.var) == f"A demo with VAR={running.var} is already running.\n"
    assert all(servers.alive(pid) for pid in pids)
    assert httpx.get(f"{running.url}/health/live", verify=PLAIN, trust_env=False).status_code == 200
