"""The web server with two workers: connections go to the less busy one."""

import os
import subprocess

import httpx
import pytest

from speechstudio.demo.processes import accepts, free_port, web
from tests.demo import PLAIN, ROOT, until

APP = """
import os, pathlib, time

def page(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Worker", str(os.getpid()))])
    yield b"begun"
    while pathlib.Path("busy").exists():
        time.sleep(0.01)
"""
IN_SUCCESSION = 20


@pytest.fixture
def url(tmp_path):
    (tmp_path / "slow.py").write_text(APP)
    port, env = free_port(), {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"}
    with (tmp_path / "web.log").open("wb") as log:
        process = subprocess.Popen(
            web(port, "--workers", "2", "slow:page"), cwd=tmp_path, env=env, stdout=log, stderr=log
        )
    try:
        until(lambda: accepts(("127.0.0.1", port)))
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait(20)


def test_connections_go_to_the_other_worker_while_one_is_busy(url, tmp_path):
    busy = tmp_path / "busy"

    def two_at_once():
        """Whether they have a worker each."""
        busy.touch()
        person = httpx.Client(trust_env=False, verify=PLAIN)
        with person, person.stream("GET", url) as first, person.stream("GET", url) as second:
            busy.unlink()
            for answer in (first, second):
                answer.read()
            return first.headers["worker"] != second.headers["worker"]

    until(two_at_once)  # both have started
    until(lambda: all(two_at_once() for _ in range(IN_SUCCESSION)), every=0)
