"""Several web processes in front of one PostgreSQL: they agree, survive its end, and write no key anywhere."""

import gzip
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import brotli  # type: ignore[import-untyped]  # it has none
import pytest

from tests.addresses.processes import Web
from tests.demo import until
from tests.processes import servers

AGREE_SECONDS = 2
KEY = "fd5a1f0c0ffee0c0ffee0c0ffee0aaaa"
MOVE = """update endpoints_address set endpoint_id = (select id from endpoints_endpoint where display_name = %s)
          where name = 'hotline'"""


@pytest.fixture(scope="module")
def postgresql():
    if not servers.INITDB:
        pytest.skip("PostgreSQL is not installed")
    with servers.postgresql() as server:
        server.create("addresses", migrated=True)
        yield server


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("addresses")


@pytest.fixture(scope="module")
def web(postgresql, home):
    web = Web(home, postgresql.url("addresses"), LOG_FORMAT="json", ADDRESS_REQUESTS_PER_MINUTE=1_000_000)
    web.set_up()
    with web.running():
        until(lambda: web.socket("hotline").status_code == 307)
        yield web


def answers(web, count):
    """What `count` requests at once get: the endpoint, and whether it is marked as old."""

    def ask(_number):
        answer = web.socket("hotline")
        return answer.headers["Location"].partition("cid=")[2][:4], "Last-Known-Since" in answer.headers

    with ThreadPoolExecutor(4) as threads:
        return list(threads.map(ask, range(count)))


def test_two_processes_agree_on_a_move(web, postgresql):
    for to in ("b", "a", "b"):
        postgresql.ask("addresses", MOVE, to)
        moved = time.monotonic()
        until(lambda: time.monotonic() > moved + AGREE_SECONDS)  # noqa: B023 (it is called before the next one)
        assert {found for found, old in answers(web, 100) if not old} == {f"{to}-id"}


def test_both_processes_answer_and_requests_are_counted(web, postgresql):
    before = postgresql.ask("addresses", "select coalesce(sum(requests), 0) from endpoints_addresshour")[0][0]
    answers(web, 50)
    ask = "select coalesce(sum(requests), 0) from endpoints_addresshour"
    until(lambda: postgresql.ask("addresses", ask)[0][0] >= before + 50)


def test_each_process_keeps_one_connection_for_addresses_and_none_for_each_request(web, postgresql):
    answers(web, 100)
    ask = "select count(*) from pg_stat_activity where datname = 'addresses' and query like '%%hashtextextended%%'"
    assert postgresql.ask("addresses", ask)[0][0] <= 3  # two, and this question


def test_without_the_database_programs_get_the_last_known_answer_which_says_so(web, postgresql):
    until(lambda: {old for _one, old in answers(web, 20)} == {False})
    postgresql.stop()
    try:
        until(lambda: all(old for _one, old in answers(web, 20)))
        answer = web.socket("hotline")
        assert answer.status_code == 307
        facts = web.get("/speech/hotline.json").json()
        assert facts["last_known_since"] == facts["as_of"]
        assert facts["links"]["web_socket"].startswith("wss://westeurope.stt.speech.microsoft.com/")
        assert web.socket("failed").headers["Last-Known-Since"]
    finally:
        postgresql.start()
    until(lambda: not any(old for _one, old in answers(web, 20)))
    assert web.get("/speech/hotline.json").json()["last_known_since"] is None


BROKEN = """
from speechstudio.wsgi import application, resolving

def now():
    raise ValueError("broken")

resolving._known.now = now
"""


class Tracker(BaseHTTPRequestHandler):
    """Keeps what an error tracker and a collector of traces would get."""

    got: list[bytes] = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        packed = self.headers.get("Content-Encoding", "")
        self.got.append({"gzip": gzip.decompress, "br": brotli.decompress}.get(packed, bytes)(body))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_arguments):
        pass


def tracked():
    return b"".join(Tracker.got).decode(errors="replace")


@pytest.fixture
def tracker():
    Tracker.got.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Tracker)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def as_sdks_do(web, path):
    """Each way in which an SDK sends its key."""
    query = f"?alias=hotline&GenerateRedirectResponse=true&Ocp-Apim-Subscription-Key={KEY}&subscription-key={KEY}"
    got = [web.get(f"{path}{query}", Upgrade="websocket", **{"Ocp-Apim-Subscription-Key": KEY})]
    got += [web.get(f"{path}{query}", Authorization=f"Bearer {KEY}")]
    return got


def garbled(web):
    """Requests that no server can read, with a key."""
    for line in (
        f"Ocp-Apim-Subscription-Key {KEY}",
        f"Ocp-Apim-Subscription-Key : {KEY}",
        f"Authorization Bearer {KEY}",
    ):
        with socket.create_connection(("127.0.0.1", web.port)) as client:
            client.sendall(f"GET /speech/hotline HTTP/1.1\r\nHost: localhost\r\n{line}\r\n\r\n".encode())
            while client.recv(65536):
                pass


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("module", ["speechstudio.wsgi", "broken"])
def test_the_key_of_an_sdk_is_in_nothing_that_a_process_writes_or_sends(web, tmp_path, tracker, form, module):
    (tmp_path / "broken.py").write_text(BROKEN)
    told = {"SENTRY_DSN": f"http://public@127.0.0.1:{tracker}/1", "OTEL_BSP_SCHEDULE_DELAY": 100}
    told |= {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{tracker}", "METRICS_TOKEN": "metrics"}
    options = {"LOG_FORMAT": form, "LOG_LEVEL": "DEBUG", "DEMO": "true", "ADDRESS_REQUESTS_PER_MINUTE": 5}
    other = Web(tmp_path, web.env["DATABASE_URL"], **told, **options)
    paths = ["/speech/hotline", "/speech/hotline.json", "/speech/failed", "/speech/other", "/stt/speech/universal/v2"]
    answers = []
    with other.running(f"{module}:application"):
        for path in paths * 6:
            answers += as_sdks_do(other, path)
        for path in ("/endpoints/", "/api/v1/endpoints", "/speech-/hotline"):
            as_sdks_do(other, path)  # these lead back to where they were asked, with the query
        garbled(other)
        metrics = other.get("/metrics", Authorization="Bearer metrics").text
        if module == "broken":
            until(lambda: "ValueError" in tracked())
    assert ({500} if module == "broken" else {307, 200, 404, 429, 503}) <= {one.status_code for one in answers}
    assert "speechstudio_" in metrics
    assert "Invalid HTTP" in other.logged()  # gunicorn has told of the garbled ones
    everything = [other.logged(), metrics, tracked(), *(f"{one.headers} {one.text}" for one in answers)]
    assert [line for text in everything for line in text.splitlines() if KEY in line] == []
