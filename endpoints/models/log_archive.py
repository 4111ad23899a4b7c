"""Archiving of the content logs of an endpoint: settings, progress, and counters for each day."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from endpoints.models.claim import Claimable, ClaimQuerySet
from endpoints.models.endpoint import Endpoint
from endpoints.models.unreadable import ListingProblem


class Stage(models.TextChoices):
    """What a refresh of the content logs is doing."""

    IDLE = "", _("Up to date")
    LISTING = "listing", _("Checking for logs")
    READING = "reading", _("Reading transcripts")
    KEEPING = "keeping", _("Saving copies")


class LogArchiveQuerySet(ClaimQuerySet["LogArchive"]):
    def of(self, endpoint: Endpoint) -> LogArchive:
        """The archive of an endpoint; a new one is not due until somebody requests a refresh."""
        return self.get_or_create(endpoint=endpoint, defaults={"due_at": None})[0]

    def found(self, endpoint: Endpoint) -> LogArchive | None:
        return self.filter(endpoint=endpoint).first()

    def seen(self, endpoint: Endpoint) -> LogArchive:
        """The archive of an endpoint, for a page that only shows it."""
        return self.found(endpoint) or LogArchive(endpoint=endpoint, due_at=None)


class LogArchive(Claimable):
    """Settings of an endpoint's archive, and how its last refresh went.

    `keep`: all new files are copied every `every_hours` hours. Without it only those are copied that people searched,
    downloaded or played, and they are removed sooner. `retention_days`: how long copies stay, None for no end.
    """

    endpoint = models.OneToOneField(Endpoint, on_delete=models.CASCADE, primary_key=True, related_name="log_archive")
    keep = models.BooleanField(default=False)
    every_hours = models.PositiveSmallIntegerField(default=24)
    retention_days = models.PositiveIntegerField(null=True, default=90)
    stage = models.CharField(max_length=10, choices=Stage, default=Stage.IDLE, blank=True)
    position = models.TextField(blank=True)
    started_at = models.DateTimeField(null=True)  # of the current refresh
    listed_at = models.DateTimeField(null=True)  # when the last complete listing was recorded
    checked_at = models.DateTimeField(null=True)  # when the last refresh was complete
    error = models.TextField(blank=True)
    unreadable = models.TextField(blank=True, default="", db_default="")  # why an item of the last listing was not read
    failures = models.PositiveIntegerField(default=0)

    objects = LogArchiveQuerySet.as_manager()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"logs of {self.endpoint}"

    @property
    def listing_problem(self) -> ListingProblem | None:
        return ListingProblem("logs", "", self.unreadable) if self.unreadable else None

    @property
    def oldest_kept(self) -> datetime | None:
        """Copies of logs that are older are removed; None for no end."""
        return timezone.now() - timedelta(days=self.retention_days) if self.retention_days else None

    @property
    def refreshing(self) -> bool:
        """A worker is refreshing the logs, or is due to."""
        return bool(self.stage) or (self.due_at is not None and self.due_at <= timezone.now())


class LogDayQuerySet(models.QuerySet["LogDay"]):
    def add(self, endpoint: Endpoint, counts: dict[date, dict[str, int]]) -> None:
        """Add to the counters of each day, e.g. {date(2026, 3, 2): {"seen": 4, "archived": 4}}."""
        self.bulk_create([LogDay(endpoint=endpoint, day=day) for day in counts], ignore_conflicts=True)
        for day, numbers in counts.items():
            added: dict[str, Any] = {name: F(name) + number for name, number in numbers.items()}
            self.filter(endpoint=endpoint, day=day).update(**added)


class LogDay(models.Model):
    """Counters of files of one day (UTC) of an endpoint; they stay when the files are gone."""

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="log_days")
    day = models.DateField()
    seen = models.PositiveIntegerField(default=0)
    archived = models.PositiveIntegerField(default=0)  # copied here
    vanished = models.PositiveIntegerField(default=0)  # deleted by the service before they were copied
    removed = models.PositiveIntegerField(default=0)  # copies that were removed at the end of their retention
    purged = models.PositiveIntegerField(default=0)  # deleted by a purge
    # Numbers of entries, counted again by each refresh.
    entries = models.PositiveIntegerField(default=0)
    orphans = models.PositiveIntegerField(default=0)
    empty = models.PositiveIntegerField(default=0)

    objects = LogDayQuerySet.as_manager()

    class Meta:
        ordering = ["-day"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["endpoint", "day"], name="log_day_once")]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d}"
