"""docker-compose.yml without an engine: its own command lines and environment, as processes of this machine."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import yaml
from cryptography.fernet import Fernet

from tests.demo import ROOT, environment, free_port, until
from tests.processes import servers
from tests.processes.person import signed_in

FILE = ROOT / "docker-compose.yml"
TEXT = FILE.read_text()
SERVICES = yaml.safe_load(TEXT)["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
DOCKERFILE = (ROOT / "Dockerfile").read_text()
NEEDED = {"POSTGRES_PASSWORD": "p", "SECRET_KEY": "s", "ENCRYPTION_KEYS": "e"}
BIN = Path(sys.executable).parent
PASSWORD = "a long enough word"
VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")


def filled(text, given):
    """A text of the file with its variables replaced, as Compose does it."""

    def value(found):
        name, kind, rest = found.groups()
        if given.get(name):
            return given[name]
        assert kind == "-", f"{name} is needed: {rest}"
        return rest

    return VARIABLE.sub(value, text)


class Installation:
    """What the file describes, with this machine's ports and directories in place of the containers'."""

    def __init__(self, postgresql, redis_port, home):
        self.home, self.running, self.broken = home, {}, None
        self.port, self.simulator_port = free_port(), free_port()
        self.url, self.simulator_url = (f"http://127.0.0.1:{port}" for port in (self.port, self.simulator_port))
        (home / "var").mkdir()
        (home / "tmp").mkdir()
        self.places = {
            "@postgres:5432/": f"@127.0.0.1:{postgresql.port}/",
            "//redis:6379/": f"//127.0.0.1:{redis_port}/",
            "0.0.0.0:8000": f"127.0.0.1:{self.port}",
            "127.0.0.1:8000": f"127.0.0.1:{self.port}",
            "--port 8100": f"--port {self.simulator_port}",
            "/var/lib/speechstudio": str(home / "var"),
            "/tmp/": f"{home}/tmp/",  # noqa: S108 (the container's own)
        }
        self.dotenv = {
            "POSTGRES_PASSWORD": postgresql.password,
            "SECRET_KEY": "only these tests sign with it",
            "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
            "ALLOWED_HOSTS": "studio.example.com",
            "SPEECH_KEY": "simulated",
            "SPEECH_REGION": "eastus",
            "SPEECH_ENDPOINT": self.simulator_url,
        }

    def here(self, text):
        text = filled(text, self.dotenv)
        for there, here in self.places.items():
            text = text.replace(there, here)
        return text

    def environment(self, service):
        of_the_image = dict(pair.split("=", 1) for pair in re.search(r"^ENV (.+)", DOCKERFILE, re.M)[1].split())
        del of_the_image["PATH"]
        env = {**of_the_image, **OURS[service]["environment"]}
        env = {name: self.here(str(value)) for name, value in env.items()}
        path = f"{BIN}:{os.environ['PATH']}"
        return {**environment(self.home, PATH=path, TMPDIR=self.home / "tmp"), **env, "HOME": "/nonexistent"}

    def run(self, service, command=None, **more):
        """A command in a container of its own; the service's own unless another one is given."""
        command = command or shlex.split(self.here(OURS[service]["command"]))
        env = {**self.environment(service), **more}
        return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)

    def start(self, service):
        program, *arguments = shlex.split(self.here(OURS[service]["command"]))
        env = self.environment(service)
        program = shutil.which(program, path=env["PATH"])
        with self.log(service).open("wb") as log:
            command = [*servers.LEASH, program, *arguments]
            self.running[service] = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log)

    def up(self):
        """All that runs for long, and wait until the product says that it is ready."""
        for service in ("simulator", "web", "worker", "beat"):
            if service not in self.running:
                self.start(service)
        assert self.broken is None, self.broken
        try:
            until(lambda: self.ended() or self.ready() == 200, seconds=30)
            assert not self.ended()
        except AssertionError:
            logs = "\n".join(f"{service}: {self.log(service).read_text()}" for service in self.running)
            self.broken = f"The installation answers {self.ready()}; ended: {self.ended()}\n{logs}"
            raise AssertionError(self.broken) from None
        return self

    def ready(self):
        try:
            return httpx.get(f"{self.url}/health/ready", trust_env=False).status_code
        except httpx.TransportError:
            return None

    def ended(self):
        return [service for service, process in self.running.items() if process.poll() is not None]

    def log(self, service):
        return self.home / f"{service}.log"

    def down(self):
        for process in self.running.values():
            servers.end(process)
        self.running.clear()


@pytest.fixture(scope="module")
def set_up(postgresql, tmp_path_factory):
    """The databases run and the service `setup` has done its work."""
    if not servers.REDIS:
        pytest.skip("Redis is not installed")
    home = tmp_path_factory.mktemp("installation")
    postgresql.ask("postgres", "create database speechstudio")
    with servers.redis(SERVICES["redis"]["command"], home) as redis_port:
        installation = Installation(postgresql, redis_port, home)
        try:
            installation.setup = installation.run("setup")
            yield installation
        finally:
            installation.down()


@pytest.fixture
def installation(set_up):
    return set_up.up()


@pytest.fixture
def alice(installation):
    """The first person of an installation, as the README makes her."""
    words = {"DJANGO_SUPERUSER_PASSWORD": PASSWORD, "DJANGO_SUPERUSER_EMAIL": "alice@example.com"}
    command = ["python", "manage.py", "createsuperuser", "--noinput", "--username", "alice"]
    made = installation.run("web", command, **words)
    assert made.returncode == 0 or "already taken" in made.stderr, made.stderr
    with signed_in(installation.url, "alice", PASSWORD) as alice:
        yield alice


def names_of(installation, what):
    """What the simulated service itself has."""
    address = f"{installation.simulator_url}/speechtotext/v3.2/{what}"
    answer = httpx.get(address, headers={"Ocp-Apim-Subscription-Key": "simulated"}, trust_env=False)
    return [value["displayName"] for value in answer.json()["values"]]


def test_setup_ends_well_and_names_the_resource_that_the_environment_names(set_up):
    assert set_up.setup.returncode == 0, set_up.setup.stderr
    assert f", {set_up.simulator_url}" in set_up.setup.stdout
    assert set_up.setup.stderr == ""


def test_setup_again_changes_nothing(set_up, postgresql):
    asked = "select count(*), min(url) from endpoints_resource"
    before = postgresql.ask("speechstudio", asked)
    assert before == [(1, set_up.simulator_url)]
    assert set_up.run("setup").returncode == 0
    assert postgresql.ask("speechstudio", asked) == before


def test_web_worker_and_beat_become_ready_together(installation, postgresql):
    answer = httpx.get(f"{installation.url}/health/ready", trust_env=False)
    assert answer.json() == {"database": True, "worker": True}
    swept = "select at from endpoints_sweep"
    before = postgresql.ask("speechstudio", swept)
    until(lambda: postgresql.ask("speechstudio", swept) != before)


def test_the_health_check_of_the_file_passes_whatever_the_allowed_hosts_are(installation):
    kind, *command = OURS["web"]["healthcheck"]["test"]
    assert kind == "CMD"
    assert "127.0.0.1" not in installation.dotenv["ALLOWED_HOSTS"]
    checked = installation.run("web", [installation.here(word) for word in command])
    assert checked.returncode == 0, checked.stderr


def test_models_of_the_service_are_shown(alice, installation):
    names = names_of(installation, "models")
    assert names
    until(lambda: names[0] in alice.get("/models/").text)


def test_what_a_person_deploys_reaches_the_service(alice, installation):
    until(lambda: 'value="project:' in alice.get("/endpoints/new/").text)
    alice.deploy("Support calls")
    until(lambda: "Support calls" in names_of(installation, "endpoints"))


@pytest.mark.parametrize("service", ["web", "worker", "beat", "simulator"])
def test_a_service_stops_in_its_grace_time_and_leaves_nobody_behind(installation, service):
    process = installation.running.pop(service)
    everybody = servers.family(process)
    patience = int(OURS[service].get("stop_grace_period", "10s").removesuffix("s"))
    assert servers.end(process, signal.SIGTERM, patience) in (0, -signal.SIGTERM)
    assert "Traceback" not in installation.log(service).read_text()
    assert [pid for pid in everybody if servers.alive(pid)] == []


def compose(directory, **variables):
    """Let Compose itself read the file, away from anybody's .env."""
    shutil.copy(FILE, directory)
    env = environment(directory, **variables)
    for program in (["docker", "compose"], ["docker-compose"]):
        found = shutil.which(program[0])
        if found and subprocess.run([*program, "version"], env=env, capture_output=True).returncode == 0:
            return subprocess.run([*program, "config", "-q"], cwd=directory, env=env, capture_output=True, text=True)
    return pytest.skip("Docker Compose is not installed")


def test_compose_accepts_the_file_with_the_three_variables_that_it_needs(tmp_path):
    done = compose(tmp_path, **NEEDED)
    assert done.returncode == 0, done.stderr


def test_compose_refuses_the_file_without_them(tmp_path):
    done = compose(tmp_path)
    assert done.returncode != 0
    assert "set it in .env" in done.stderr


def test_the_file_asks_for_exactly_the_secrets_and_has_no_default_for_any():
    variables = {name: kind for name, kind, _rest in VARIABLE.findall(TEXT)}
    assert {name for name, kind in variables.items() if kind == "?"} == set(NEEDED)
    for name, value in SERVICES["web"]["environment"].items():
        if any(word in name for word in ("KEY", "PASSWORD", "SECRET")):
            assert filled(value, NEEDED) in ("", *NEEDED.values())
    assert "speechstudio:${POSTGRES_PASSWORD" in SERVICES["web"]["environment"]["DATABASE_URL"]


@pytest.mark.parametrize("service", OURS)
def test_our_services_may_do_little(service):
    described = OURS[service]
    assert described["read_only"] is True
    assert described["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in described["security_opt"]
    assert described.get("user", "10001") not in ("root", "0")
    assert "privileged" not in described


def test_only_the_web_server_is_reachable_from_outside():
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["web"]


def test_the_image_runs_the_web_server_as_a_person_without_rights():
    instructions = [line.split(" ", 1) for line in DOCKERFILE.splitlines()]
    users = [rest for name, rest in instructions if name == "USER"]
    assert users
    assert users[-1] not in ("root", "0")
    assert f"-o {users[-1]} /var/lib/speechstudio" in DOCKERFILE
    command = json.loads(next(rest for name, rest in instructions if name == "CMD"))
    assert command[:2] == shlex.split(OURS["web"]["command"])[:2] == ["gunicorn", "speechstudio.wsgi"]
