"""When a worker last swept: the sign that one is at work."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class Sweep(models.Model):
    """One row, written by each sweep."""

    at = models.DateTimeField(db_default=Now())

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"swept at {self.at}"

    @classmethod
    def done(cls) -> None:
        if not cls.objects.filter(pk=1).update(at=Now()):
            Sweep.objects.bulk_create([Sweep(pk=1)], ignore_conflicts=True)

    @classmethod
    def last(cls) -> tuple[datetime | None, bool]:
        """When the last sweep was, and whether the next one is overdue, by the database's clock."""
        at, now = cls.objects.annotate(now=Now()).values_list("at", "now").first() or (None, None)
        return at, overdue(at, now)


def overdue(last: datetime | None, now: datetime | None) -> bool:
    """Whether three intervals have gone by without a sweep, ten seconds at the least: no worker can be at work."""
    patience = timedelta(seconds=max(3 * settings.SWEEP_SECONDS, 10))
    return last is None or now is None or now - last > patience
