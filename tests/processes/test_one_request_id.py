"""One id leads from the proxy through web, broker and worker to the service, whose own id stands beside it."""

import re
import uuid

import pytest
from django.urls import reverse

from endpoints.models import Change
from endpoints.models.status import ChangeState
from tests.conftest import person
from tests.demo import until
from tests.faults.worker_processes import REDIS, WorkerProcesses, use_broker, why_unavailable
from tests.processes import servers

pytestmark = pytest.mark.django_db(transaction=True)
FROM_THE_PROXY = "proxy-0123456789abcdef"
CALL = re.compile(
    r"INFO endpoints\.azure\.calls: PATCH Endpoints_Update status=200 ms=[\d.]+ service_request_id=[0-9a-f-]{36}"
    r" resource=Contoso task=step of=(\S+) request_id=(\S+)"
)
REPEATS = re.compile("received|sweep|Scheduler: Sending|Endpoints_List|GET ")


@pytest.fixture
def workers(tmp_path):
    """One worker and no beat, so that nothing but the message of the request starts the work."""
    if why := why_unavailable():
        pytest.skip(why)
    with servers.redis(REDIS, tmp_path) as redis:
        workers, before = WorkerProcesses(tmp_path, redis), use_broker(redis.url)
        try:
            workers.start_worker("celery")
            workers.wait_until_ready("celery")
            yield workers
        finally:
            use_broker(before)
            workers.end()


def test_the_id_that_a_proxy_gives_is_found_in_the_lines_of_the_worker(endpoint, other, workers, settings):
    settings.TRUSTED_PROXIES = ["127.0.0.0/8"]
    alice = person("alice", "admin")
    address = reverse("endpoints:change-model", args=[endpoint.pk])
    form = {"key": str(uuid.uuid4()), "model": str(other.pk), "reason": "Numbers"}
    answer = alice.post(address, form, headers={"X-Request-ID": FROM_THE_PROXY})
    assert (answer.status_code, answer["X-Request-ID"]) == (302, FROM_THE_PROXY)
    change = Change.objects.get()
    done = f"Task step: success ms=[\\d.]+ .*task=step of={change.pk} request_id={FROM_THE_PROXY}\n"
    until(lambda: re.search(done, workers.log("celery").decode()))
    lines = workers.log("celery").decode()
    assert CALL.findall(lines) == [(str(change.pk), FROM_THE_PROXY)]
    assert change.state != ChangeState.FAILED
    # Neither the person nor what only repeats is told.
    assert not re.search("alice", lines)
    assert [line for line in lines.splitlines() if line.startswith("20") and REPEATS.search(line)] == []
    assert not any(b"alice" in content for content in workers.redis_files().values())
