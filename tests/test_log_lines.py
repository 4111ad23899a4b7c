"""What a line of the log looks like, as text and as JSON, and what it never has."""

import json
import logging
import re
import subprocess
import sys

import pytest
from structlog.contextvars import bound_contextvars

from speechstudio import log_filters
from speechstudio.log_lines import JSON, TEXT, formatter, masked
from speechstudio.log_settings import logging_config
from tests.demo import ROOT, environment


def record(message, *arguments, error=None, **extra):
    info = (type(error), error, error.__traceback__) if error else None
    made = logging.LogRecord("endpoints.x", logging.WARNING, "x.py", 1, message, arguments, info)
    vars(made).update(extra)
    return made


def text(*arguments, **options):
    return formatter(TEXT).format(record(*arguments, **options))


def parsed(*arguments, **options):
    return json.loads(formatter(JSON).format(record(*arguments, **options)))


def raised():
    try:
        raise LookupError("first\n2026-11-29 10:00:00,000 INFO forged: a line of caller@example.com")
    except LookupError as error:
        return error


def test_a_line_has_its_sentence_and_the_fields_behind_it():
    with bound_contextvars(request_id="0123", resource="Contoso Speech"):
        line = text("Retry of %s", "Endpoints_Get", operation="Endpoints_Get", status=503, retry=1)
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} WARNING endpoints\.x: Retry of Endpoints_Get status=503 retry=1"
        r' resource="Contoso Speech" request_id=0123',
        line,
    )


def test_the_same_line_as_json_has_all_fields_with_their_types():
    with bound_contextvars(request_id="0123"):
        line = parsed("GET %s", "/models/", method="GET", path="/models/", status=200, ms=1.5)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", line.pop("time"))
    assert line == {
        "level": "WARNING",
        "logger": "endpoints.x",
        "event": "GET /models/",
        "request_id": "0123",
        "method": "GET",
        "path": "/models/",
        "status": 200,
        "ms": 1.5,
    }


def test_what_libraries_add_to_a_record_is_not_written():
    assert "secret" not in text("Not Found", request="GET /?q=secret", data={"args": "secret"})


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\x1b[2K", "\x00", "\u2028", "\u202e"])
def test_a_text_that_somebody_sends_makes_no_line_of_its_own(end):
    line = text(
        "Invalid HTTP_HOST header: %s",
        f"x{end}2026-11-29 10:00:00,000 INFO forged: a line",
        service_request_id=f"/{end}",
    )
    assert line.isprintable()
    assert len(line.splitlines()) == 1


def test_a_field_cannot_look_like_two():
    assert text("x", service_request_id='a user=1 "b"').endswith(r'service_request_id="a user=1 \"b\""')


def test_the_lines_of_a_traceback_are_indented_so_that_none_looks_like_another():
    first, *rest = text("It broke", error=raised()).splitlines()
    assert first.endswith("It broke")
    assert len(rest) > 3
    assert all(line.startswith("  ") for line in rest)
    assert "caller@example.com" not in "".join(rest)
    line = parsed("It broke", error=raised())
    assert line["event"] == "It broke"
    assert line["exception"].startswith("Traceback")
    assert "LookupError" in line["exception"]
    assert "caller@example.com" not in line["exception"]


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("to max.muster+1@mail.example.com, twice", "to …, twice"),
        ("https://x.example.com/a?sv=1&sig=abc%2Bdef&se=2", "https://x.example.com/a?sv=1&sig=…&se=2"),
        (
            "Forbidden (CSRF cookie not set.): /people/Erika Muster/roles/",
            "Forbidden (CSRF cookie not set.): /people/…/roles/",
        ),
        ("/speech/people/groups/Callers/grants/", "/speech/people/groups/…/grants/"),
        ("/people/groups/", "/people/groups/"),
        ("/sign-in/reset/3-abc-def/", "/sign-in/reset/…/"),
        ("/sign-in/reset/sent/", "/sign-in/reset/sent/"),
        ("/hooks/speech/0123456789", "/hooks/speech/…"),
        ("duplicate key\nDETAIL:  Key (username)=(Erika) already exists.", "duplicate key\nDETAIL: …"),
        (
            "Invalid request from ip=2001:db8::7: Invalid HTTP Version",
            "Invalid request from ip=…: Invalid HTTP Version",
        ),
        ("Invalid request from ip=10.1.2.3: x", "Invalid request from ip=…: x"),
        ("Connected to redis://:**@127.0.0.1:6379/0", "Connected to redis://:**@127.0.0.1:6379/0"),
    ],
)
def test_people_and_secrets_are_masked(said, written):
    assert masked(said) == written


def test_a_long_text_is_masked_in_no_time_worth_mentioning():
    """Each step of an expression is bounded: what is linear takes milliseconds, and a quadratic one would not end."""
    masked("a" * 1_000_000 + "@")
    masked("/people/" * 100_000)


def test_beat_does_not_tell_of_each_task_that_it_sends():
    keeps = log_filters.NoDueTasks().filter
    assert not keeps(record("Scheduler: Sending due task %s (%s)", "sweep", "endpoints.tasks.sweep"))
    assert keeps(record("beat: Starting..."))


LINES = """
import logging, django
django.setup()
for name in ("endpoints.x", "celery.y", "django.request"):
    for level in (10, 20, 30, 40):
        logging.getLogger(name).log(level, "said")
"""


@pytest.mark.parametrize(
    ("level", "ours", "of_libraries"),
    [("DEBUG", 4, 3), ("INFO", 3, 3), ("warning", 2, 2), ("ERROR", 1, 1)],
)
def test_the_level_holds_for_all_and_debug_for_our_own_lines_alone(tmp_path, level, ours, of_libraries):
    env = environment(tmp_path, DJANGO_SETTINGS_MODULE="speechstudio.settings", LOG_LEVEL=level, LOG_FORMAT="JSON")
    done = subprocess.run([sys.executable, "-c", LINES], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)
    loggers = [json.loads(line)["logger"] for line in done.stderr.splitlines()]
    found = {name: loggers.count(name) for name in ("endpoints.x", "celery.y", "django.request")}
    assert found == {"endpoints.x": ours, "celery.y": of_libraries, "django.request": 1}


def test_no_logger_has_a_handler_of_its_own():
    """Lines of another form would be written, or mails with a whole request sent."""
    config = logging_config(TEXT, "INFO", {})
    assert {"django", "gunicorn.error"} <= set(config["loggers"])
    assert [name for name, one in config["loggers"].items() if one.get("handlers")] == []
