"""What content logs say about recognition, as sums of each day; they stay when the logs are deleted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from endpoints.models.endpoint import Endpoint

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)  # `since` of what was logged before the first change that we know of
MEASURES = ("confidence", "pace", "seconds")
SILENT, SILENT_DAYS = "silent", 5  # days on which there usually is speech


class QualityDayQuerySet(models.QuerySet["QualityDay"]):
    def between(self, first: object, last: object) -> Self:
        """The days from `first` to `last`, both inclusive."""
        return self.filter(day__gte=first, day__lte=last)


class QualityDay(models.Model):
    """The entries of one day (UTC) that one model answered, `since` the change that brought it.

    Of each measure the number of entries that have it, their sum, and the sum of their squares. `confidence`: 0 to 1;
    `pace`: words a minute; `seconds`: the duration.
    """

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="quality_days")
    day = models.DateField()
    since = models.DateTimeField(default=BEGINNING)
    entries = models.PositiveIntegerField(default=0)
    without_result = models.PositiveIntegerField(default=0)
    confidence_count = models.PositiveIntegerField(default=0)
    confidence_sum = models.FloatField(default=0)
    confidence_squares = models.FloatField(default=0)
    pace_count = models.PositiveIntegerField(default=0)
    pace_sum = models.FloatField(default=0)
    pace_squares = models.FloatField(default=0)
    seconds_count = models.PositiveIntegerField(default=0)
    seconds_sum = models.FloatField(default=0)
    seconds_squares = models.FloatField(default=0)

    objects = QualityDayQuerySet.as_manager()

    class Meta:
        ordering = ["day", "since"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["endpoint", "day", "since"], name="quality_day_once")]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d}: {self.entries}"


SUMS = tuple(
    field.name for field in QualityDay._meta.local_fields if field.name not in ("id", "endpoint", "day", "since")
)


class QualityVerdict(models.TextChoices):
    """What the logs say about the last change of the model."""

    UNKNOWN = "", _("Unknown")
    TOO_FEW = "too-few", _("Too few log entries to tell")
    SAME = "same", _("No change beyond chance")
    BETTER = "better", _("Better since the change")
    WORSE = "worse", _("Worse since the change")


TELLING = (QualityVerdict.SAME, QualityVerdict.BETTER, QualityVerdict.WORSE)


class Quality(models.Model):
    """The verdict about the last change of an endpoint's model, as a worker computed it from the sums."""

    endpoint = models.OneToOneField(Endpoint, primary_key=True, on_delete=models.CASCADE, related_name="quality")
    verdict = models.CharField(max_length=10, choices=QualityVerdict, blank=True, default="")
    since = models.DateTimeField(null=True)  # the change
    before_share = models.FloatField(null=True)  # of entries without a result, 0 to 1
    since_share = models.FloatField(null=True)
    entries_since = models.PositiveIntegerField(default=0)
    last_day = models.DateField(null=True)  # the last one with an entry
    silent_days = models.PositiveSmallIntegerField(default=0)  # since then, on which there usually is speech
    judged_at = models.DateTimeField(null=True, db_index=True)  # when the word was last another one
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.endpoint}: {self.verdict}"

    @property
    def word(self) -> str:
        """What lists say: a verdict that tells something, SILENT, or nothing."""
        return word_of(self.verdict, self.silent_days)


def word_of(verdict: str | None, silent_days: int | None) -> str:
    if (silent_days or 0) >= SILENT_DAYS:
        return SILENT
    return verdict if verdict in TELLING else ""
