"""How the content logs of an endpoint are watched and kept, and the ledger of each day."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from endpoints.models.claim import Claimable, ClaimQuerySet
from endpoints.models.endpoint import Endpoint


class Stage(models.TextChoices):
    """What one look of a worker is doing."""

    IDLE = "", _("Up to date")
    LISTING = "listing", _("Looking for files")
    READING = "reading", _("Reading transcripts")
    KEEPING = "keeping", _("Archiving")


class LogArchiveQuerySet(ClaimQuerySet["LogArchive"]):
    def of(self, endpoint: Endpoint) -> LogArchive:
        """The archive of an endpoint; a new one waits until somebody wants a look."""
        return self.get_or_create(endpoint=endpoint, defaults={"next_look_at": None})[0]

    def seen(self, endpoint: Endpoint) -> LogArchive:
        """The archive of an endpoint, for a page that only shows it."""
        return self.filter(endpoint=endpoint).first() or LogArchive(endpoint=endpoint, next_look_at=None)


class LogArchive(Claimable):
    """One of an endpoint: whether its logs are kept here, how often we look, and how the last look went.

    `keep` copies all new files here every `every_hours` hours. Without it only what people looked for, asked for or
    played is here. `retention_days`: how long our copies stay, None for without end; not kept ones go sooner.
    """

    endpoint = models.OneToOneField(Endpoint, on_delete=models.CASCADE, primary_key=True, related_name="log_archive")
    keep = models.BooleanField(default=False)
    every_hours = models.PositiveSmallIntegerField(default=24)
    retention_days = models.PositiveIntegerField(null=True, default=90)
    stage = models.CharField(max_length=10, choices=Stage, default=Stage.IDLE, blank=True)
    position = models.TextField(blank=True)
    begun_at = models.DateTimeField(null=True)  # this look
    listed_at = models.DateTimeField(null=True)  # when all that the service has was last written down
    looked_at = models.DateTimeField(null=True)  # when a look was last finished
    error = models.TextField(blank=True)
    failures = models.PositiveIntegerField(default=0)

    objects = LogArchiveQuerySet.as_manager()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"logs of {self.endpoint}"

    @property
    def oldest_kept(self) -> datetime | None:
        """What was recorded before has no copy here; None without end."""
        return timezone.now() - timedelta(days=self.retention_days) if self.retention_days else None

    @property
    def looking(self) -> bool:
        """A worker is at it, or will be as soon as it can."""
        return bool(self.stage) or (self.next_look_at is not None and self.next_look_at <= timezone.now())


class LogDayQuerySet(models.QuerySet["LogDay"]):
    def add(self, endpoint: Endpoint, counts: dict[date, dict[str, int]]) -> None:
        """Add to the counters of each day, e.g. {date(2026, 3, 2): {"seen": 4, "archived": 4}}."""
        self.bulk_create([LogDay(endpoint=endpoint, day=day) for day in counts], ignore_conflicts=True)
        for day, numbers in counts.items():
            added: dict[str, Any] = {name: F(name) + number for name, number in numbers.items()}
            self.filter(endpoint=endpoint, day=day).update(**added)


class LogDay(models.Model):
    """The ledger of one day (UTC) of an endpoint; numbers of files, which stay when the files have gone."""

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="log_days")
    day = models.DateField()
    seen = models.PositiveIntegerField(default=0)
    archived = models.PositiveIntegerField(default=0)  # copied here, ever
    vanished = models.PositiveIntegerField(default=0)  # gone at the service before we had a copy
    removed = models.PositiveIntegerField(default=0)  # our copies that were removed after their time
    purged = models.PositiveIntegerField(default=0)  # deleted because somebody asked
    # Of entries, counted anew with each look.
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
