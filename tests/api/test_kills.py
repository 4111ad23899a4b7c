"""Programs that repeat their requests while web processes are killed: nothing is doubled, nothing is lost."""

import contextlib
import itertools
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from speechstudio.demo.processes import free_port, web
from tests import prepared
from tests.demo import PLAIN, ROOT, descendants, environment, until
from tests.processes import servers

PROGRAMS = 6  # at once
KILL_EVERY = 12  # requests: a worker process, and the whole server after half of them
# A person with a token, and a model that can be deployed. Prints both as JSON.
SEED = """
import django, json
django.setup()
from django.contrib.auth.models import Group, User
from endpoints.access import tokens
from endpoints.models import Resource, SpeechModel
robot = User.objects.create_user("robot")
robot.groups.add(Group.objects.get(name="admin"))
_token, secret = tokens.create(robot, "pipeline", days=1, rights=None, actor=robot)
model = SpeechModel.objects.create(
    resource=Resource.objects.create(name="Contoso", region="eastus"), remote_id="1", kind="base",
    display_name="Base", locale="en-US", status="Succeeded", supports_endpoints=True)
print(json.dumps({"secret": secret, "model": str(model.pk)}))
"""


class Server:
    """Two web processes over a database of their own, that can be killed and started again."""

    def __init__(self, var):
        self.var, self.port = prepared.fill(var), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.env = environment(
            var,
            BROKER_URL="redis://127.0.0.1:1/0",
            API_REQUESTS_PER_MINUTE=1_000_000,
            DJANGO_SETTINGS_MODULE="speechstudio.settings",
        )
        self.seed = json.loads(self.run("-c", SEED).splitlines()[-1])
        self.process = None

    def run(self, *command):
        done = subprocess.run([sys.executable, *command], cwd=ROOT, env=self.env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self):
        with (self.var / "web.log").open("ab") as log:
            command = [*servers.LEASH, *web(self.port, "--workers", "2")]
            self.process = subprocess.Popen(command, cwd=ROOT, env=self.env, stdout=log, stderr=log)

    def kill(self, everything):
        workers = descendants(self.process.pid)
        for pid in [self.process.pid, *workers] if everything else workers[:1]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if everything:
            self.process.wait()
            self.start()


@pytest.fixture
def server(tmp_path):
    server = Server(tmp_path)
    server.start()
    yield server
    servers.end(server.process)


class Programs:
    """Send each request with its key until it is accepted, and then once more, as one does whose answer was lost."""

    def __init__(self, server, count):
        self.server, self.count, self.numbers, self.lock = server, count, iter(range(count)), threading.Lock()
        self.sent = itertools.count()

    def next(self):
        """The next request; the others are under way when a process is killed."""
        with self.lock:
            number = next(self.numbers, None)
            if number == self.count // 2:
                self.server.kill(everything=True)
            elif number and number % KILL_EVERY == 0:
                self.server.kill(everything=False)
            return number

    def go(self, _program):
        accepted = {}
        while (number := self.next()) is not None:
            accepted[number] = {self.accepted(number) for _time in range(2)}
        return accepted

    def accepted(self, number):
        found = until(lambda: self.send(number), seconds=120)
        return found["id"]

    def send(self, number):
        next(self.sent)
        headers = {"Authorization": f"Bearer {self.server.seed['secret']}", "Idempotency-Key": f"release-{number}"}
        body = {"name": f"Endpoint {number}", "model": self.server.seed["model"]}
        address = f"{self.server.url}/api/v1/endpoints"
        try:
            answer = httpx.post(address, json=body, headers=headers, timeout=20, trust_env=False, verify=PLAIN)
        except httpx.HTTPError:
            return None
        assert answer.status_code in (202, 503), answer.text
        return answer.json() if answer.status_code == 202 else None


@pytest.mark.parametrize("count", [250, pytest.param(2500, marks=pytest.mark.long)])
def test_repeated_requests_are_carried_out_once_while_web_processes_are_killed(count, server):
    programs = Programs(server, count)
    with ThreadPoolExecutor(PROGRAMS) as pool:
        accepted = [part for parts in pool.map(programs.go, range(PROGRAMS)) for part in parts.items()]
    assert len(accepted) == count
    assert next(programs.sent) >= 2 * count
    assert {len(ids) for _number, ids in accepted} == {1}
    rows = sqlite3.connect(server.var / "db.sqlite3")
    with contextlib.closing(rows):
        assert {str(pk).replace("-", "") for _number, (pk,) in accepted} == {
            str(pk) for (pk,) in rows.execute("SELECT id FROM endpoints_change")
        }
        asked = "SELECT count(*) FROM endpoints_event WHERE verb = 'requested-create'"
        endpoints = "SELECT count(*), count(DISTINCT display_name) FROM endpoints_endpoint"
        assert rows.execute(asked).fetchone() == (count,)
        assert rows.execute(endpoints).fetchone() == (count, count)
