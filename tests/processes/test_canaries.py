"""Secrets and transcripts go through the real processes, and are then found nowhere but where they belong.

Each is searched for as it is, in base64 at each offset, in hex, and as part of an address; sessions are unpacked.
"""

import base64
import io
import json
import re
import sqlite3
import threading
import time
import zipfile
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, quote, quote_plus, urlsplit

import httpx
import pytest
import redis
from cryptography.fernet import Fernet
from django.core import signing

from speechstudio.demo.processes import free_port
from speechstudio.var import broker_socket
from tests import prepared
from tests.conftest import KEY, World
from tests.demo import PLAIN, Demo, descendants, until
from tests.processes import servers
from tests.processes.person import signed_in

CLIENT_SECRET = "Canary~client.secret-0123456789abcdefgh"
METRICS_TOKEN = "canary-of-the-monitoring-3141592653589793"
SESSIONS = "django.contrib.sessions.SessionStore"  # Django's salt of sessions
CARD = {"api_version": "v3.2", "auth": "key", "tenant_id": "", "client_id": ""}
PAGES = (
    *("/endpoints/", "/endpoints/export/", "/models/", "/models/expirations.ics", "/activity/", "/activity/export/"),
    *("/activity/export/?format=json", "/resources/", "/settings/", "/search/?q=canary", "/downloads/", "/help/"),
    *("/endpoints/new/", "/resources/new/", "/health/ready", "/metrics"),
)


def forms_of(secret):
    """How a secret may be written, as bytes."""
    raw = secret.encode()
    found = {raw, raw.hex().encode(), raw.hex().upper().encode(), quote(secret, safe="").encode()}
    found |= {quote_plus(secret).encode(), json.dumps(secret)[1:-1].encode()}
    for offset in range(3):  # without the characters that depend on what stands before and after
        whole = base64.b64encode(bytes(offset) + raw)
        middle = whole[(0, 2, 3)[offset] : -4]
        found |= {middle, middle.replace(b"+", b"-").replace(b"/", b"_")}
    return found


def found_in(places, secrets):
    """The name of each secret with the places that have it."""
    forms = {name: forms_of(secret) for name, secret in secrets.items()}
    return sorted(
        (name, place)
        for place, content in places.items()
        for name in forms
        if any(one in content for one in forms[name])
    )


class IdentityService(ThreadingHTTPServer):
    """Answers with the access token `token`, as App Service does ("How to use managed identities for App Service").

    It has an address of its own on this machine, which IDENTITY_ENDPOINT names.
    """

    token = ""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def environment(self):
        return {"IDENTITY_ENDPOINT": f"http://127.0.0.1:{self.server_port}/token", "IDENTITY_HEADER": "of-these-tests"}


class Answer(BaseHTTPRequestHandler):
    server: IdentityService

    def do_GET(self):
        expires = str(int(time.time()) + 600)
        body = {"access_token": self.server.token, "expires_on": expires, "resource": "r", "token_type": "Bearer"}
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_arguments):
        """Nothing."""


class Stage:
    """A demo in which each secret is used once, with what people and other programs can read afterwards."""

    def __init__(self, var):
        self.var, port = var, free_port()
        more = {"PUBLIC_URL": f"http://127.0.0.1:{port}", "METRICS_TOKEN": METRICS_TOKEN, "SWEEP_SECONDS": 1}
        self.identity = IdentityService()
        more |= self.identity.environment
        options = ("--endpoints", "8", "--logs", "3", "--control", "--deploy-seconds", "1")
        self.demo = Demo(prepared.fill(var), *options, port=port, **more).wait()
        self.world = World(f"http://127.0.0.1:{self.demo.simulator_port}")
        self.secrets = {"client secret": CLIENT_SECRET}

    def act(self):
        with signed_in(self.demo.url, "admin", "demo") as admin:
            self.admin = admin
            self.resource = re.search(r'href="/resources/([0-9a-f-]{36})/"', admin.get("/resources/").text)[1]
            self.replace_key()
            self.register_hook()
            self.add_application()
            self.add_identity()
            self.read_logs()
            self.read_container()
            self.secrets["session"] = next(cookie.value for cookie in admin.cookies.jar if "session" in cookie.name)
            self.pages = {path: admin.get(path).content for path in self.addresses()}

    def addresses(self):
        rows = [f"/endpoints/{pk}/{tab}" for pk in self.admin.rows[:3] for tab in ("", "history/", "sample-code/")]
        of_resource = [f"/resources/{self.resource}/", f"/resources/{self.resource}/keys/"]
        return [
            *PAGES,
            *rows,
            *of_resource,
            f"/purges/{self.purge}/receipt/",
            f"/purges/{self.purge}/receipt/?format=csv",
        ]

    def ask(self, sql, *values):
        with closing(sqlite3.connect(self.var / "db.sqlite3")) as database:
            return database.execute(sql, values).fetchall()

    def post(self, address, **typed):
        answer = self.admin.send_form(address, self.admin.get("/endpoints/").text, **typed)
        assert answer.status_code == 200, answer.text
        return answer

    def use(self, draft):
        """Use a draft when its test has ended."""
        assert "/drafts/" in str(draft.url), draft.text
        until(lambda: "Test again" in self.admin.get(str(draft.url)).text)
        return self.post(str(draft.url), action="use")

    def replace_key(self):
        with httpx.Client(verify=PLAIN, trust_env=False) as client:
            second = client.get(f"{self.world.url}/_world/keys").json()["keys"][1]
        self.secrets["key"] = second
        address = f"/resources/{self.resource}/keys/"
        self.use(self.post(address, new_key=second))
        self.post(address, action="switch")

    def register_hook(self):
        self.post(f"/resources/{self.resource}/hook/")
        ((sealed,),) = until(lambda: self.ask("select hook_secret from endpoints_resource where hook_id <> ''"))
        self.secrets["hook secret"] = Fernet((self.var / "encryption-key").read_text().strip()).decrypt(sealed).decode()

    def add_application(self):
        """Its identity provider cannot be reached from here, which its test says."""
        named = CARD | {
            "name": "Application",
            "region": "",
            "auth": "client-secret",
            "tenant_id": "t",
            "client_id": "c",
        }
        self.use(
            self.post("/resources/new/", **named, url="https://a.cognitiveservices.azure.com", new_key=CLIENT_SECRET)
        )

    def add_identity(self):
        """The identity of this machine, whose access tokens the simulated service has issued."""
        headers = {"Ocp-Apim-Subscription-Key": self.secrets["key"]}
        with httpx.Client(verify=PLAIN, trust_env=False, headers=headers) as client:
            self.identity.token = client.post(f"{self.world.url}/sts/v1.0/issueToken").text
        self.secrets["access token"] = self.identity.token.rpartition(".")[2]  # its signature
        named = CARD | {
            "name": "Identity",
            "region": "",
            "auth": "managed-identity",
            "own_gateway": "on",
            "new_key": "",
        }
        address = self.world.url.replace("127.0.0.1", "localhost")
        self.use(self.post("/resources/new/", **named, url=address))
        accepted = "select name from endpoints_resource where name = 'Identity' and mirrored_at is not null"
        until(lambda: self.ask(accepted))

    def read_logs(self):
        """Keep the logs of an endpoint, download them, and delete them."""
        (pk,) = until(
            lambda: self.ask("select id from endpoints_endpoint where logging_enabled and status = 'Succeeded'")
        )[0]
        self.endpoint = f"/endpoints/{pk[:8]}-{pk[8:12]}-{pk[12:16]}-{pk[16:20]}-{pk[20:]}"
        self.post(f"{self.endpoint}/logs/keep/", keep="on", every_hours="24", retention_days="90")
        text = "select text from endpoints_logentry where length(text) > 20"
        self.secrets["transcript"] = until(lambda: self.ask(text))[0][0]
        self.post(f"{self.endpoint}/download/", **{"from": "", "to": "", "purpose": ""})
        ready = "/downloads/[0-9a-f-]{36}/file/"
        link = until(lambda: re.search(ready, self.admin.get("/downloads/").text))[0]
        self.zip = self.admin.get(link).content
        form = self.admin.get(f"{self.endpoint}/logs/purge/?until=2099-01-01").text
        day = re.search(r'max="([0-9-]+)"', form)[1]
        page = self.admin.get(f"{self.endpoint}/logs/purge/?until={day}").text
        fields = dict(re.findall(r'name="(key|until)" value="([^"]*)"', page))
        typed = {**fields, "until": day, "typed": day, "number": "3", "reason": "Law"}
        answer = self.post(f"{self.endpoint}/logs/purge/", **typed)
        self.purge = re.search("/purges/([0-9a-f-]{36})/", str(answer.url))[1]

    def read_container(self):
        container = self.world.container()
        (self.secrets["SAS"],) = parse_qs(urlsplit(container).query)["sig"]
        form = CARD | {"name": "Contoso Speech", "region": "eastus", "url": self.world.url, "own_gateway": "on"}
        self.use(self.post(f"/resources/{self.resource}/", **form, new_log_container=container))

    def files(self):
        """All files of the installation but those that hold a secret by their purpose, and of the simulated service."""
        named = ("simulator.json", "simulator-key", "encryption-key", "secret-key", "simulator.log")
        return {
            str(path.relative_to(self.var)): path.read_bytes()
            for path in self.var.rglob("*")
            if path.is_file() and path.name not in named
        }

    def backup(self):
        """The database as a backup has it, and its sessions unpacked."""
        there = self.var.parent / "backup.sqlite3"
        with closing(sqlite3.connect(self.var / "db.sqlite3")) as database, closing(sqlite3.connect(there)) as copy:
            database.backup(copy)
        secret = (self.var / "secret-key").read_text().strip()
        stored = self.ask("select session_data from django_session")
        sessions = [signing.loads(data, key=secret, salt=SESSIONS) for (data,) in stored]
        return {"backup": there.read_bytes(), "sessions": json.dumps(sessions).encode()}

    def broker(self):
        with redis.Redis(unix_socket_path=str(broker_socket(self.var))) as client:
            return {f"broker {key!r}": client.dump(key) for key in client.scan_iter()}

    def processes(self):
        found = {}
        for pid in [self.demo.process.pid, *descendants(self.demo.process.pid)]:
            for file in ("cmdline", "environ"):
                name = f"{pid} {file} {Path(f'/proc/{pid}/cmdline').read_text()[:80]!r}"
                found[name] = Path(f"/proc/{pid}/{file}").read_bytes()
        return found


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    var = tmp_path_factory.mktemp("canaries") / "var"
    stage = Stage(var)
    try:
        stage.act()
        yield stage
    finally:
        servers.tear_down(stage.demo)
        stage.identity.shutdown()
        stage.identity.server_close()


def secrets(stage, *but):
    return {name: secret for name, secret in stage.secrets.items() if name not in but}


def test_each_canary_was_used(stage):
    assert set(stage.secrets) == {"key", "client secret", "access token", "hook secret", "SAS", "transcript", "session"}
    assert all(len(secret) > 12 for secret in stage.secrets.values()), stage.secrets
    sealed = "select key, log_container from endpoints_resource where name = 'Contoso Speech'"
    opened = [
        Fernet((stage.var / "encryption-key").read_text()).decrypt(text).decode() for text in stage.ask(sealed)[0]
    ]
    assert opened[0] == stage.secrets["key"]
    assert quote(stage.secrets["SAS"], safe="") in opened[1]


def test_the_search_finds_what_is_there():
    for written in (KEY, base64.b64encode(f"x{KEY}y".encode()).decode(), KEY.encode().hex(), quote(KEY, safe="")):
        assert found_in({"place": f"before {written} after".encode()}, {"key": KEY}) == [("key", "place")]
    assert found_in({"place": b"before after"}, {"key": KEY}) == []


def test_no_secret_is_in_the_database_or_a_backup_of_it(stage):
    # A session is its row's own key, and transcripts are there to be searched.
    assert found_in(stage.backup(), secrets(stage, "session", "transcript")) == []


def test_no_secret_is_in_a_file_or_log(stage):
    files = stage.files()
    assert any(name.startswith("log/") for name in files)
    assert found_in(files, secrets(stage, "session", "transcript")) == []
    logs = {name: content for name, content in files.items() if not name.startswith(("db.sqlite3", "logs/"))}
    assert found_in(logs, secrets(stage)) == []


def lines_of(stage, name):
    return (stage.var / "log" / f"{name}.log").read_text().splitlines()


def test_each_request_is_a_line_without_its_query_and_with_no_more_of_the_person_than_a_number(stage):
    requests = [line for line in lines_of(stage, "web") if " speechstudio.requests: " in line]
    assert len(requests) > len(stage.pages)
    assert any("GET /search/ status=200 " in line and " user=1 " in line for line in requests)
    assert [line for line in requests if "?" in line or "canary" in line or "/health/" in line] == []
    assert [line for line in [*requests, *lines_of(stage, "worker")] if re.search(r"\badmin\b", line)] == []


def test_what_only_repeats_is_no_line_of_a_worker(stage):
    lines = [line for line in lines_of(stage, "worker") if re.match(r"\d{4}-", line)]
    assert any(" ready." in line for line in lines)
    assert [line for line in lines if re.search(r"received|task=(sweep|seal)\b|GET \w+_List status=200", line)] == []


def test_calls_that_change_something_have_the_ids_of_both_sides(stage):
    calls = [line for line in lines_of(stage, "worker") if " endpoints.azure.calls: POST WebHooks_Create " in line]
    assert calls
    assert all(re.search(r"status=201 .*service_request_id=[0-9a-f-]{36} resource=", line) for line in calls)


def test_no_secret_is_in_a_message_of_the_broker(stage):
    assert found_in(stage.broker(), secrets(stage)) == []


def test_no_secret_is_on_a_page_in_a_feed_or_in_a_receipt(stage):
    assert all(stage.pages.values())
    assert found_in(stage.pages, secrets(stage)) == []


def test_no_secret_is_in_a_zip_of_content_logs(stage):
    with zipfile.ZipFile(io.BytesIO(stage.zip)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    assert found_in({"zip": stage.zip, **members}, secrets(stage, "transcript")) == []
    assert found_in(members, {"transcript": stage.secrets["transcript"]}) != []


def test_no_secret_is_in_the_command_line_or_environment_of_a_process(stage):
    found = stage.processes()
    assert len(found) > 8
    assert found_in(found, secrets(stage)) == []
    commands = {name: content for name, content in found.items() if "cmdline" in name}
    assert found_in(commands, {"metrics token": METRICS_TOKEN}) == []


def test_the_token_of_the_monitoring_stays_in_the_environment(stage):
    allowed = {"Authorization": f"Bearer {METRICS_TOKEN}"}
    answer = httpx.get(f"{stage.demo.url}/metrics", headers=allowed, verify=PLAIN, trust_env=False)
    assert answer.status_code == 200
    assert found_in({**stage.files(), **stage.pages, "metrics": answer.content}, {"metrics token": METRICS_TOKEN}) == []
