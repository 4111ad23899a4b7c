"""Filters for log records."""

import logging

from django.db import Error, OperationalError

# How Celery begins its lines about a broker that does not answer.
BROKER_LINES = ("consumer: Cannot connect to", "beat: Connection error")
# What a driver says when there is no connection: a wrong host, port, user or password, or a server that is away.
NOT_CONNECTED = ("connection", "resolve host", "unable to open database file")


def database_error(error: Error) -> str:
    """What a database said, in one line that names the setting."""
    return f"DATABASE_URL: the database cannot be used: {' '.join(str(error).split())}"


class ShortDatabaseErrors(logging.Filter):
    """Logs an unavailable or full database in one line; a traceback with each sweep would not help."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, OperationalError):
            message, reason = record.getMessage().strip(), str(error)
            if any(words in reason for words in NOT_CONNECTED):
                message, reason = message.replace(reason, "").rstrip(": "), database_error(error)
            record.msg, record.args = message if reason in message else f"{message}: {reason}", ()
            record.exc_info = record.exc_text = None
        return True


class BrokerSetting(logging.Filter):
    """Names the setting in lines about a broker that does not answer."""

    def filter(self, record: logging.LogRecord) -> bool:
        if str(record.msg).startswith(BROKER_LINES):
            record.msg, record.args = f"BROKER_URL: {' '.join(record.getMessage().split())}", ()
        return True


def is_refusal(record: logging.LogRecord) -> bool:
    """Whether it tells of a request that was refused (403, 400), which is no fault of ours."""
    return 400 <= getattr(record, "status_code", 0) < 500


class ShortRefusals(logging.Filter):
    """Logs a refused request in one line: its traceback says nothing but that the refusal was raised."""

    def filter(self, record: logging.LogRecord) -> bool:
        if is_refusal(record):
            record.exc_info = record.exc_text = None
            if record.levelno > logging.WARNING:  # Django's level for a wrong Host
                record.levelno, record.levelname = logging.WARNING, "WARNING"
        return True


class NoDueTasks(logging.Filter):
    """Leaves out beat's line about each task that it sends: one every two seconds for sweeps alone."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not str(record.msg).startswith("Scheduler: Sending due task")
