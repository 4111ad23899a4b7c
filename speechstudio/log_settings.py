"""Settings of logs: one handler writes lines to standard error, others report errors to people."""

import logging
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from speechstudio import server_urls
from speechstudio.environment import Environment
from speechstudio.log_lines import FORMATS, LEVELS

QUIET = {
    # Its lines of a request that was refused would repeat the line of the request.
    "django.request": {"level": "ERROR"},
    # Each message that a worker receives, and each task that has succeeded: the lines of task_lines.py tell of those
    # that a person has caused.
    "celery.worker.strategy": {"level": "WARNING"},
    "celery.app.trace": {"level": "WARNING"},
    "httpx": {"level": "WARNING"},
    "urllib3": {"level": "WARNING"},
}
# Others bring handlers of their own, with lines of another form or a mail that has the whole request in it.
LEFT_TO_US = {
    name: {"handlers": [], "propagate": True} for name in ("django", "gunicorn.error", "gunicorn.access", "py.warnings")
}


def log_settings(env: Environment, var: Path, *, demo: bool) -> dict[str, Any]:
    """Django's settings about logs, and about people and programs that are told of errors."""
    admins = env.list("ADMINS", default=[])
    tracker = server_urls.error_tracker("SENTRY_DSN", env.text("SENTRY_DSN"))
    reporters: dict[str, dict[str, Any]] = {}
    if admins:
        reporters["mail"] = {"()": "speechstudio.error_reports.ErrorMail", "kept": var / "error-mails"}
    if tracker:
        told = {"dsn": tracker, "environment": "demo" if demo else "production"}
        reporters["error_tracker"] = {"()": "speechstudio.error_tracker.ErrorTracker", **told}
    form = _choice(env, "LOG_FORMAT", FORMATS)
    return {
        "LOG_FORMAT": form,
        "ADMINS": [("", address) for address in admins],
        "LOGGING": logging_config(form, _choice(env, "LOG_LEVEL", LEVELS), reporters),
        "DJANGO_STRUCTLOG_CELERY_TASK_START_LOG_LEVEL": logging.DEBUG,  # task_lines.py has its own line
    }


def logging_config(form: str, level: str, reporters: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Django's LOGGING. `reporters`: more handlers, by their names, which get errors only.

    DEBUG holds for the product's own lines: those of libraries may show what is sent.
    """
    filters = {
        "short_errors": {"()": "speechstudio.log_filters.ShortDatabaseErrors"},
        "short_refusals": {"()": "speechstudio.log_filters.ShortRefusals"},
        "broker_setting": {"()": "speechstudio.log_filters.BrokerSetting"},
        "no_due_tasks": {"()": "speechstudio.log_filters.NoDueTasks"},
    }
    console = {"class": "logging.StreamHandler", "formatter": "line", "level": level, "filters": list(filters)}
    of_libraries = "INFO" if level == "DEBUG" else level
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": "speechstudio.log_lines.formatter", "form": form}},
        "filters": filters,
        "handlers": {"console": console, **{name: {"level": "ERROR", **one} for name, one in reporters.items()}},
        # The console is the last, because its filters shorten what they let pass.
        "root": {"handlers": [*reporters, "console"], "level": of_libraries},
        "loggers": {"endpoints": {"level": level}, "speechstudio": {"level": level}, **LEFT_TO_US, **QUIET},
    }


def _choice(env: Environment, name: str, words: tuple[str, ...]) -> str:
    """One of some words, in any case; the first one when it is not set."""
    text = env.text(name) or words[0]
    found = next((word for word in words if word.lower() == text.lower()), None)
    if found is None:
        raise ImproperlyConfigured(f"{name} is none of {', '.join(words)}.")
    return found
