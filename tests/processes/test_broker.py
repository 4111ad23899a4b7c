"""A worker and its Redis: a failover."""

import re
import subprocess
import sys

import pytest

from tests.demo import ROOT, environment, until
from tests.processes import servers

CELERY = [sys.executable, "-m", "celery", "-A", "speechstudio"]


@pytest.fixture(scope="module")
def redis(tmp_path_factory):
    if not servers.REDIS:
        pytest.skip("Redis is not installed")
    with servers.redis("redis-server --save ''", tmp_path_factory.mktemp("redis")) as server:
        yield server


class Worker:
    def __init__(self, var, broker):
        self.env = environment(var, BROKER_URL=broker, CELERY_SKIP_CHECKS="true")
        self.log = var / "worker.log"
        command = [*servers.LEASH, *CELERY, "worker", "--concurrency", "1", "-n", "here@here"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=self.env, stdout=log, stderr=log)

    def answers(self):
        """Whether it receives a message and replies to it; fails when it has ended."""
        assert self.process.poll() is None, self.log.read_text()
        command = [*CELERY, "inspect", "ping", "--timeout", "2", "-d", "here@here"]
        return subprocess.run(command, cwd=ROOT, env=self.env, capture_output=True).returncode == 0


@pytest.fixture
def worker_of(tmp_path):
    running = []

    def start(broker):
        running.append(Worker(tmp_path, broker))
        return running[-1]

    yield start
    for worker in running:
        servers.end(worker.process)


def test_a_worker_goes_on_when_its_redis_becomes_a_replica_and_a_master_again(redis, worker_of):
    worker = worker_of(redis.url)
    until(worker.answers)
    assert redis.ask("replicaof", "127.0.0.1", "1") == "OK"
    until(lambda: worker.process.poll() is not None or "read only replica" in worker.log.read_text())
    assert redis.ask("replicaof", "no", "one") == "OK"
    until(worker.answers)
    said = worker.log.read_text()
    assert "Traceback" not in said
    # It waits between two attempts.
    assert len(re.findall("Cannot connect", said)) == len(re.findall(r"Trying again in [\d.]+ seconds", said)) < 5
