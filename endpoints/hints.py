"""Sends the message of a task by the task's name, so that whoever sends it imports no task.

A message is only a hint: the row carries the work, and the next sweep finds what no message announced.
"""

import logging

from celery import current_app
from celery.exceptions import OperationalError
from django.db import transaction

log = logging.getLogger(__name__)


def send(task: str, pk: object) -> None:
    """Send `pk` to `task`, a name in endpoints.tasks, once this transaction is committed.

    A broker that is away costs one sweep interval, nothing else.
    """

    def publish() -> None:
        try:
            current_app.send_task(f"endpoints.tasks.{task}", [str(pk)], retry=False)
        except OperationalError as error:
            log.warning("The broker is away (%s); the next sweep finds %s", error, pk)

    transaction.on_commit(publish)
