"""The scheduler of beat: it follows a clock that is set back, and does not pile up sweeps that nobody receives."""

import logging
from datetime import timedelta
from typing import Any

from celery.beat import PersistentScheduler, ScheduleEntry, SchedulingError
from celery.exceptions import OperationalError

from endpoints import hints
from speechstudio import alive

MOST_WAITING = 5  # as many as there are entries with a queue

log = logging.getLogger(__name__)


class Scheduler(PersistentScheduler):
    """Holds back entries whose options name a queue: those of `sweep`, which has a queue of its own.

    Entries without that option go to a queue that other messages may fill, and are always sent.
    A broker that is away is logged once, and once when it is back; Celery would log each message with its traceback.
    """

    broker_away = False

    def is_due(self, entry: ScheduleEntry) -> Any:
        """What last ran in the future has a last run at a time that the clock has forgotten: it is due now."""
        now = entry.default_now()
        if entry.last_run_at and entry.last_run_at > now:
            entry.last_run_at = now - getattr(entry.schedule, "run_every", timedelta(0))
        return super().is_due(entry)

    def tick(self, *arguments: Any, **options: Any) -> Any:
        alive.touch()
        return super().tick(*arguments, **options)

    def apply_async(self, entry: ScheduleEntry, *arguments: Any, **options: Any) -> Any:
        """Send an entry's message, unless its queue has a few already, which no worker takes."""
        queue = (entry.options or {}).get("queue")
        if queue and hints.waiting(queue, self.connection) >= MOST_WAITING:
            return None
        try:
            sent = super().apply_async(entry, *arguments, **options)
        except SchedulingError as error:
            if not isinstance(error.__context__, OperationalError):
                raise
            if not self.broker_away:
                log.error("The broker is away, and nothing is sent until it is back: %s", error.__context__)
            self.broker_away = True
            return None
        if self.broker_away:
            log.warning("The broker is back, and messages are sent again")
        self.broker_away = False
        return sent
