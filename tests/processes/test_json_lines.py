"""With LOG_FORMAT=json web, worker and beat write nothing but JSON, to the last line, and one id leads through."""

import json
import signal

import httpx
import pytest

from endpoints.access import tokens
from endpoints.models import Change
from endpoints.models.status import ChangeState
from speechstudio.demo.processes import accepts, free_port, web
from tests.conftest import person
from tests.demo import PLAIN, until
from tests.faults.worker_processes import REDIS, WorkerProcesses, why_unavailable
from tests.processes import servers

pytestmark = pytest.mark.django_db(transaction=True)
NAMES = ("web", "celery", "beat")
FROM_THE_PROXY = "proxy-fedcba9876543210"
# What a start says of settings that are only doubtful.
DOUBTFUL = {"SPEECH_REGION": "eastus", "TIMEZONE": "Europe/Berlin"}


@pytest.fixture
def started(tmp_path):
    """Web, a worker and beat, and the port of the former."""
    if why := why_unavailable():
        pytest.skip(why)
    with servers.redis(REDIS, tmp_path) as redis:
        told = {"LOG_FORMAT": "json", "TRUSTED_PROXIES": "127.0.0.0/8", "SWEEP_SECONDS": 1, **DOUBTFUL}
        processes, port = WorkerProcesses(tmp_path, redis, **told), free_port()
        try:
            processes.start("web", web(port))
            processes.start_worker("celery")
            processes.beat()
            processes.wait_until_ready("celery")
            until(lambda: accepts(("127.0.0.1", port)))
            until(lambda: b"Starting" in processes.log("beat"))
            yield processes, port
        finally:
            processes.end()


def lines(processes, name):
    """All of a process; those of a log that is still being written end with a line break."""
    return [json.loads(line) for line in processes.log(name).decode().split("\n")[:-1]]


def with_id(processes, name):
    return [line for line in lines(processes, name) if line.get("request_id") == FROM_THE_PROXY]


def test_all_lines_are_json_and_one_id_leads_from_the_proxy_to_the_service(endpoint, started):
    processes, port = started
    robot = person("robot", "admin").user
    _token, secret = tokens.create(robot, "pipeline", days=1, rights=None, actor=robot)
    answer = httpx.post(
        f"http://127.0.0.1:{port}/api/v1/endpoints/{endpoint.pk}/edit",
        json={"description": "Calls about bills"},
        headers={"Authorization": f"Bearer {secret}", "Idempotency-Key": "one", "X-Request-ID": FROM_THE_PROXY},
        trust_env=False,
        verify=PLAIN,
    )
    assert (answer.status_code, answer.headers["X-Request-ID"]) == (202, FROM_THE_PROXY)
    until(lambda: Change.objects.get().state == ChangeState.DONE)
    until(lambda: [line for line in with_id(processes, "celery") if line["event"] == "Task step: success"])
    (request,) = with_id(processes, "web")
    assert (request["method"], request["status"]) == ("POST", 202)
    (call,) = [line for line in with_id(processes, "celery") if line.get("operation") == "Endpoints_Update"]
    assert (call["of"], call["status"]) == (str(Change.objects.get().pk), 200)
    assert call["service_request_id"]
    for name in NAMES:
        processes.running[name].send_signal(signal.SIGTERM)
    for name in NAMES:
        processes.running[name].wait(60)
        # To the end, what a program prints when it is stopped too.
        found = lines(processes, name)
        assert processes.log(name).endswith(b"\n")
        assert [line for line in found if not {"time", "level", "logger", "event"} <= line.keys()] == []
        assert [line["event"] for line in found if line["event"].startswith("SPEECH_REGION or SPEECH_ENDPOINT is set")]
    assert [line for line in lines(processes, "celery") if line["event"] == "worker: Warm shutdown (MainProcess)"]
