"""Adds what a process has counted to the database every few seconds, by a thread that starts after the fork."""

import logging
from importlib import import_module
from threading import Event, Thread

from django.db import DatabaseError, connection

log = logging.getLogger(__name__)


class Flushing:
    """The thread of one process. It keeps no connection, which would cost the database more than opening one."""

    def __init__(self) -> None:
        self._over = Event()

    def start(self) -> None:
        self._over.clear()
        Thread(target=self._run, name="counters", daemon=True).start()

    def end(self) -> None:
        """Add what is left, because the process ends."""
        self._over.set()
        flush()

    def _run(self) -> None:
        seconds = import_module("endpoints.models.counter").FLUSH_SECONDS
        while not self._over.wait(seconds):
            flush()


def flush() -> None:
    try:
        import_module("endpoints.addresses.resolving.hours").hours.flush()  # which adds to the counters
        import_module("endpoints.models.counter").counting.flush()
    except DatabaseError as error:
        log.warning("Metrics are not recorded yet: %s", error)
    finally:
        connection.close()


flushing = Flushing()
