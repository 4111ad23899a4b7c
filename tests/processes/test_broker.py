"""A worker and its Redis: a failover, and a connection by TLS."""

import re
import signal
import subprocess
import sys
from typing import Any

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from speechstudio.celery import BrokerConnection
from tests import prepared
from tests.demo import ROOT, environment, free_port, until
from tests.processes import certificates, servers

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


def test_a_lost_connection_with_messages_in_progress_is_closed_twice(tmp_path, monkeypatch):
    """As Celery does it after Redis was killed; an error would end the worker."""
    if not servers.REDIS:
        pytest.skip("Redis is not installed")
    with servers.redis("redis-server --save ''", tmp_path) as killed:
        connection = BrokerConnection(killed.url, transport_options={"max_retries": 0})
        channel: Any = connection.default_channel  # its types describe another transport
        channel.queue_declare("hints")
        channel.basic_publish(channel.prepare_message("{}"), exchange="", routing_key="hints")
        until(lambda: channel.basic_get("hints"))  # and not acknowledged
        killed.stop(signal.SIGKILL)

        def broken():
            raise RedisConnectionError

        with monkeypatch.context() as waiting:
            waiting.setattr(channel, "_in_poll", True)  # it was waiting for more
            waiting.setattr(channel, "_brpop_read", broken)
            connection.collect()
        connection.close()
        killed.start()


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


@pytest.fixture(scope="module")
def secured(tmp_path_factory):
    """Its port for TLS, and the files of its certificate."""
    if not servers.REDIS:
        pytest.skip("Redis is not installed")
    home, port = tmp_path_factory.mktemp("secured"), free_port()
    files = certificates.made_in(home)
    tls = f"--tls-port {port} --tls-cert-file {files.certificate} --tls-key-file {files.key} --tls-auth-clients no"
    with servers.redis(f"redis-server --save '' {tls}", home):
        yield port, files


@pytest.mark.parametrize(
    ("url", "refused"),
    [
        ("rediss://localhost:{port}/0", "certificate verify failed"),
        ("rediss://localhost:{port}/0?ssl_ca_certs={authority}", None),
        ("rediss://127.1:{port}/0?ssl_ca_certs={authority}", "certificate is not valid for '127.1'"),
        ("rediss://127.1:{port}/0?ssl_ca_certs={authority}&ssl_check_hostname=false", None),
        ("rediss://localhost:{port}/0?ssl_cert_reqs=none", None),
    ],
    ids=["unknown authority", "its authority", "another name", "another name is allowed", "nothing is checked"],
)
def test_the_certificate_of_redis_is_checked_unless_its_address_says_otherwise(secured, tmp_path, url, refused):
    port, files = secured
    env = environment(prepared.fill(tmp_path), BROKER_URL=url.format(port=port, authority=files.authority))
    done = subprocess.run([sys.executable, "manage.py", "setup"], cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 0
    if refused:
        assert done.stderr.startswith("BROKER_URL: the broker cannot be used")
        assert refused in done.stderr
    else:
        assert done.stderr == ""
