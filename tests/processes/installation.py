"""Runs the services of both Compose files without containers: their commands and environments as processes here."""

import os
import re
import secrets
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import yaml
from cryptography.fernet import Fernet

from tests.contract.violations import violations
from tests.demo import CHECKED, PLAIN, ROOT, environment, free_port, until
from tests.processes import servers

FILE, WITH_SIMULATOR = ROOT / "docker-compose.yml", ROOT / "docker-compose.simulator.yml"
TEXT = FILE.read_text()
SERVICES = yaml.safe_load(TEXT)["services"]
ADDED = yaml.safe_load(WITH_SIMULATOR.read_text())["services"]
SIMULATOR = ADDED["simulator"]
IMAGE = SERVICES["setup"]["image"]
OURS = {name: one for name, one in SERVICES.items() if one["image"] == IMAGE} | {"simulator": SIMULATOR}
DOCKERFILE = (ROOT / "Dockerfile").read_text()
BIN = Path(sys.executable).parent
VARIABLE = re.compile(r"(\w+)(?::([-?+])(.*))?", re.DOTALL)


def variables(text):
    """Each outermost `${...}` of a text: start, end, name, kind (-, ? or +), and what follows that."""
    start = text.find("${")
    while start >= 0:
        depth, end = 1, start + 2
        while depth:
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            end += 1
        yield start, end, *VARIABLE.fullmatch(text[start + 2 : end - 1]).groups()
        start = text.find("${", end)


def filled(text, given):
    """A text of docker-compose.yml with its variables replaced, as Compose does it."""
    done, at = "", 0
    for start, end, name, kind, rest in variables(text):
        value = given.get(name)
        if kind == "+":
            value = filled(rest, given) if value else ""
        elif not value:
            assert kind == "-", f"{name} is needed: {rest}"
            value = filled(rest, given)
        done, at = f"{done}{text[at:start]}{value}", end
    return done + text[at:]


class Installation:
    """The services of docker-compose.yml with ports and directories of this machine."""

    setup: subprocess.CompletedProcess  # how `setup` went
    patience = 400  # seconds that a command may take

    def __init__(self, postgresql, redis, home):
        self.postgresql, self.redis = postgresql, redis
        self.home, self.running, self.broken = home, {}, None
        self.port, self.simulator_port = free_port(), free_port()
        self.url, self.simulator_url = (f"http://127.0.0.1:{port}" for port in (self.port, self.simulator_port))
        (home / "var").mkdir()
        (home / "tmp").mkdir()
        self.places = {
            "/tmp/": f"{home}/tmp/",  # noqa: S108 (the container's own; first, because others may lead there)
            "@postgres:5432/": f"@127.0.0.1:{postgresql.port}/",
            "//redis:6379/": f"//127.0.0.1:{redis.port}/",
            "0.0.0.0:8000": f"127.0.0.1:{self.port}",
            '"127.0.0.1", 8000': f'"127.0.0.1", {self.port}',
            "--port 8100": f"--port {self.simulator_port}",
            "/var/lib/speechstudio": str(home / "var"),
        }
        self.dotenv = {
            "POSTGRES_PASSWORD": postgresql.password,
            "POSTGRES_APP_PASSWORD": secrets.token_hex(16),
            "SECRET_KEY": "only these tests sign with it",
            "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
            "ALLOWED_HOSTS": "studio.example.com",
            "DOWNLOAD_DAYS": "3",
            "METRICS_TOKEN": "a token of these tests",
            "SPEECH_KEY": "simulated",
            "SPEECH_REGION": "eastus",
            "SPEECH_ENDPOINT": self.simulator_url,
        }

    def here(self, text, *, checked=True):
        """A text of the file with local addresses and paths. With `checked`, the simulator checks all traffic."""
        text = filled(text, self.dotenv)
        for there, here in self.places.items():
            text = text.replace(there, here)
        return text.replace("-m endpoints.simulator", f"-m {CHECKED} --control") if checked else text

    def environment(self, service):
        of_the_image = dict(pair.split("=", 1) for pair in re.search(r"^ENV (.+)", DOCKERFILE, re.M)[1].split())
        del of_the_image["PATH"]
        of_the_image |= {"STATIC_ROOT": "/tmp/static", "ALIVE_FILE": f"/tmp/alive-{service}"}  # noqa: S108 (the container's own)
        dotenv = self.dotenv if "env_file" in OURS[service] else {}
        env = {**of_the_image, **dotenv, **OURS[service].get("environment", {})}
        env = {name: self.here(str(value)) for name, value in env.items()}
        path = f"{BIN}:{os.environ['PATH']}"
        return {**environment(self.home, PATH=path, TMPDIR=self.home / "tmp"), **env, "HOME": "/nonexistent"}

    def run(self, service, command=None, **more):
        """Run a command with the environment of a service; without `command`, that of the service."""
        command = command or shlex.split(self.here(OURS[service]["command"]))
        env = {**self.environment(service), **more}
        return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=self.patience)

    def start(self, service, number=1):
        """Start a service, or one more of it with this number; returns its name here."""
        command, env, name = self.here(OURS[service]["command"]), self.environment(service), service
        if number > 1:  # containers have a host name and a /tmp each
            name = f"{service}-{number}"
            command = command.replace("@%h", f"-{number}@%h").replace("tmp/beat", f"tmp/{name}")
            command = command.replace("--concurrency 8", "--concurrency 2")  # which this machine has room for
            env["ALIVE_FILE"] = f"{env['ALIVE_FILE']}-{number}"
        program, *arguments = shlex.split(command)
        program = shutil.which(program, path=env["PATH"])
        with self.log(name).open("ab") as log:
            command = [*servers.LEASH, program, *arguments]
            self.running[name] = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log)
        return name

    def up(self):
        """Start all long-running services, and wait until the product is ready."""
        for service in ("simulator", "web", "worker", "logs-worker", "beat"):
            if service not in self.running:
                self.start(service)
        assert self.broken is None, self.broken
        try:
            until(lambda: self.ended() or self.ready() == 200, seconds=300)
            assert not self.ended()
        except AssertionError:
            logs = "\n".join(f"{service}: {self.log(service).read_text()}" for service in self.running)
            self.broken = f"The installation answers {self.ready()}; ended: {self.ended()}\n{logs}"
            raise AssertionError(self.broken) from None
        return self

    def ready(self):
        try:
            allowed = {"Authorization": f"Bearer {self.dotenv['METRICS_TOKEN']}"}
            return httpx.get(f"{self.url}/health/all", headers=allowed, trust_env=False, verify=PLAIN).status_code
        except httpx.TransportError:
            return None

    def ended(self):
        return [service for service, process in self.running.items() if process.poll() is not None]

    def log(self, service):
        return self.home / f"{service}.log"

    def stop(self, service, seconds=20):
        """Stop a service as a container engine does; returns its exit code."""
        if service == "simulator":
            assert violations(self.simulator_url) == []
        return servers.end(self.running.pop(service), seconds=seconds)

    def down(self):
        """Stop everything, even after a failed check."""
        try:
            if "simulator" in self.running:
                self.stop("simulator")
        finally:
            for process in self.running.values():
                servers.kill(servers.family(process))
                process.wait()
            self.running.clear()
