"""manage.py speech_check --address: an address of the product, asked as a Speech SDK asks it, and followed."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.core.management import CommandError, call_command

from tests.conftest import KEY
from tests.samples.sdks import recording

UNKNOWN = "00000000-0000-4000-8000-000000000000"


class Studio:
    """A product that answers at /speech/hotline, as `status`, `facts` and `location` say; `asked` has each request."""

    def __init__(self, url, endpoint):
        self.asked, self.status, self.said = [], 307, b""
        host, cid = endpoint["links"]["webSocketInteractive"].split("/speech/")[0], endpoint["self"].rpartition("/")[2]
        self.url, self.service, self.cid, self.locale = url, host, cid, endpoint["locale"]
        self.location = f"{host}/stt/speech/universal/v2?cid={cid}&language={self.locale}&format=detailed"
        self.facts = {"name": "hotline", "endpoint": cid, "region": "eastus", "locale": self.locale}
        self.facts |= {"status": "Succeeded", "links": endpoint["links"]}

    def answer(self, handler):
        self.asked.append((handler.path, dict(handler.headers)))
        if self.status != 307:
            return self.status, {"Content-Type": "application/json"}, self.said
        if handler.path == "/speech/hotline.json":
            return 200, {"Content-Type": "application/json"}, json.dumps(self.facts).encode()
        if handler.path == "/speech/hotline" and handler.headers.get("Upgrade") == "websocket":
            return 307, {"Location": self.location} if self.location else {}, b""
        return 404, {"Content-Type": "text/plain"}, b"There is no such address."


class Server(ThreadingHTTPServer):
    studio: Studio


@contextmanager
def served():
    class Handler(BaseHTTPRequestHandler):
        server: Server

        def do_GET(self):
            status, headers, body = self.server.studio.answer(self)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def studio(world):
    world.begin(rate_limit="0/0", endpoints=3, dialects=True)
    endpoint = next(one for one in world.call("GET", "/endpoints")["values"] if one["status"] == "Succeeded")
    with served() as server:
        server.studio = Studio(f"http://127.0.0.1:{server.server_port}", endpoint)
        yield server.studio


@pytest.fixture
def check(resource, studio, capsys, tmp_path):
    """Check the address; returns the exit code, and the lines that are about it."""

    def run(*, address="", heard=True):
        arguments = {"address": address or f"{studio.url}/speech/hotline"}
        if heard:
            arguments["recognize"] = str(recording(tmp_path / "recording.wav"))
        code = 0
        try:
            call_command("speech_check", **arguments)
        except CommandError as error:
            code = error.returncode
        lines = capsys.readouterr().out.splitlines()
        assert KEY not in "\n".join(lines)
        assert all(KEY not in str(headers) for _, headers in studio.asked)
        found = [line.split(" (")[0] for line in lines]
        start = next(number for number, line in enumerate(found) if " Address for programs:" in line)
        return code, found[start:-1]

    return run


def recognitions(world):
    return [entry for entry in world.ledger("GET") if entry["path"].startswith("/stt/speech/universal")]


def test_an_address_is_followed_to_the_service_and_a_recording_is_recognized_there(check, studio, world):
    code, lines = check()
    host = studio.service.partition("//")[2]
    assert lines == [
        f"held     Address for programs: hotline leads to endpoint {studio.cid}, Succeeded",
        f"held     Address for SDKs: 307 to {host}",
        f"held     Address, recognition by its endpoint: Success at {host}",
        f"held     Address, recognition by the base model: Success at {host}",
        "held     Address, recognition: different texts",
    ]
    assert code == 0
    with_id, without_id = (entry["path"] for entry in recognitions(world))
    assert with_id == studio.location.removeprefix(studio.service)
    assert without_id == f"/stt/speech/universal/v2?language={studio.locale}&format=detailed"
    assert [path for path, _ in studio.asked] == ["/speech/hotline.json", "/speech/hotline"]
    assert studio.asked[1][1]["Sec-WebSocket-Protocol"] == "USP"


@pytest.mark.parametrize("ending", ["", "/", ".json"])
@pytest.mark.parametrize("scheme", ["http", "ws"])
def test_an_address_may_be_written_in_other_ways(check, studio, scheme, ending):
    code, lines = check(address=f"{studio.url.replace('http', scheme)}/speech/hotline{ending}", heard=False)
    assert code == 0, lines
    assert lines[-1] == "skipped  Address, recognition: name a recording with --recognize"


def test_a_name_is_one_of_the_site(check, studio, settings):
    settings.SITE_URL = studio.url
    assert check(address="hotline", heard=False)[0] == 0
    settings.SITE_URL = ""
    with pytest.raises(CommandError, match="Set SITE_URL, or enter the whole address"):
        call_command("speech_check", address="hotline")


def test_a_name_is_below_the_path_of_the_product(check, studio, settings):
    settings.SITE_URL, settings.SCRIPT_NAME = studio.url, "/studio"
    code, lines = check(address="hotline", heard=False)
    assert (code, studio.asked[0][0]) == (1, "/studio/speech/hotline.json")
    assert lines[0] == "failed   Address for programs: The address answers 404: There is no such address."


@pytest.mark.parametrize(
    ("status", "said", "told"),
    [
        (404, b'{"detail": "No address is named hotline."}', "404: No address is named hotline."),
        (503, b'{"message": "The endpoint failed. Move the address."}', "503: The endpoint failed. Move the address."),
        (503, b"[1]", "503"),
        (200, b"{", "a JSON object."),
    ],
)
def test_what_the_product_says_instead_is_told(check, studio, world, status, said, told):
    studio.status, studio.said = status, said
    code, lines = check()
    assert code == 1
    assert lines[0].startswith("failed   Address for programs: ")
    assert lines[0].endswith(told)
    assert lines[1].startswith("failed   Address for SDKs: ")
    assert lines[2] == "skipped  Address, recognition: the address leads nowhere"
    assert recognitions(world) == []


def test_a_product_that_is_not_there_is_told(check, studio, world):
    with served() as other:
        address = f"http://127.0.0.1:{other.server_port}/speech/hotline"
    code, lines = check(address=address)
    assert code == 1
    assert [line.split()[0] for line in lines if "recognition" not in line][:2] == ["failed", "failed"]
    assert "The connection was refused" in lines[0]
    assert recognitions(world) == []


@pytest.mark.parametrize(
    "host", ["wss://attacker.example", "ws://127.0.0.1:9", "https://eastus.stt.example", "//", "x"]
)
def test_the_key_is_sent_to_no_other_host(check, studio, world, host):
    studio.location = studio.location.replace(studio.service, host)
    code, lines = check()
    assert lines[-1] == "skipped  Address, recognition: the key isn't sent to that host"
    assert "         - Location leads to a host that isn't a recognition host of this resource" in lines
    assert recognitions(world) == []
    assert code == 1


def test_a_redirect_without_what_sdks_need_differs(check, studio):
    studio.location = f"{studio.service}/stt/speech/universal/v2?format=simple"
    code, lines = check(heard=False)
    assert (code, lines[1].split()[0]) == (1, "differed")
    assert [line.strip(" -") for line in lines[2:5]] == [
        "Location has no `cid`",
        "Location has no `language`",
        "`format` isn't detailed: SDKs add nothing to the address",
    ]
    studio.location = ""
    assert (
        check(heard=False)[1][1]
        == "failed   Address for SDKs: The address doesn't say where to go: there's no Location."
    )


def test_facts_that_differ_from_the_redirect_or_the_resource_are_told(check, studio):
    studio.facts |= {"endpoint": UNKNOWN, "locale": "xx-XX"}
    del studio.facts["region"]
    code, lines = check(heard=False)
    told = [line.strip(" -") for line in lines]
    assert code == 1
    assert "`region` is missing" in told
    assert "the endpoint isn't one of this resource" in told
    assert "`cid` isn't the `endpoint` that programs are told" in told
    assert "`language` isn't the `locale` that programs are told" in told


def test_a_recording_that_both_models_hear_alike_cannot_tell(check, studio, world):
    world.begin(rate_limit="0/0", endpoints=3)
    code, lines = check()
    assert code == 0
    assert lines[-1] == "held     Address, recognition: the same text, so this recording can't tell who answers"


def test_silence_and_an_unknown_endpoint_fail(check, studio, tmp_path):
    studio.location = studio.location.replace(studio.cid, UNKNOWN)
    studio.facts["endpoint"] = UNKNOWN
    code, lines = check()
    assert code == 1
    failed = [line for line in lines if line.startswith("failed")]
    assert len(failed) == 1
    assert failed[0].startswith(
        "failed   Address, recognition by its endpoint: The service rejected the request: Invalid"
    )
