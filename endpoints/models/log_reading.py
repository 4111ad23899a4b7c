"""Who has been shown recognized text, so that each showing is recorded once in a quarter of an hour."""

from datetime import timedelta
from typing import Self

from django.db import models
from django.utils import timezone

QUARTER = timedelta(minutes=15)


class LogReadingQuerySet(models.QuerySet["LogReading"]):
    def old(self) -> Self:
        """Of quarters that have ended."""
        return self.filter(quarter__lt=current_quarter())


class LogReading(models.Model):
    """A person, an endpoint, and a quarter of an hour; `entry` is 0 for lists, or the id of the entry on its page.

    `search`: a digest of the words and filters of a list, empty for a list without any; the words may name a caller.
    Ids are plain values: the row guards the event in Activity and is removed after its quarter.
    """

    person_id = models.BigIntegerField()
    endpoint_id = models.UUIDField()
    entry = models.BigIntegerField(default=0)
    search = models.CharField(max_length=64, blank=True, db_default="")
    quarter = models.BigIntegerField()  # how many have passed since 1970

    objects = LogReadingQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["person_id", "endpoint_id", "entry", "quarter", "search"], name="log_reading_once"
            )
        ]

    def __str__(self) -> str:
        return f"reading of {self.endpoint_id} by {self.person_id}"


def current_quarter() -> int:
    return int(timezone.now().timestamp() // QUARTER.total_seconds())
