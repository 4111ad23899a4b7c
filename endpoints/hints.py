"""Sends the message of a task by the task's name, so that whoever sends it imports no task.

A message is only a hint: the row carries the work, and the next sweep finds what no message announced.
"""

import logging
from typing import Any

from celery import current_app
from celery.exceptions import OperationalError
from django.db import transaction

MOST_WAITING = 200  # messages of a queue: sweeps send no more than bring it to this length

log = logging.getLogger(__name__)


def send(task: str, pk: object) -> None:
    """Send `pk` to `task`, a name in endpoints.tasks, once this transaction is committed.

    A broker that is away costs one sweep interval, nothing else.
    """

    def publish() -> None:
        try:
            current_app.send_task(_full_name(task), [str(pk)], retry=False)
        except OperationalError as error:
            log.warning("The broker is away (%s); the next sweep finds %s", error, pk)

    transaction.on_commit(publish)


def queue_of(task: str) -> str:
    """The name of the queue that the messages of `task` are sent to."""
    return str(current_app.amqp.router.route({}, _full_name(task))["queue"].name)


def room(queue: str) -> int:
    """How many messages a sweep may add to a queue."""
    return max(0, MOST_WAITING - waiting(queue))


def waiting(queue: str, connection: Any = None) -> int:
    """How many messages of a queue no worker has received; 0 when the broker is away, which sending reports.

    `connection`: one to use instead of one of the pool.
    """
    with current_app.connection_or_acquire(connection) as broker:
        try:
            return waiting_of(broker, queue)
        except OperationalError:
            return 0


def lengths() -> dict[str, int] | None:
    """How many messages of each queue no worker has received; None when the broker does not answer."""
    try:
        with current_app.connection_or_acquire() as broker:
            return {name: waiting_of(broker, name) for name in current_app.amqp.queues}
    except (OperationalError, OSError):
        return None


def waiting_of(broker: Any, queue: str) -> int:
    try:
        return int(broker.default_channel.queue_declare(queue, passive=True).message_count)
    except broker.channel_errors:  # no message was ever sent to it
        return 0
    except broker.connection_errors as error:
        raise OperationalError(str(error)) from None


def _full_name(task: str) -> str:
    return f"endpoints.tasks.{task}"
