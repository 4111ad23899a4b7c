"""Runs web, workers and beat as docker-compose.yml does, with several simulated Speech resources."""

import re
import secrets
import shutil
import subprocess
import sys
import uuid
from typing import Self

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

from bench.durability import rows_of
from bench.product import ROOT, Failed, Person, Product, environment
from endpoints.models import Resource
from speechstudio.demo import processes
from speechstudio.var import broker_socket

WORKERS = re.compile(r"command: celery -A speechstudio (worker .*-n (\S+)@%h.*)")
PASSWORD = "demo"  # as Person signs in


class Installation(Product):
    """The processes of docker-compose.yml, with the demo's broker and SQLite; removed when the block ends.

    `resources`: names of Speech resources, each with a simulated service of its own that can be controlled.
    """

    def __init__(self, *resources: str, endpoints: int, **settings: object) -> None:
        super().__init__()
        self.endpoints, self.key = endpoints, secrets.token_hex(16)
        self.ports = {name: processes.free_port() for name in resources}
        self.env = environment(VAR=self.var, HOME=self.var, PYTHONPATH=ROOT, DEMO="true", PORT=self.port, **settings)

    def start(self) -> Self:
        listens = broker_socket(self.var)
        listens.parent.mkdir(mode=0o700)
        self.processes.start("broker", processes.broker(listens, self.var), self.env)
        self.processes.wait_for("broker", lambda: processes.accepts(str(listens)))
        self._set_up()
        for name in self.ports:
            self.start_service(name)
        self.processes.start("web", processes.web(self.port, "--workers", "2"), self.env)
        for options, name in WORKERS.findall((ROOT / "docker-compose.yml").read_text()):
            self.processes.start(name, self._celery(*options.replace("%h", "bench").split()), self.env)
        if not {"worker", "logs-worker"} <= set(self.processes.running):
            raise Failed("docker-compose.yml has not the workers that are measured.")
        self.processes.start("beat", self._celery("beat", "-s", str(self.var / "beat"), "--pidfile="), self.env)
        return self

    def _set_up(self) -> None:
        command = [sys.executable, str(ROOT / "manage.py"), "setup"]
        done = subprocess.run(command, env=self.env, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Failed(f"The set-up failed: {done.stderr.strip()}")
        with rows_of(self):
            person = get_user_model().objects.create_superuser("admin", password=PASSWORD)
            person.groups.add(Group.objects.get(name="admin"))

    def _celery(self, *options: str) -> list[str]:
        return [sys.executable, "-m", "celery", "-A", "speechstudio", *options]

    def start_service(self, name: str) -> None:
        """Start the simulated service of a resource, with the endpoints that it had before."""
        state = ["--state", str(self.var / f"{name}.json"), "--rate-limit", "0/0", "--deploy-seconds", "0", "--control"]
        world = ["--endpoints", str(self.endpoints), "--logs", "4"]
        command = processes.simulator(self.ports[name], self.key, *world, *state)
        self.processes.start(name, command, self.env, wait_for_line=True)

    def restart_service(self, name: str) -> None:
        """End what it is answering, and start it again."""
        self.processes.running[name].kill()
        self.processes.running[name].wait()
        self.start_service(name)

    def register(self, person: Person) -> None:
        """Register the resources as a person does, and wait until their endpoints are listed."""
        self.add_resources(person)
        unread = Resource.objects.filter(mirrored_at=None)
        person.wait_until(lambda: not unread.exists(), every=0.1)

    def add_resources(self, person: Person) -> None:
        for name, port in self.ports.items():
            typed = {"name": name, "region": "eastus", "url": f"http://127.0.0.1:{port}", "api_version": "v3.2"}
            answer = person.post("/resources/new/", **typed, auth="key", new_key=self.key)
            if answer.status_code == 302:  # to the draft, which is used without waiting for its test
                answer = person.post(answer.headers["Location"], action="use")
            if answer.status_code != 302:
                raise Failed(f"The resource {name} could not be registered: {answer.status_code}")

    def check_alive(self) -> None:
        if ended := self.processes.ended():
            raise Failed(self.processes.why(next(iter(ended))))

    def __exit__(self, *error: object) -> None:
        self.processes.stop()
        shutil.rmtree(broker_socket(self.var).parent, ignore_errors=True)
        shutil.rmtree(self.var, ignore_errors=True)


def edited(person: Person, endpoint: object) -> uuid.UUID:
    """Press Save in the form Edit endpoint; returns the id of the change that was requested."""
    key = uuid.uuid4()
    typed = {"key": str(key), "seen": "", "reason": "", "name": f"Edited {key}", "description": ""}
    answer = person.post(f"/endpoints/{endpoint}/edit/", **typed)
    if answer.status_code != 302:
        raise Failed(f"The edit was not accepted: {answer.status_code}")
    return key
