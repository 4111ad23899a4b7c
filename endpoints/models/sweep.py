"""When a worker last swept, which shows whether any worker is running."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class Sweep(models.Model):
    """One row, which each sweep updates."""

    at = models.DateTimeField(db_default=Now())

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"swept at {self.at}"

    @classmethod
    def record(cls) -> None:
        if not cls.objects.filter(pk=1).update(at=Now()):
            Sweep.objects.bulk_create([Sweep(pk=1)], ignore_conflicts=True)

    @classmethod
    def last(cls) -> tuple[datetime | None, bool]:
        """The time of the last sweep, and whether the next one is overdue, by the database's clock."""
        at, now = cls.objects.annotate(now=Now()).values_list("at", "now").first() or (None, None)
        return at, overdue(at, now)


def overdue(last: datetime | None, now: datetime | None) -> bool:
    """Whether there was no sweep for three intervals, and for at least ten seconds."""
    patience = timedelta(seconds=max(3 * settings.SWEEP_SECONDS, 10))
    return last is None or now is None or now - last > patience
