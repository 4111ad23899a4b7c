"""Downloads of content logs that people requested."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from endpoints.models.claim import Claimable, ClaimQuerySet
from endpoints.models.counter import counting
from endpoints.models.endpoint import Endpoint
from endpoints.models.file_names import file_name_part
from endpoints.models.log import LogEntry, LogEntryQuerySet, LogFile, LogFileQuerySet


class DownloadState(models.TextChoices):
    QUEUED = "queued", _("Queued")
    LISTING = "listing", _("Checking for logs")
    FETCHING = "fetching", _("Fetching")
    PACKING = "packing", _("Packing")
    PAUSED = "paused", _("Paused")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Failed")
    CANCELED = "canceled", _("Canceled")
    EXPIRED = "expired", _("Expired")


ACTIVE = (DownloadState.QUEUED, DownloadState.LISTING, DownloadState.FETCHING, DownloadState.PACKING)
OPEN = (*ACTIVE, DownloadState.PAUSED)


class DownloadQuerySet(ClaimQuerySet["Download"]):
    def active(self) -> Self:
        """Those that a worker works on."""
        return self.filter(state__in=ACTIVE)

    def open(self) -> Self:
        return self.filter(state__in=OPEN)

    def for_page(self) -> Self:
        return self.select_related("endpoint", "actor")

    def versions(self, *_fields: str) -> Self:
        """Rows of a list page; all columns, because the page shows all of them."""
        return self.for_page()

    def ready_unnotified(self, user: object) -> Self:
        """Downloads of a person that are ready, and of which the person has not been notified."""
        return self.filter(actor=user, state=DownloadState.READY, notified_at=None)

    def can_be_retried(self) -> Self:
        """Downloads that failed, or whose zip lacks files."""
        incomplete = Q(state=DownloadState.READY, files_missing__gt=0)
        return self.filter(incomplete | Q(state=DownloadState.FAILED))

    def move(self, download: Download, state: DownloadState, **facts: object) -> bool:
        """Set the state, unless the lease of this worker has ended, or somebody canceled or paused the download."""
        leased = self.active().filter(pk=download.pk, lease=download.lease)
        if not leased.update(state=state, updated_at=Now(), **facts):
            return False
        download.refresh_from_db()
        if state in (DownloadState.READY, DownloadState.FAILED):
            counting.add_once_committed("downloads_closed", outcome=state)
        return True


class Download(Claimable):
    """One zip of content logs of an endpoint, made by a worker."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="downloads")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    actor_name = models.CharField(max_length=150, blank=True)
    selection = models.TextField(blank=True)  # query string of the list of content logs; "" for all
    purpose = models.CharField(max_length=500, blank=True)
    state = models.CharField(max_length=10, choices=DownloadState, default=DownloadState.QUEUED)
    position = models.TextField(blank=True)
    files_total = models.PositiveIntegerField(default=0)
    files_done = models.PositiveIntegerField(default=0)
    bytes_total = models.BigIntegerField(default=0)
    bytes_done = models.BigIntegerField(default=0)
    files_missing = models.PositiveIntegerField(default=0)  # not in the zip, which names each with the reason
    rate = models.FloatField(default=0)  # bytes per second, while fetching
    failures = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    stored_as = models.CharField(max_length=255, blank=True)
    size = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    notified_at = models.DateTimeField(null=True)

    objects = DownloadQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint", "actor", "selection"], condition=Q(state__in=OPEN), name="one_open_download"
            )
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def entries(self) -> LogEntryQuerySet:
        """The selected entries that are known by now."""
        entries = LogEntry.objects.filter(endpoint=self.endpoint_id).selected_by(QueryDict(self.selection))
        return entries.without_probes()

    @property
    def files(self) -> LogFileQuerySet:
        files = LogFile.objects.filter(endpoint=self.endpoint_id).without_probes()
        return files.filter(entry__in=self.entries.order_by().values("pk")) if self.selection else files

    @property
    def state_label(self) -> str:
        return str(self.get_state_display())

    @property
    def active(self) -> bool:
        return self.state in ACTIVE

    @property
    def open(self) -> bool:
        return self.state in OPEN

    @property
    def ready(self) -> bool:
        return self.state == DownloadState.READY

    @property
    def paused(self) -> bool:
        return self.state == DownloadState.PAUSED

    @property
    def can_be_retried(self) -> bool:
        return self.state == DownloadState.FAILED or (self.ready and self.files_missing > 0)

    @property
    def percent(self) -> int:
        """Share of the bytes; 100 only when the zip is ready."""
        if self.ready:
            return 100
        return min(99, self.bytes_done * 100 // self.bytes_total) if self.bytes_total else 0

    @property
    def time_left(self) -> timedelta | None:
        """At the current rate; None without a rate."""
        left = self.bytes_total - self.bytes_done
        if self.state != DownloadState.FETCHING or self.rate <= 0 or left <= 0:
            return None
        return timedelta(seconds=round(left / self.rate))

    @property
    def file_name(self) -> str:
        """The name under which a browser saves the zip."""
        name = file_name_part(self.endpoint.display_name) or "endpoint"
        created = timezone.localtime(self.created_at)
        return f"content-logs-{name}-{created:%Y%m%d-%H%M%S}.zip"
