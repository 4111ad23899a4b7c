"""The real Speech SDK for Python reaches an endpoint by an address of the product, before and after it was moved.

A browser moves one for the sample code of each SDK in tests/browser/test_addresses.py.
"""

import contextlib
import os
import subprocess
import sys
import uuid
from socketserver import ThreadingMixIn
from threading import Thread
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest

from endpoints.addresses.resolving.application import Resolving
from endpoints.addresses.resolving.known import Known
from endpoints.models import Address, Endpoint
from tests.conftest import KEY
from tests.demo import until
from tests.samples.sdks import recording

PYTHON = """
import sys
import azure.cognitiveservices.speech as speech

address, key, file = sys.argv[1:]
config = speech.SpeechConfig(endpoint=address, subscription=key)
audio = speech.audio.AudioConfig(filename=file)
print(speech.SpeechRecognizer(speech_config=config, audio_config=audio).recognize_once().text)
"""


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def handle_error(self, *_arguments):
        """A client that leaves while it is answered."""


class Quiet(WSGIRequestHandler):
    def log_message(self, *_arguments):
        pass


@contextlib.contextmanager
def served(application):
    server = make_server("127.0.0.1", 0, application, Server, Quiet)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def no_page(_environ, start_response):
    start_response("404 Not Found", [])
    return [b""]


@pytest.fixture
def product(transactional_db):
    """What answers programs, in front of no pages."""
    known = Known()
    yield Resolving(no_page, most=1000, known=known)
    known.end()


@pytest.fixture
def ends(transactional_db, resource, world, worker):
    """Two endpoints whose models hear differently, and what each of them recognizes."""
    world.begin(endpoints=40, rate_limit="0/0", dialects=True)
    worker.mirror()
    by_locale = {}
    for endpoint in Endpoint.objects.filter(status="Succeeded"):
        by_locale.setdefault(endpoint.locale, {})[endpoint.model_id] = endpoint
    return next(list(found.values())[:2] for found in by_locale.values() if len(found) > 1)


@pytest.fixture
def move(ends, product, alice):
    """Lets `hotline` lead to one of them, as a person does, and waits until programs get that."""
    first, _second = ends
    address = Address.objects.create(name="hotline", locale=first.locale, endpoint=first)

    def move(to):
        if Address.objects.get().endpoint != to:
            form = {"key": str(uuid.uuid4()), "endpoint": str(to.pk)}
            assert alice.post(f"{address.get_absolute_url()}move/", form).status_code == 302
        until(lambda: product._known.now()[0]["hotline"].first.endpoint == to.remote_id)

    return move


def run(command, cwd=None, **env):
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120, env={**os.environ, **env})
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def heard(recognize, ends, move, world):
    """What an SDK recognizes by the address while it leads to each of them, in turn; each was connected to."""
    found = []
    for endpoint in (*ends, ends[0]):
        move(endpoint)
        found.append(recognize())
        last = [entry for entry in world.ledger() if entry["status"] == 101][-1]
        assert f"cid={endpoint.remote_id}" in last["path"]
    return found


def test_the_sdk_for_python_connects_to_where_the_address_leads(product, ends, move, world, tmp_path):
    audio = recording(tmp_path / "recording.wav")
    with served(product) as port:
        for name in ("hotline", "HOTLINE"):
            command = [sys.executable, "-c", PYTHON, f"ws://127.0.0.1:{port}/speech/{name}", KEY, str(audio)]
            first, second, again = heard(lambda: run(command), ends, move, world)  # noqa: B023 (called at once)
            assert first
            assert first == again != second
