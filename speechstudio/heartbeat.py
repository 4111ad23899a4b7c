"""A worker says every few seconds that it is running, apart from its tasks, which may all take long."""

import logging
from importlib import import_module
from typing import Any

from celery import bootsteps
from django.conf import settings
from django.db import DatabaseError, connection

from speechstudio import alive

log = logging.getLogger(__name__)


class Heartbeat(bootsteps.StartStopStep):
    """In the worker's main process and its event loop, which also starts its other processes: no thread is needed.

    It rests while the broker is away: the worker gets no messages then.
    """

    requires = ("celery.worker.components:Timer",)

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self.timers: list[Any] = []

    def start(self, parent: Any) -> None:
        queues = tuple(parent.app.amqp.queues.consume_from)
        alive.touch()
        self.timers = [
            parent.timer.call_repeatedly(settings.SWEEP_SECONDS, beat, queues),
            parent.timer.call_repeatedly(alive.SECONDS, alive.touch),
        ]

    def stop(self, parent: Any) -> None:
        for timer in self.timers:
            timer.cancel()


def beat(*queues: str) -> None:
    """Record the heartbeat; no connection is kept, because processes are forked from this one."""
    try:
        import_module("endpoints.models").Sweep.beat(*queues)
    except DatabaseError as error:
        log.warning("The heartbeat is not recorded: %s", error)
    finally:
        connection.close()
