"""The web server with two workers: connections go to the less busy one, and few threads make pages."""

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, BrokenBarrierError, Thread
from typing import Any

import httpx
import pytest
from django.db import connection
from django.urls import get_script_prefix, reverse, set_script_prefix
from django.utils import translation

from speechstudio.application_threads import FewAtOnce
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


def respond(_status, _headers):
    pass


@pytest.mark.parametrize(("places", "meet"), [(3, True), (2, False)])
def test_the_application_is_called_in_few_threads(places, meet):
    barrier = Barrier(3)

    def page(_environ, _start_response):
        try:
            barrier.wait(0.5)
        except BrokenBarrierError:
            return [b"alone"]
        return [b"together"]

    application = FewAtOnce(page, places)
    with ThreadPoolExecutor(3) as threads:
        answers = [b"".join(answer) for answer in threads.map(lambda _number: application({}, respond), range(3))]
    assert answers == [b"together" if meet else b"alone"] * 3


def test_an_answer_that_is_being_sent_takes_no_place():
    application = FewAtOnce(lambda _environ, _start_response: iter([b"a", b"b"]), 1)
    first, second = application({}, respond), application({}, respond)
    assert next(iter(first)) == next(iter(second)) == b"a"
    assert list(second) == list(first) == [b"b"]


def test_an_error_of_the_application_reaches_the_server_and_takes_no_place():
    def page(environ, _start_response):
        if "wrong" in environ:
            raise ValueError("wrong")
        return [b"a"]

    application = FewAtOnce(page, 1)
    with pytest.raises(ValueError, match="wrong"):
        application({"wrong": 1}, respond)
    assert list(application({}, respond)) == [b"a"]


@pytest.mark.django_db(transaction=True)
def test_an_answer_that_reads_the_database_while_it_is_sent_leaves_no_connection():
    def rows():
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            yield cursor.fetchone()
        yield connection.connection is not None

    found = []

    def send():
        answer: Any = FewAtOnce(lambda _environ, _start_response: rows())({}, respond)
        found.extend(answer)
        answer.close()
        found.append(connection.connection is not None)

    sender = Thread(target=send)
    sender.start()
    sender.join()
    assert found == [(1,), True, False]


def test_pieces_that_are_made_while_they_are_sent_are_in_the_language_of_the_request():
    def page(_environ, _start_response):
        translation.activate("de")
        set_script_prefix("/speech/")
        return (f"{text} {reverse('endpoints:list')}".encode() for text in [translation.gettext_lazy("Models")])

    assert list(FewAtOnce(page)({}, print)) == [b"Modelle /speech/endpoints/"]
    assert (translation.get_language(), get_script_prefix()) == ("en", "/")
