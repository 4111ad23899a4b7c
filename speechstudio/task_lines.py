"""The id of a request goes with the messages of tasks to the workers, and each task that a person has caused is a line.

django-structlog's part for Celery puts what is bound into the head of a message and binds it in the worker. Its own
lines are three for each task; ours is one, and below the level DEBUG none for what only repeats (sweeps, polls).
"""

import logging
from time import perf_counter
from typing import Any

from celery.signals import before_task_publish, task_postrun, task_prerun
from django_structlog.celery.receivers import CeleryReceiver
from structlog.contextvars import bind_contextvars, clear_contextvars, get_contextvars, unbind_contextvars

PASSED_ON = ("request_id", "traceparent")

log = logging.getLogger(__name__)


class Receiver(CeleryReceiver):
    """Nothing but the id is passed on: what a worker binds is of its own work."""

    def get_task_context(self) -> dict[str, Any]:
        bound = get_contextvars()
        return {name: bound[name] for name in PASSED_ON if name in bound}

    def receiver_task_prerun(self, task_id: str, task: Any, *arguments: Any, **options: Any) -> None:
        super().receiver_task_prerun(task_id, task, *arguments, **options)
        unbind_contextvars("task_id")  # the row says more: it is the same in each step of its work
        row = (options.get("args") or [None])[0]
        bind_contextvars(task=_short(task), **({"of": str(row)} if row else {}))
        task.request.began = perf_counter()

    def receiver_task_postrun(self, task: Any, state: str | None = None, **_options: Any) -> None:
        level = logging.INFO if "request_id" in get_contextvars() else logging.DEBUG
        milliseconds = round((perf_counter() - getattr(task.request, "began", perf_counter())) * 1000, 1)
        log.log(level, "Task %s: %s", _short(task), str(state).lower(), extra={"ms": milliseconds})
        clear_contextvars()


receiver = Receiver()  # signals keep no reference to it


def connect() -> None:
    """For all processes: web, beat and commands send messages, too."""
    before_task_publish.connect(receiver.receiver_before_task_publish, dispatch_uid="task_lines.publish")
    task_prerun.connect(receiver.receiver_task_prerun, dispatch_uid="task_lines.prerun")
    task_postrun.connect(receiver.receiver_task_postrun, dispatch_uid="task_lines.postrun")


def _short(task: Any) -> str:
    return str(task.name).rpartition(".")[2]
