"""What Celery prints by itself, in the form of all other lines, and without its banner among lines of JSON."""

import logging
import os
import sys
from contextlib import suppress
from importlib import import_module
from typing import Any

from celery.apps import beat, worker

from speechstudio.log_lines import JSON

log = logging.getLogger("celery.worker")


class Beat(beat.Beat):
    quiet: bool

    def run(self) -> Any:
        self.quiet = self.quiet or import_module("django.conf").settings.LOG_FORMAT == JSON
        return super().run()


def say(message: str, _file: Any = None) -> None:
    """Write what Celery says when it is told to stop, as a line of the log.

    A handler of signals calls it, so the handlers of logging, which may be writing at this moment, are passed by.
    """
    if not log.isEnabledFor(logging.INFO):
        return
    record = log.makeRecord(log.name, logging.INFO, "", 0, message, (), None)
    lines = [one.format(record) for one in logging.getLogger().handlers[-1:]]  # the console's
    with suppress(OSError):
        os.write(sys.__stderr__.fileno() if sys.__stderr__ else 2, "".join(f"{line}\n" for line in lines).encode())


def connect() -> None:
    """For workers."""
    vars(worker)["safe_say"] = say
