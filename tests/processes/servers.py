"""Starts and stops the installed PostgreSQL and Redis for tests."""

import contextlib
import os
import pwd
import secrets
import shlex
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import psycopg

from speechstudio.demo.processes import accepts
from speechstudio.var import broker_socket
from tests import prepared
from tests.demo import descendants, free_port, until

OWNER = "speechstudio"


def newest(pattern):
    """The program of the newest installed version, or None."""
    found = sorted(Path("/").glob(pattern.lstrip("/")), key=lambda path: [int(n) for n in path.parts if n.isdigit()])
    return found[-1] if found else None


INITDB = newest("/usr/lib/postgresql/*/bin/initdb")
REDIS = shutil.which("redis-server")
NGINX, PGBOUNCER = (shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin") for name in ("nginx", "pgbouncer"))
# Of a configuration whose {home} is a directory of the test; `server` and the closing brace of http follow.
NGINX_HEAD = """
daemon off;
pid {home}/nginx.pid;
error_log {home}/error.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {home}/body;
  proxy_temp_path {home}/proxy;
  fastcgi_temp_path {home}/fastcgi;
  uwsgi_temp_path {home}/uwsgi;
  scgi_temp_path {home}/scgi;
  proxy_set_header Host $http_host;
  proxy_set_header X-Forwarded-Proto https;
"""
# The kernel ends the server when the tests are killed.
LEASH = ["setpriv", "--pdeathsig", "INT"] if shutil.which("setpriv") else []


def alive(pid):
    """Whether a process is running; zombies are not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def family(process):
    return [process.pid, *descendants(process.pid)]


def with_var(var):
    """All processes whose environment has this VAR."""
    sought, found = f"VAR={var}".encode(), []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if sought in path.read_bytes().split(b"\0"):
                found.append(int(path.parent.name))
    return found


def end(process, number=signal.SIGTERM, seconds=20):
    """Stop a process, and kill its remaining child processes; returns its exit code."""
    everybody = family(process)
    process.send_signal(number)
    try:
        return process.wait(seconds)
    finally:
        kill(everybody)
        process.wait()


def kill(pids):
    for pid in pids:
        if alive(pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def tear_down(demo):
    """Kill a demo with all of its processes."""
    kill({*family(demo.process), *with_var(demo.var)})
    with demo.process:
        shutil.rmtree(broker_socket(demo.var).parent, ignore_errors=True)


class PostgreSQL:
    """A server whose owner is a superuser, as in the postgres image."""

    def __init__(self, home, port, password, who):
        self.home, self.port, self.password, self.who = home, port, password, who
        self.process = None

    def start(self):
        options = {"listen_addresses": "127.0.0.1", "unix_socket_directories": self.home, "fsync": "off"}
        command = [*LEASH, str(INITDB.with_name("postgres")), "-D", str(self.home / "data"), "-p", str(self.port)]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        with (self.home / "log").open("ab") as log:
            self.process = subprocess.Popen(command, cwd=self.home, stdout=log, stderr=log, **self.who)
        until(lambda: self.process.poll() is not None or self.answers(), seconds=180)
        assert self.process.returncode is None, (self.home / "log").read_text()

    def stop(self):
        """Stop it at once, without waiting for open connections."""
        end(self.process, signal.SIGINT)

    def create(self, database, *, migrated=False):
        """Create a database: an empty one, or a copy of one that `migrate` has made."""
        template = "template0"
        if migrated:
            template = "migrated"
            if not self.ask("postgres", "select 1 from pg_database where datname = %s", template):
                self.create(template)
                self._migrate(template)
        self.ask("postgres", f"create database {database} template {template}")

    def _migrate(self, database):
        """Run `migrate` in an empty database, or load what it has made for another worker of pytest-xdist."""
        dump, url = prepared.shared() / "migrated.sql", self.url(database)
        with prepared.alone("postgresql"):
            made_before = dump.exists()
            if not made_before:
                prepared.run(prepared.MIGRATE, prepared.shared() / "postgresql", DATABASE_URL=url)
                draft = dump.with_suffix(".draft")
                subprocess.run([INITDB.with_name("pg_dump"), "--file", draft, url], check=True)
                draft.rename(dump)
        if made_before:
            load = ["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--output", os.devnull, "--file", dump]
            subprocess.run([INITDB.with_name("psql"), *load, url], check=True)

    def url(self, database):
        return f"postgres://{OWNER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def ask(self, database, question, *values):
        with psycopg.connect(self.url(database), autocommit=True, connect_timeout=5) as connection:
            rows = connection.execute(question, values or None)
            return rows.fetchall() if rows.description else []

    def answers(self):
        try:
            return self.ask("postgres", "select 1")
        except psycopg.OperationalError:
            return False


@contextlib.contextmanager
def postgresql():
    """A running PostgreSQL with an empty data directory; as another user when we are root, which it refuses."""
    # Not pytest's directory, which another user may not enter.
    with tempfile.TemporaryDirectory(prefix="speechstudio-postgresql-") as made:
        home, password, port = Path(made), secrets.token_hex(16), free_port()
        (home / "password").write_text(password)
        who: dict[str, Any] = {}
        if os.getuid() == 0:
            known = {entry.pw_name: entry for entry in pwd.getpwall()}
            other = known.get("postgres") or known["nobody"]
            who = {"user": other.pw_uid, "group": other.pw_gid, "extra_groups": []}
            for path in (home, home / "password"):
                os.chown(path, other.pw_uid, other.pw_gid)
        data = str(home / "data")
        login = ["--username", OWNER, "--pwfile", str(home / "password"), "--auth", "scram-sha-256"]
        plain = ["--encoding", "UTF8", "--no-locale", "--no-sync"]
        done = subprocess.run([INITDB, "-D", data, *login, *plain], cwd=home, capture_output=True, text=True, **who)
        assert done.returncode == 0, done.stderr
        server = PostgreSQL(home, port, password, who)
        try:
            server.start()
            yield server
        finally:
            server.stop()


class Redis:
    """A Redis with the options of `command`, and its own port and directory."""

    def __init__(self, command, directory):
        self.command, self.directory, self.port = shlex.split(command), directory, free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process = None

    def start(self):
        where = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.directory)]
        self.process = subprocess.Popen([*LEASH, *self.command, *where], stdout=subprocess.DEVNULL)
        until(lambda: self.process.poll() is not None or accepts(("127.0.0.1", self.port)), seconds=180)
        assert self.process.returncode is None, f"{self.command} ended with {self.process.returncode}"

    def ask(self, *words):
        """The answer to a command, as redis-cli prints it."""
        command = ["redis-cli", "-p", str(self.port), *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    def stop(self, number=signal.SIGTERM):
        end(self.process, number)


@contextlib.contextmanager
def redis(command, directory):
    server = Redis(command, directory)
    try:
        server.start()
        yield server
    finally:
        server.stop()
