"""Tests that never end, with all kinds of processes running; only test_suite.py runs them."""

import os
import shutil
import signal
from pathlib import Path

import pytest

from tests import prepared
from tests.browser.conftest import CHROMIUM, QUIET
from tests.demo import Demo
from tests.faults.worker_processes import REDIS, WorkerProcesses, why_unavailable
from tests.processes import servers


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": QUIET}


@pytest.mark.django_db(transaction=True)
def test_servers_without_end(request, simulator, tmp_path):
    if servers.INITDB:
        request.getfixturevalue("postgresql")
    if why_unavailable():
        wait_forever()
    with servers.redis(REDIS, tmp_path) as redis:
        workers = WorkerProcesses(tmp_path, redis)
        workers.start_worker("worker")
        workers.wait_until_ready("worker")
        wait_forever()


def test_a_demo_and_a_browser_without_end(request, tmp_path):
    shutil.copy(prepared.database(), tmp_path / "db.sqlite3")
    demo = Demo(tmp_path).wait()
    if CHROMIUM:
        request.getfixturevalue("page").goto(demo.url)
    wait_forever()


def wait_forever():
    Path(os.environ["READY"]).touch()
    while True:
        signal.pause()
