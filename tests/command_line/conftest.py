"""The file at /cli, run by a bare Python against the demo's server, its worker and its simulated service."""

import functools
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import urllib.request
from pathlib import Path
from uuid import uuid4

import pytest

from endpoints.api import command_line
from speechstudio.demo import processes
from tests import prepared
from tests.demo import ROOT, Demo, until
from tests.processes import servers

RESOURCE = "Contoso Speech"
TOKEN = """
import django
django.setup()
from django.contrib.auth.models import User
from endpoints.access import tokens
for name in ("admin", "viewer"):
    person = User.objects.get(username=name)
    print(tokens.create(person, "pipeline", days=30, rights=None, actor=person)[1])
"""
SECONDS = 600


@functools.cache
def pythons():
    """The Pythons at hand that the command line promises to run with, each once."""
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    found = {}
    for minor in range(9, 15):
        # A program of the path may be one of pyenv's, which runs only what was chosen.
        here = [
            *map(str, sorted(root.glob(f"3.{minor}.*/bin/python3"), reverse=True)),
            shutil.which(f"python3.{minor}"),
        ]
        if works := [
            python for python in here if python and not subprocess.run([python, "-V"], capture_output=True).returncode
        ]:
            found[minor] = works[0]
    return {**found, sys.version_info[1]: sys.executable}


class Ended:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    @property
    def json(self):
        return json.loads(self.out)

    def __repr__(self):
        return f"exit code {self.code}\n{self.out}\n{self.err}"


class CommandLine:
    """Runs the file with a token of `token`; nothing else of the environment reaches it."""

    def __init__(self, file, url, token, home):
        self.file, self.url, self.token, self.home = file, url, token, home

    def start(self, *arguments, python=sys.executable, **env):
        given = {"SPEECHSTUDIO_URL": self.url, "SPEECHSTUDIO_TOKEN": self.token, "HOME": str(self.home), **env}
        given["PATH"] = os.environ["PATH"]
        return subprocess.Popen(
            [python, "-I", "-W", "error", str(self.file), *arguments],
            cwd=self.home,
            env={name: value for name, value in given.items() if value is not None},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *arguments, text="", **more):
        with self.start(*arguments, **more) as process:
            try:
                out, err = process.communicate(text, timeout=SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                raise AssertionError(process.communicate()) from None
        return Ended(process.returncode, out, err)


class Web:
    """A web server of the demo's installation that a test may stop and start again at the same port."""

    def __init__(self, demo, log):
        self.port, self.log = processes.free_port(), log
        self.env = {**demo.env, "DEMO": "true", "LOOK_SECONDS": "10", "PORT": str(self.port)}
        self.url, self.process = f"http://127.0.0.1:{self.port}", None

    def start(self):
        with self.log.open("ab") as log:
            command = [*servers.LEASH, *processes.web(self.port)]
            self.process = subprocess.Popen(command, cwd=ROOT, env=self.env, stdout=log, stderr=log)
        until(lambda: processes.accepts(("127.0.0.1", self.port)))

    def stop(self):
        servers.end(self.process)


@pytest.fixture(scope="package")
def demo(tmp_path_factory):
    var = prepared.fill(tmp_path_factory.mktemp("command-line"))
    demo = Demo(var, "--deploy-seconds", "1", "--logs", "3", "--control", SWEEP_SECONDS=1)
    yield demo.wait()
    servers.tear_down(demo)


@pytest.fixture(scope="package")
def tokens(demo):
    """Of admin, who may do everything, and of viewer."""
    env = {**demo.env, "DEMO": "true", "DJANGO_SETTINGS_MODULE": "speechstudio.settings", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", TOKEN], env=env, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    admin, viewer = done.stdout.split()
    return {"admin": admin, "viewer": viewer}


@pytest.fixture(scope="session")
def file(tmp_path_factory):
    made = tmp_path_factory.mktemp("cli") / "speechstudio.py"
    made.write_bytes(command_line.program())
    return made


@pytest.fixture
def cli(file, demo, tokens, tmp_path):
    return CommandLine(file, demo.url, tokens["admin"], tmp_path)


@pytest.fixture
def alone(file, tmp_path):
    """The command line without a server."""
    return CommandLine(file, "http://127.0.0.1:9", "a-token-of-nobody", tmp_path)


@pytest.fixture
def web(demo, tmp_path):
    server = Web(demo, tmp_path / "web.log")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def name():
    """Of an endpoint that no other test has."""
    return f"Voicemail {uuid4().hex[:8]}"


@pytest.fixture
def deployed(cli, name):
    """The name of an endpoint with the model of 2025."""
    done = cli("deploy", name, "20250915", "--locale", "en-US", "--content-logging", "--wait", "10m")
    assert done.code == 0, done
    return name


@pytest.fixture
def address_for(cli):
    """Adds an address for an endpoint, as its page does."""

    def add(name, endpoint):
        body = json.dumps({"name": name, "endpoint": cli("show", endpoint, "--json").json["id"]}).encode()
        headers = {"Authorization": f"Bearer {cli.token}", "Idempotency-Key": str(uuid4())}
        headers["Content-Type"] = "application/json"
        request = urllib.request.Request(f"{cli.url}/api/v1/addresses", body, headers, method="POST")
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            return json.load(answer)

    return add


@pytest.fixture
def database(demo):
    with sqlite3.connect(demo.var / "db.sqlite3", timeout=30) as connection:
        yield connection
    connection.close()


def interrupt(process):
    process.send_signal(signal.SIGINT)


def line_with(stream, words):
    """Read lines until one has these words; returns it."""
    read = []
    for line in stream:
        read.append(line)
        if words in line:
            return line
    raise AssertionError("".join(read))
