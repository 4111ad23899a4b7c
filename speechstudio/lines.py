"""What the log's lines say."""

import logging

from django.db import OperationalError


class OneLine(logging.Filter):
    """That the database is away or full is told in one line: a traceback with each sweep would say no more."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, OperationalError):
            said = record.getMessage().strip()
            record.msg, record.args = said if str(error) in said else f"{said}: {error}", ()
            record.exc_info = record.exc_text = None
        return True
