"""The real Speech SDKs reach an endpoint by an address of the product, before and after it was moved."""

import contextlib
import os
import ssl
import subprocess
import sys
from pathlib import Path
from socketserver import ThreadingMixIn
from threading import Thread
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest

from endpoints.addresses.resolving.application import Resolving
from endpoints.addresses.resolving.known import Known
from endpoints.models import Address, Endpoint
from tests.conftest import KEY
from tests.demo import until
from tests.node import NODE, packages
from tests.processes import certificates
from tests.samples.sdks import recording

HTTPS = 443  # the SDK for JavaScript asks there, whatever the address says
PYTHON = """
import sys
import azure.cognitiveservices.speech as speech

address, key, file = sys.argv[1:]
config = speech.SpeechConfig(endpoint=address, subscription=key)
audio = speech.audio.AudioConfig(filename=file)
print(speech.SpeechRecognizer(speech_config=config, audio_config=audio).recognize_once().text)
"""
JAVASCRIPT = """
import { readFileSync } from "node:fs";
import * as speech from "microsoft-cognitiveservices-speech-sdk";

const [address, key, file] = process.argv.slice(2);
const config = speech.SpeechConfig.fromEndpoint(new URL(address), key);
const audio = speech.AudioConfig.fromWavFileInput(readFileSync(file));
const recognizer = new speech.SpeechRecognizer(config, audio);
recognizer.recognizeOnceAsync((result) => {
  console.log(result.text ?? result.errorDetails);
  recognizer.close();
}, (error) => {
  console.log(error);
  recognizer.close();
});
"""


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def handle_error(self, *_arguments):
        """A client that leaves while it is answered."""


class Quiet(WSGIRequestHandler):
    def log_message(self, *_arguments):
        pass


@contextlib.contextmanager
def served(application, port=0, tls=None):
    server = make_server("127.0.0.1", port, application, Server, Quiet)
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls.certificate, tls.key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
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
def move(ends, product):
    """Lets `hotline` lead to one of them, and waits until programs get that."""
    first, _second = ends
    address = Address.objects.create(name="hotline", locale=first.locale, endpoint=first)

    def move(to):
        Address.objects.filter(pk=address.pk).update(endpoint=to)
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


def test_the_sdk_for_javascript_connects_to_where_the_address_leads(product, ends, move, world, tmp_path):
    audio, tls = recording(tmp_path / "recording.wav"), certificates.made_in(tmp_path)
    (tmp_path / "recognize.mjs").write_text(JAVASCRIPT)
    (tmp_path / "node_modules").symlink_to(packages(Path(__file__).parent))
    command = [str(NODE), "recognize.mjs", "https://localhost/?alias=hotline", KEY, str(audio)]
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(served(product, HTTPS, tls))
        except OSError as error:
            pytest.skip(f"the SDK asks at port 443, which can't be used here: {error.strerror}")
        first, second, again = heard(
            lambda: run(command, tmp_path, NODE_EXTRA_CA_CERTS=tls.authority), ends, move, world
        )
    assert first
    assert first == again != second
