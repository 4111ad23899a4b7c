"""When a worker last swept, which shows whether sweeps are sent and whether any worker is running."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from endpoints.models.claim import database_now

# A task on deployments ends within a minute, so workers that are only busy sweep sooner than that.
LONGEST_BUSY = timedelta(minutes=10)
# By the queue that a worker receives.
HEARTBEATS = {"celery": "changes_beat_at", "sweeps": "beat_at", "logs": "logs_beat_at"}
STORAGE_EVERY = timedelta(minutes=5)  # how often a worker tries the storage of content logs


@dataclass(frozen=True)
class SystemState:
    """What workers have said of themselves: `swept`, how long ago the last sweep was; `worker`, see `missing`.

    `queues`: whether a worker of each queue is running. `storage`: whether it worked when it was last tried; None when
    no worker has tried it lately.
    """

    swept: timedelta | None
    worker: bool
    queues: dict[str, bool]
    storage: bool | None
    storage_error: str
    storage_free: int | None
    storage_size: int | None


class Sweep(models.Model):
    """One row, which each sweep updates, and each heartbeat of a worker, which goes on while all of them are busy."""

    at = models.DateTimeField(db_default=Now())
    beat_at = models.DateTimeField(null=True)  # of a worker that receives sweeps
    logs_beat_at = models.DateTimeField(null=True)  # of a worker that receives the queue of content logs
    changes_beat_at = models.DateTimeField(null=True)  # of a worker that receives changes and refreshes
    # When a worker last tried the storage of content logs, what it refused, and the room there in bytes if it has one.
    storage_at = models.DateTimeField(null=True)
    storage_error = models.CharField(max_length=300, blank=True, db_default="")
    storage_free = models.BigIntegerField(null=True)
    storage_size = models.BigIntegerField(null=True)

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
    def record_storage(cls, error: str, free: int | None, size: int | None) -> None:
        facts = {"storage_error": error[:300], "storage_free": free, "storage_size": size}
        cls.objects.filter(pk=1).update(storage_at=Now(), **facts)

    @classmethod
    def state(cls) -> "SystemState":
        """What the row says, by the database's clock."""
        row = cls.objects.filter(pk=1).first()
        if row is None:
            return SystemState(None, False, dict.fromkeys(HEARTBEATS, False), None, "", None, None)
        now = database_now()
        tried = row.storage_at is not None and now - row.storage_at <= 3 * STORAGE_EVERY
        return SystemState(
            swept=now - row.at,
            worker=not missing(row.at, row.beat_at, now),
            queues={queue: not overdue(getattr(row, field), now) for queue, field in HEARTBEATS.items()},
            storage=not row.storage_error if tried else None,
            storage_error=row.storage_error,
            storage_free=row.storage_free,
            storage_size=row.storage_size,
        )

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
