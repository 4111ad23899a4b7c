"""Real workers and a beat over a real Redis, at work on the tests' own database and simulated service."""

import os
import re
import resource as limits
import shutil
import signal
import sqlite3
import subprocess
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from celery import current_app
from django.db import connection

from speechstudio.demo import processes
from tests.demo import ROOT, descendants, environment, until
from tests.processes import servers

REDIS = 'redis-server --save "" --appendonly yes --maxmemory-policy noeviction'
WAIT = re.compile(rb"Trying again in ([\d.]+) seconds")
ALONE = ["--without-mingle", "--without-gossip"]


class Crew:
    """Each worker has a process group and a log of its own, and listens to the queue that it is named after."""

    def __init__(self, home, redis):
        self.home, self.redis, self.running, self.commands = home, redis, {}, {}
        self.temporary = home / "tmp"
        self.temporary.mkdir()
        self.env = environment(
            os.environ["VAR"],
            DATABASE_URL=f"sqlite:///{connection.settings_dict['NAME']}",
            BROKER_URL=redis.url,
            TMPDIR=self.temporary,
            LOOK_SECONDS=10,
        )

    def start(self, name, command):
        self.commands[name] = command
        with (self.home / f"{name}.log").open("ab") as log:
            options = {"cwd": ROOT, "env": self.env, "stdout": log, "stderr": log, "start_new_session": True}
            self.running[name] = subprocess.Popen([*servers.LEASH, *command], **options)

    def hire(self, name, at_once=1, queue="", hurried=0):
        """`hurried`: how many times as fast it waits for a broker that is away."""
        options = ["--concurrency", str(at_once), "-Q", queue or name, "-n", f"{name}@here"]
        command = processes.worker(*ALONE, *options)
        if hurried:
            at = command.index("celery")
            command[at : at + 1] = ["tests.faults.hurried", str(hurried)]
        self.start(name, command)

    def at_work(self, name):
        """Started again when it has ended, as docker-compose.yml asks for."""
        if self.running[name].poll() is not None:
            (self.home / f"{name}.log").rename(self.home / f"{name}-{self.running[name].pid}.log")
            self.start(name, self.commands[name])

    def beat(self):
        command = processes.worker()[: -len(["worker", "--loglevel", "INFO"])]
        self.start("beat", [*command, "beat", "--loglevel", "INFO", "-s", str(self.home / "beat"), "--pidfile="])

    def ready(self, name):
        """It waits for work."""
        process = self.running[name]
        until(lambda: process.poll() is not None or b"ready." in self.log(name), 60)
        assert process.poll() is None, self.log(name).decode()

    def log(self, name):
        return (self.home / f"{name}.log").read_bytes()

    def waits(self, name):
        """The seconds that it has waited, one after the other, for a broker that was away."""
        return [float(seconds) for seconds in WAIT.findall(self.log(name))][:-1]

    def logs(self):
        return {path.name: path.read_bytes() for path in self.home.glob("*.log")}

    def in_redis(self):
        """All that was ever written to it."""
        return {path.name: path.read_bytes() for path in self.home.rglob("*.aof")}

    def pids(self, name):
        return servers.family(self.running[name])

    def signal(self, name, number):
        """To the whole group."""
        os.killpg(self.running[name].pid, number)

    @contextmanager
    def paused(self, name):
        """It does nothing for a while, and is not in the middle of writing, which would keep all others from it."""
        until(lambda: self._paused(name), 60)
        try:
            yield
        finally:
            self.signal(name, signal.SIGCONT)

    def _paused(self, name):
        self.signal(name, signal.SIGSTOP)
        with closing(sqlite3.connect(connection.settings_dict["NAME"], timeout=0.2, isolation_level=None)) as writer:
            try:
                writer.execute("BEGIN IMMEDIATE")
                return True
            except sqlite3.OperationalError:
                self.signal(name, signal.SIGCONT)
                return False

    def child(self, name):
        """The one process of its pool; 0 while it is being replaced."""
        return max(descendants(self.running[name].pid), default=0)

    def ring(self, queue, task, pk):
        """As the web server does it, for one worker."""
        task.apply_async([str(pk)], queue=queue, retry=False)

    def end(self):
        for process in self.running.values():
            servers.kill(servers.family(process))
            process.wait()


def use(url):
    """Let this process ring at the Redis at `url`; returns where it rang before."""
    app: Any = current_app
    before, app.conf.broker_url = app.conf.broker_url, url
    app._get_current_object()._after_fork()  # what Celery itself does to forget its connections
    return before


def missing():
    """Why there can be no crew here, or nothing."""
    if connection.vendor != "sqlite":
        return "the workers share the tests' own SQLite database"
    return "" if shutil.which("redis-server") else "Redis is not installed"


LARGE = 64_000_000  # no file of a crew is as large, but a log whose disk is full


@contextmanager
def no_room_for_the_log(crew, name):
    """Its log takes not a byte more, as long as this lasts; all other files do."""
    file = crew.home / f"{name}.log"
    size, pids = file.stat().st_size, crew.pids(name)
    for pid in pids:
        limits.prlimit(pid, limits.RLIMIT_FSIZE, (LARGE, limits.RLIM_INFINITY))
    os.truncate(file, LARGE)
    try:
        yield
        assert file.stat().st_size == LARGE
    finally:
        os.truncate(file, size)


@contextmanager
def little_memory(pid):
    """A process gets no more memory than it has, as long as this lasts."""
    before = limits.prlimit(pid, limits.RLIMIT_AS)
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[0])
    limits.prlimit(pid, limits.RLIMIT_AS, (pages * limits.getpagesize() + 1_000_000, before[1]))
    yield
    with suppress(ProcessLookupError):
        limits.prlimit(pid, limits.RLIMIT_AS, before)


def flushed(crew, redis):
    redis.flushall()


def restarted(crew, redis):
    crew.redis.stop(signal.SIGKILL)
    crew.redis.start()


def out_of_memory(crew, redis):
    redis.config_set("maxmemory", "1mb")


def read_only(crew, redis):
    redis.replicaof("127.0.0.1", "1")


def slow(crew, redis):
    redis.client_pause(1500)


def well_again(crew, redis):
    redis.replicaof("NO", "ONE")
    redis.config_set("maxmemory", "0")


CALAMITIES = (flushed, restarted, out_of_memory, read_only, slow)
