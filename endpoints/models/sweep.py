"""When a worker last swept, which shows whether sweeps are sent and whether any worker is running."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

# A task on deployments ends within a minute, so workers that are only busy sweep sooner than that.
LONGEST_BUSY = timedelta(minutes=10)
HEARTBEATS = {"sweeps": "beat_at", "logs": "logs_beat_at"}  # by the queue that a worker receives


class Sweep(models.Model):
    """One row, which each sweep updates, and each heartbeat of a worker, which goes on while all of them are busy."""

    at = models.DateTimeField(db_default=Now())
    beat_at = models.DateTimeField(null=True)  # of a worker that receives sweeps
    logs_beat_at = models.DateTimeField(null=True)  # of a worker that receives the queue of content logs

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"swept at {self.at}"

    @classmethod
    def record(cls) -> None:
        if not cls.objects.filter(pk=1).update(at=Now()):
            Sweep.objects.bulk_create([Sweep(pk=1)], ignore_conflicts=True)

    @classmethod
    def beat(cls, *queues: str) -> None:
        """Record that a worker of these queues is running; others than those of HEARTBEATS do not count.

        Before the first sweep there is no row, and nothing to tell apart.
        """
        if found := {HEARTBEATS[queue]: Now() for queue in queues if queue in HEARTBEATS}:
            cls.objects.filter(pk=1).update(**found)

    @classmethod
    def with_logs_worker(cls) -> models.QuerySet["Sweep"]:
        """The row if a worker of content logs has said lately, by the database's clock, that it is running."""
        return cls.objects.filter(pk=1, logs_beat_at__gte=Now() - patience())

    @classmethod
    def last(cls) -> tuple[datetime | None, bool]:
        """The time of the last sweep, and whether no worker is running, by the database's clock."""
        row = cls.objects.annotate(now=Now()).values_list("at", "beat_at", "now").first()
        at, beat_at, now = row or (None, None, None)
        return at, missing(at, beat_at, now)


def missing(swept: datetime | None, beat: datetime | None, now: datetime | None) -> bool:
    """Whether no worker has swept for a while, and none says that it is running or could be busy for so long.

    A heartbeat does not need beat, so without this bound a beat that has ended would look like busy workers.
    """
    if not overdue(swept, now):
        return False
    return overdue(beat, now) or swept is None or now is None or now - swept > LONGEST_BUSY


def overdue(last: datetime | None, now: datetime | None) -> bool:
    """Whether there was no sweep for three intervals, and for at least ten seconds."""
    return last is None or now is None or now - last > patience()


def patience() -> timedelta:
    return timedelta(seconds=max(3 * settings.SWEEP_SECONDS, 10))
