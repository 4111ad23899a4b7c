"""Content logs: which files the service has, which we hold, and the downloads that people asked for."""

import uuid
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Count, Q, Sum
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from endpoints.models.claim import Claimable, ClaimQuerySet
from endpoints.models.endpoint import Endpoint


class LogFileQuerySet(models.QuerySet["LogFile"]):
    def stored(self) -> Self:
        return self.exclude(stored_as="")

    def missing(self) -> Self:
        """Files that we neither hold nor know to be gone."""
        return self.filter(stored_as="", gone_at=None)

    def totals(self) -> dict[str, int]:
        """files, bytes: what there is; files_done, bytes_done: what we hold of it."""
        held = ~Q(stored_as="")
        sums = self.filter(Q(gone_at=None) | held).aggregate(
            files_total=Count("pk"),
            files_done=Count("pk", filter=held),
            bytes_total=Sum("size", default=0),
            bytes_done=Sum("size", filter=held, default=0),
        )
        return {name: int(value) for name, value in sums.items()}


class LogFile(models.Model):
    """One file of a content log: the audio or the transcription of an utterance."""

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="log_files")
    remote_id = models.CharField(max_length=255)
    name = models.CharField(max_length=255)
    kind = models.CharField(max_length=40)
    size = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(null=True, db_index=True)
    stored_as = models.CharField(max_length=255, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    gone_at = models.DateTimeField(null=True)

    objects = LogFileQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "name"]
        default_permissions = ()
        permissions = [("read_logs", "Can read content logs: recordings and transcripts")]
        constraints = [models.UniqueConstraint(fields=["endpoint", "remote_id"], name="log_file_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def kind_label(self) -> str:
        """In words; a kind that is new at the service is shown as it is called there."""
        return str({"Audio": _("Audio"), "Transcription": _("Transcript")}.get(self.kind, self.kind))


class DownloadState(models.TextChoices):
    QUEUED = "queued", _("Queued")
    LISTING = "listing", _("Looking for files")
    FETCHING = "fetching", _("Fetching")
    PACKING = "packing", _("Packing")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")
    EXPIRED = "expired", _("Expired")


ACTIVE = (DownloadState.QUEUED, DownloadState.LISTING, DownloadState.FETCHING, DownloadState.PACKING)


class DownloadQuerySet(ClaimQuerySet["Download"]):
    def active(self) -> Self:
        return self.filter(state__in=ACTIVE)

    def for_page(self) -> Self:
        return self.select_related("endpoint", "actor")

    def move(self, download: "Download", state: DownloadState, **facts: object) -> bool:
        """Take `download` to `state` unless it was cancelled meanwhile."""
        if not self.active().filter(pk=download.pk).update(state=state, updated_at=Now(), **facts):
            return False
        download.refresh_from_db()
        return True


class Download(Claimable):
    """One zip of an endpoint's content logs, made by a worker."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="downloads")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    actor_name = models.CharField(max_length=150, blank=True)
    state = models.CharField(max_length=10, choices=DownloadState, default=DownloadState.QUEUED)
    position = models.TextField(blank=True)
    files_total = models.PositiveIntegerField(default=0)
    files_done = models.PositiveIntegerField(default=0)
    bytes_total = models.BigIntegerField(default=0)
    bytes_done = models.BigIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    stored_as = models.CharField(max_length=255, blank=True)
    size = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    objects = DownloadQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint", "actor"], condition=Q(state__in=ACTIVE), name="one_active_download"
            )
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def state_label(self) -> str:
        return str(self.get_state_display())

    @property
    def active(self) -> bool:
        return self.state in ACTIVE

    @property
    def ready(self) -> bool:
        return self.state == DownloadState.READY

    @property
    def percent(self) -> int:
        """Of the bytes; 100 only when the zip is ready."""
        if self.ready:
            return 100
        return min(99, self.bytes_done * 100 // self.bytes_total) if self.bytes_total else 0

    @property
    def file_name(self) -> str:
        """The name that the person's browser saves it under."""
        kept = "".join(c if c.isascii() and (c.isalnum() or c in "-_. ") else "_" for c in self.endpoint.display_name)
        return f"content-logs-{kept.strip(' .')[:80] or 'endpoint'}-{self.created_at:%Y%m%d-%H%M%S}.zip"
