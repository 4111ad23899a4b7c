"""The scheduler of beat: it follows a clock that is set back, and does not pile up sweeps that nobody receives."""

from datetime import timedelta
from typing import Any

from celery.beat import PersistentScheduler, ScheduleEntry

from endpoints import hints
from speechstudio import alive

MOST_WAITING = 5  # as many as there are entries with a queue


class Scheduler(PersistentScheduler):
    """Holds back entries whose options name a queue: those of `sweep`, which has a queue of its own.

    Entries without that option go to a queue that other messages may fill, and are always sent.
    """

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
        return super().apply_async(entry, *arguments, **options)
