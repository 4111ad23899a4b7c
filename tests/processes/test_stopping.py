"""Stopping a worker during downloads: it ends in the time that docker-compose.yml gives it, and nothing is lost."""

import re
import signal

import pytest
from django.db.models.functions import Now

from endpoints import tasks
from endpoints.logs.download import requests as downloads
from endpoints.models import Endpoint
from tests.demo import until
from tests.faults.worker_processes import REDIS, WorkerProcesses, use_broker, why_unavailable
from tests.processes import servers
from tests.processes.installation import DOCKERFILE, SERVICES

pytestmark = pytest.mark.django_db(transaction=True)
GRACE = float(SERVICES["logs-worker"]["stop_grace_period"].removesuffix("s"))  # then an engine kills it
DELAY = 90  # seconds that the service keeps an answer back: longer than any stop
OF_THE_IMAGE = {"REMAP_SIGTERM": re.search(r"REMAP_SIGTERM=(\w+)", DOCKERFILE)[1]}


@pytest.fixture
def workers(tmp_path):
    if why := why_unavailable():
        pytest.skip(why)
    with servers.redis(REDIS, tmp_path) as redis:
        workers, before = WorkerProcesses(tmp_path, redis), use_broker(redis.url)
        workers.env |= OF_THE_IMAGE
        try:
            yield workers
        finally:
            use_broker(before)
            workers.end()


def test_a_worker_that_is_stopped_during_a_download_ends_in_time_and_the_download_goes_on(
    lena, resource, world, worker, workers
):
    world.begin(endpoints=12, logs=4, log_bytes=5000, rate_limit="0/0")
    worker.mirror()
    logging = Endpoint.objects.filter(logging_enabled=True, status="Succeeded").first()
    slow = {"method": "GET", "path": r"\.wav", "times": None, "stage": "before", "effect": {"delay": DELAY}}
    world.fail(slow)
    download = downloads.request_download(actor=lena.user, endpoint=logging)
    workers.start_worker("logs", 3)
    workers.wait_until_ready("logs")
    workers.send_message("logs", tasks.fetch, download.pk)
    until(lambda: type(download).objects.get(pk=download.pk).leased_until)
    process = workers.running["logs"]
    everybody = servers.family(process)
    process.send_signal(signal.SIGTERM)
    process.wait(GRACE)  # raises if it takes longer
    assert b"Soft Shutdown" in workers.log("logs")  # there was work that it waited for
    assert [pid for pid in everybody if servers.alive(pid)] == []
    world.fail()
    type(download).objects.filter(pk=download.pk).update(due_at=Now(), leased_until=None)
    assert worker.download(download).state == "ready"
