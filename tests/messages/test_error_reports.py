"""Errors that nobody expected are told to ADMINS and to Sentry: what and where, and nothing of any person."""

import contextlib
import json
import logging
import subprocess
import sys
import time

import pytest
from django.core import mail
from django.db import OperationalError

from endpoints import tasks
from endpoints.access import permissions
from endpoints.changes import work
from speechstudio.error_reports import EVERY_SECONDS, ErrorMail
from speechstudio.error_tracker import ErrorTracker
from tests.demo import ROOT, environment, until
from tests.processes import certificates
from tests.receiver import receiving

ADMIN = "ops@example.com"
IN_THE_ERROR, IN_THE_QUERY, IN_THE_BODY, LOCAL = "caller@example.com", "Erika-Muster", "Max-Muster", "local-variable"
OF_PEOPLE = (IN_THE_ERROR, IN_THE_QUERY, IN_THE_BODY, LOCAL, "alice", "sessionid")


@contextlib.contextmanager
def reporting_to(handler):
    root = logging.getLogger()
    root.handlers.insert(0, handler)  # as log_settings.py orders them
    try:
        yield handler
    finally:
        root.removeHandler(handler)


@pytest.fixture
def admins(settings, tmp_path):
    settings.ADMINS = [("", ADMIN)]
    with reporting_to(ErrorMail(kept=tmp_path / "error-mails")) as handler:
        yield handler


def broken(*_arguments, **_options):
    secret = LOCAL
    try:
        raise KeyError(secret)
    except KeyError as error:
        raise LookupError(f"no person {IN_THE_ERROR}") from error


@pytest.fixture
def failing(alice, monkeypatch):
    """A page that fails, with all that a request may have."""
    monkeypatch.setattr(permissions, "scope", broken)
    alice.raise_request_exception = False

    def fail():
        answer = alice.post(f"/endpoints/new/?q={IN_THE_QUERY}", {"name": IN_THE_BODY})
        assert answer.status_code == 500
        return answer["X-Request-ID"]

    return fail


def mails(number):
    until(lambda: len(mail.outbox) >= number)
    return mail.outbox


def test_a_page_that_fails_is_one_mail_without_anything_of_the_person(admins, failing):
    request_id = failing()
    (message,) = mails(1)
    assert message.to == [ADMIN]
    line = broken.__code__.co_firstlineno + 5
    assert message.subject == f"[Speech Studio] LookupError in test_error_reports.py, line {line}"
    assert f"Request id: {request_id}\n" in message.body
    assert "Error: builtins.LookupError\n" in message.body
    assert "Because of: builtins.KeyError\n" in message.body
    assert "  endpoints/access/permissions.py, line " in message.body
    assert [text for text in OF_PEOPLE if text in str(message.message())] == []


def test_a_storm_is_one_mail_an_hour_which_says_how_many_there_were(admins, failing, monkeypatch):
    for _ in range(5):
        failing()
    mails(1)
    later = time.time() + EVERY_SECONDS + 1
    monkeypatch.setattr("speechstudio.error_reports.time.time", lambda: later)
    failing()
    _first, second = mails(2)
    assert "4 more of this kind have happened" in second.body
    assert len(mail.outbox) == 2


def test_processes_of_a_machine_count_together(admins, failing):
    with reporting_to(ErrorMail(kept=admins._kept)):  # as another process has it
        failing()
    mails(1)
    failing()
    assert len(mail.outbox) == 1


def test_a_disk_that_is_full_does_not_stop_the_mail(settings, failing, tmp_path):
    settings.ADMINS = [("", ADMIN)]
    (tmp_path / "file").touch()
    with reporting_to(ErrorMail(kept=tmp_path / "file" / "error-mails")):
        failing()
        failing()
    mails(1)
    assert len(mail.outbox) == 1


def test_a_database_that_is_away_is_one_mail_for_all_pages_and_has_no_address(admins, alice, monkeypatch):
    def away(*_arguments):
        raise OperationalError(f"connection refused for {IN_THE_ERROR}")

    monkeypatch.setattr(permissions, "scope", away)
    alice.raise_request_exception = False
    for path in ("/models/", "/people/alice/", "/endpoints/"):
        assert alice.get(path).status_code == 503
    (message,) = mails(1)
    assert message.subject == "[Speech Studio] OperationalError"
    assert [text for text in OF_PEOPLE if text in str(message.message())] == []
    (told,) = admins._kept.glob("*")
    assert json.loads(told.read_text())["others"] == 2


def test_a_refused_request_is_no_error(admins, nemo, client):
    assert nemo.get("/models/").status_code == 403
    assert nemo.get("/nowhere/").status_code == 404
    assert client.get("/sign-in/", headers={"Host": "elsewhere.example.com"}).status_code == 400
    assert not list(admins._kept.glob("*"))


def test_a_task_that_fails_is_told_with_its_row(admins, db, monkeypatch):
    monkeypatch.setattr(work, "take", broken)
    row = "6f1b0b52-0d5e-4b0c-8a51-52f7d0a0d4c1"
    assert tasks.step.apply((row,)).failed()
    (message,) = mails(1)
    assert f"Task: step\nOf: {row}\n" in message.body
    assert [text for text in OF_PEOPLE if text in str(message.message())] == []


def test_a_mail_server_that_is_away_is_one_warning(admins, failing, settings, caplog):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    failing()
    until(lambda: "The e-mail about an error was not sent: ConnectionRefusedError" in caplog.text)


def events(server):
    """The events of all envelopes: the third line of each is the event."""
    return [json.loads(body.split(b"\n")[2]) for _method, _target, _headers, body in server.got]


def dsn(server, host="127.0.0.1", scheme="http"):
    port = f":{server.server_port}" if host == "127.0.0.1" else ""
    return f"{scheme}://0123456789abcdef@{host}{port}/7"


@pytest.fixture
def sentry():
    with receiving() as server:
        yield server


def test_sentry_gets_the_classes_and_places_and_nothing_of_the_person(sentry, failing):
    with reporting_to(ErrorTracker(dsn=dsn(sentry), environment="production")) as handler:
        request_id = failing()
        handler._client.flush(20)
    ((_method, address, _headers, body),) = sentry.got
    (event,) = events(sentry)
    assert address == "/api/7/envelope/"
    first, last = event["exception"]["values"]
    assert (first["type"], last["type"]) == ("KeyError", "LookupError")
    assert last["stacktrace"]["frames"][-1]["function"] == "broken"
    assert any(frame["in_app"] for frame in last["stacktrace"]["frames"])
    assert (event["tags"]["request_id"], event["environment"]) == (request_id, "production")
    assert {"request", "user", "breadcrumbs", "modules", "extra"} & {name for name in event if event[name]} == set()
    assert [text for text in OF_PEOPLE if text.encode() in body] == []


def test_sentry_is_reached_by_the_proxy(sentry, failing, settings):
    settings.NETWORK = {**settings.NETWORK, "proxy": f"http://127.0.0.1:{sentry.server_port}"}
    with reporting_to(ErrorTracker(dsn=dsn(sentry, "sentry.example.com"), environment="production")) as handler:
        failing()
        handler._client.flush(20)
    assert [one.target for one in sentry.got] == ["http://sentry.example.com/api/7/envelope/"]


@pytest.mark.parametrize("trusted", [True, False])
def test_sentry_is_trusted_by_the_authorities_of_ca_file(tmp_path, failing, settings, trusted):
    files = certificates.made_in(tmp_path)
    settings.NETWORK = {**settings.NETWORK, "ca_file": str(files.authority) if trusted else ""}
    with receiving(tls=files) as server:
        with reporting_to(ErrorTracker(dsn=dsn(server, scheme="https"), environment="production")) as handler:
            failing()
            handler._client.flush(20)
        assert len(server.got) == int(trusted)


SETTINGS_DECIDE = """
import logging, sys, django
django.setup()
import speechstudio.urls
logging.getLogger("endpoints").error("It ended with %s", "Erika-Muster", exc_info=False)
print("sentry_sdk" in sys.modules)
"""


def test_settings_switch_both_on(tmp_path, sentry):
    told = {"ADMINS": f"{ADMIN}, two@example.com", "EMAIL_URL": f"filemail:///{tmp_path}/mails"}
    done = run(tmp_path, SENTRY_DSN=dsn(sentry), **told)
    assert done.stdout == "True\n", done.stderr
    (event,) = events(sentry)
    (file,) = (tmp_path / "mails").glob("*")
    assert event["message"] == "It ended with %s"
    assert f"To: {ADMIN}, two@example.com" in file.read_text()
    assert "Erika-Muster" not in file.read_text() + str(event)


def test_without_settings_nothing_is_told_and_nothing_is_loaded(tmp_path):
    done = run(tmp_path)
    assert done.stdout == "False\n", done.stderr
    assert not (tmp_path / "error-mails").exists()


def run(var, **settings):
    env = environment(var, DJANGO_SETTINGS_MODULE="speechstudio.settings", **settings)
    return subprocess.run(
        [sys.executable, "-c", SETTINGS_DECIDE], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60
    )
