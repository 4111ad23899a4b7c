"""Web processes as a team has them, with two addresses in a PostgreSQL of their own."""

import contextlib
import os
import secrets
import subprocess
import sys

import httpx
from cryptography.fernet import Fernet

from speechstudio.demo import processes
from tests.demo import PLAIN, ROOT, environment, free_port, until

SET_UP = """
import django
django.setup()
from tests.addresses.conftest import address, resource, serving
there = resource()
address("hotline", serving(there, "a"), second=serving(there, "b"), share=0)
address("failed", serving(there, "c", status="Failed"))
"""


class Web:
    """gunicorn with two web processes, as docker-compose.yml starts it."""

    def __init__(self, home, database, **env):
        self.home, self.port, self.process = home, free_port(), None
        self.url = f"http://127.0.0.1:{self.port}"
        secret = {"SECRET_KEY": secrets.token_hex(32), "ENCRYPTION_KEYS": Fernet.generate_key().decode()}
        self.env = environment(home, DATABASE_URL=database, PYTHONPATH=f"{ROOT}{os.pathsep}{home}", **secret, **env)
        self.env["DJANGO_SETTINGS_MODULE"] = "speechstudio.settings"

    def set_up(self):
        done = subprocess.run([sys.executable, "-c", SET_UP], env=self.env, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    @contextlib.contextmanager
    def running(self, *options):
        command = processes.web(self.port, "--workers", "2", *options)
        with (self.home / "web.log").open("ab") as log:
            self.process = subprocess.Popen(command, env=self.env, cwd=ROOT, stdout=log, stderr=log)
        try:
            until(lambda: self.process.poll() is not None or processes.accepts(("127.0.0.1", self.port)))
            assert self.process.poll() is None, self.logged()
            yield self
        finally:
            self.process.terminate()
            self.process.wait(30)

    def logged(self):
        return (self.home / "web.log").read_text()

    def get(self, path, **headers):
        """Over a new connection, so that any process may answer."""
        return httpx.get(f"{self.url}{path}", headers=headers, trust_env=False, verify=PLAIN, timeout=30)

    def socket(self, name, query="", **headers):
        return self.get(f"/speech/{name}{query}", Upgrade="websocket", Connection="Upgrade", **headers)
