"""Real workers and a beat over a real Redis, with the tests' database and simulated service, and faults for them."""

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


class WorkerProcesses:
    """Each worker has its own process group and log, and receives from the queue with its name."""

    def __init__(self, home, redis, **more):
        self.home, self.redis, self.running, self.commands = home, redis, {}, {}
        self.temporary = home / "tmp"
        self.temporary.mkdir()
        self.env = environment(
            os.environ["VAR"],
            PRIVATE_NETWORKS=os.environ["PRIVATE_NETWORKS"],  # the simulator is on this machine
            DATABASE_URL=f"sqlite:///{connection.settings_dict['NAME']}",
            BROKER_URL=redis.url,
            TMPDIR=self.temporary,
            LOOK_SECONDS=10,
            **more,
        )

    def start(self, name, command):
        self.commands[name] = command
        with (self.home / f"{name}.log").open("ab") as log:
            options = {"cwd": ROOT, "env": self.env, "stdout": log, "stderr": log, "start_new_session": True}
            self.running[name] = subprocess.Popen([*servers.LEASH, *command], **options)

    def start_worker(self, name, concurrency=1, queue="", retry_speed=0):
        """`retry_speed`: how many times faster its waits between attempts to reach the broker pass."""
        queue = queue or name
        queues = "celery,sweeps,logs" if queue == "celery" else queue
        options = ["--concurrency", str(concurrency), "-Q", queues, "-n", f"{name}@here"]
        command = processes.worker(*ALONE, *options)
        if retry_speed:
            at = command.index("celery")
            command[at : at + 1] = ["tests.faults.celery_fast_retries", str(retry_speed)]
        self.start(name, command)

    def restart_if_ended(self, name):
        """Start it again if it has ended, as docker-compose.yml does."""
        if self.running[name].poll() is not None:
            (self.home / f"{name}.log").rename(self.home / f"{name}-{self.running[name].pid}.log")
            self.start(name, self.commands[name])

    def beat(self):
        command = processes.worker()[: -len(["worker", "--loglevel", "INFO"])]
        self.start("beat", [*command, "beat", "--loglevel", "INFO", "-s", str(self.home / "beat"), "--pidfile="])

    def wait_until_ready(self, name):
        """Wait until it receives messages."""
        process = self.running[name]
        until(lambda: process.poll() is not None or b"ready." in self.log(name), 60)
        assert process.poll() is None, self.log(name).decode()

    def log(self, name):
        return (self.home / f"{name}.log").read_bytes()

    def retry_waits(self, name):
        """The seconds of each finished wait between its attempts to reach the broker."""
        return [float(seconds) for seconds in WAIT.findall(self.log(name))][:-1]

    def logs(self):
        return {path.name: path.read_bytes() for path in self.home.glob("*.log")}

    def redis_files(self):
        """Everything that was ever written to Redis."""
        return {path.name: path.read_bytes() for path in self.home.rglob("*.aof")}

    def pids(self, name):
        return servers.family(self.running[name])

    def signal(self, name, number):
        """Send a signal to its whole process group."""
        os.killpg(self.running[name].pid, number)

    @contextmanager
    def paused(self, name):
        """Stop it for a while, but not during a transaction, which would block all other writers."""
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
        """The id of the one process of its pool; 0 while that is being replaced."""
        return max(descendants(self.running[name].pid), default=0)

    def send_message(self, queue, task, pk):
        """Send a task message, as the web server does, but to one worker."""
        task.apply_async([str(pk)], queue=queue, retry=False)

    def end(self):
        for process in self.running.values():
            servers.kill(servers.family(process))
            process.wait()


def use_broker(url):
    """Let this process send its messages to `url`; returns the address that it used before."""
    app: Any = current_app
    before, app.conf.broker_url = app.conf.broker_url, url
    app._get_current_object()._after_fork()  # closes connections, as Celery does after a fork
    return before


def why_unavailable():
    """Why these processes cannot be started here; empty if they can."""
    if connection.vendor != "sqlite":
        return "the workers share the tests' own SQLite database"
    return "" if shutil.which("redis-server") else "Redis is not installed"


LARGE = 64_000_000  # larger than any file of the workers


@contextmanager
def full_log(workers, name):
    """Writing to its log fails as on a full disk; writing to other files does not."""
    file = workers.home / f"{name}.log"
    size, pids = file.stat().st_size, workers.pids(name)
    for pid in pids:
        limits.prlimit(pid, limits.RLIMIT_FSIZE, (LARGE, limits.RLIM_INFINITY))
    os.truncate(file, LARGE)
    try:
        yield
        assert file.stat().st_size == LARGE
    finally:
        os.truncate(file, size)


@contextmanager
def limited_memory(pid):
    """A process gets no more memory than it has."""
    before = limits.prlimit(pid, limits.RLIMIT_AS)
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[0])
    limits.prlimit(pid, limits.RLIMIT_AS, (pages * limits.getpagesize() + 1_000_000, before[1]))
    yield
    with suppress(ProcessLookupError):
        limits.prlimit(pid, limits.RLIMIT_AS, before)


def flushed(workers, redis):
    redis.flushall()


def restarted(workers, redis):
    workers.redis.stop(signal.SIGKILL)
    workers.redis.start()


def out_of_memory(workers, redis):
    redis.config_set("maxmemory", "1mb")


def read_only(workers, redis):
    redis.replicaof("127.0.0.1", "1")


def slow(workers, redis):
    redis.client_pause(1500)


def repair(workers, redis):
    redis.replicaof("NO", "ONE")
    redis.config_set("maxmemory", "0")


REDIS_FAULTS = (flushed, restarted, out_of_memory, read_only, slow)
