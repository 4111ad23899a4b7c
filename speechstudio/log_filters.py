"""Filters for log records."""

import logging

from django.db import OperationalError


class ShortDatabaseErrors(logging.Filter):
    """Logs an unavailable or full database in one line; a traceback with each sweep would not help."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, OperationalError):
            message = record.getMessage().strip()
            record.msg, record.args = message if str(error) in message else f"{message}: {error}", ()
            record.exc_info = record.exc_text = None
        return True
