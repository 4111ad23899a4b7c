"""The scheduler of beat: it follows a clock that is set back, and does not pile up messages that nobody receives."""

from typing import Any

from celery.beat import PersistentScheduler, ScheduleEntry

MOST_WAITING = 2  # messages of a queue


class Scheduler(PersistentScheduler):
    def is_due(self, entry: ScheduleEntry) -> Any:
        """What last ran in the future has a last run at a time that the clock has forgotten: it is due now."""
        now = entry.default_now()
        if entry.last_run_at and entry.last_run_at > now:
            entry.last_run_at = now - getattr(entry.schedule, "run_every", entry.last_run_at - now)
        return super().is_due(entry)

    def apply_async(self, entry: ScheduleEntry, *arguments: Any, **options: Any) -> Any:
        """Send an entry's message, unless its queue has a few already, which no worker takes."""
        queue = (entry.options or {}).get("queue")
        return None if queue and self._waiting(queue) else super().apply_async(entry, *arguments, **options)

    def _waiting(self, queue: str) -> bool:
        with self.app.connection_for_read() as broker:
            try:
                channel: Any = broker.default_channel
                return bool(channel.queue_declare(queue, passive=True).message_count >= MOST_WAITING)
            except broker.channel_errors:
                return False  # no message was ever sent to it
