"""A purge: a request to delete content logs, in Azure and here, and its receipt."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date, datetime
from functools import cached_property
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from endpoints.models.claim import Claimable, ClaimQuerySet
from endpoints.models.endpoint import Endpoint
from endpoints.models.event_sentences import entries_in_words
from endpoints.models.log import LogEntry, LogEntryQuerySet


class PurgeState(models.TextChoices):
    QUEUED = "queued", gettext_lazy("Queued")
    COUNTING = "counting", gettext_lazy("Counting")
    DELETING = "deleting", gettext_lazy("Deleting")
    WAITING = "waiting", gettext_lazy("Waiting for the service")
    DONE = "done", gettext_lazy("Done")
    FAILED = "failed", gettext_lazy("Failed")


RUNNING = (PurgeState.QUEUED, PurgeState.COUNTING, PurgeState.DELETING, PurgeState.WAITING)


class PurgeQuerySet(ClaimQuerySet["Purge"]):
    def running(self) -> Self:
        return self.filter(state__in=RUNNING)

    def for_page(self) -> Self:
        return self.select_related("endpoint", "endpoint__resource", "actor")

    def suppressing(self, endpoint: Endpoint) -> list[Purge]:
        """Purges whose files must not be recorded again when a listing still has them; failed ones are not in it."""
        return list(self.filter(endpoint=endpoint).exclude(state=PurgeState.FAILED).defer("before", "after"))

    def move(self, purge: Purge, state: PurgeState, **facts: object) -> bool:
        """Set the state; returns False when the purge has ended meanwhile."""
        moved = self.running().filter(pk=purge.pk).update(state=state, updated_at=Now(), **facts)
        purge.refresh_from_db()
        return moved == 1


class Purge(Claimable):
    """Single entries by their keys, or everything up to a day.

    The service may take a day to delete everything (Endpoints_DeleteLogs).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # The names outlive the endpoint and its resource: the receipt stays when they are removed.
    endpoint = models.ForeignKey(Endpoint, null=True, on_delete=models.SET_NULL, related_name="purges")
    endpoint_remote_id = models.CharField(max_length=36, blank=True)
    endpoint_name = models.TextField(blank=True)
    resource_name = models.CharField(max_length=200, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    actor_name = models.CharField(max_length=150, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    until = models.DateField(null=True)  # UTC, inclusive
    keys = models.JSONField(default=list)  # of entries; not used with `until`
    state = models.CharField(max_length=10, choices=PurgeState, default=PurgeState.QUEUED)
    # {"service_files": .., "service_bytes": .., "archive_files": .., "archive_bytes": .., "entries": ..}; None for the
    # service where we cannot delete. While it runs, `after` has what is left, and how far counting that is.
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    requested_at = models.DateTimeField(auto_now_add=True)
    accepted_at = models.DateTimeField(null=True)  # by the service
    checked_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(auto_now=True)
    failures = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)

    objects = PurgeQuerySet.as_manager()

    class Meta:
        ordering = ["-requested_at", "-pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"purge of {self.endpoint_name}"

    def get_absolute_url(self) -> str:
        return reverse("endpoints:purge", args=[self.pk])

    @property
    def running(self) -> bool:
        return self.state in RUNNING

    @property
    def done(self) -> bool:
        return self.state == PurgeState.DONE

    @property
    def state_label(self) -> str:
        return str(self.get_state_display())

    @property
    def what(self) -> str:
        """What is to be deleted, as a phrase."""
        return entries_in_words(self.until.isoformat() if self.until else "", len(self.keys))

    @property
    def entries(self) -> LogEntryQuerySet:
        """The entries to delete that are recorded here."""
        chosen = Q(day__lte=self.until) if self.until else Q(key__in=self.keys)
        return LogEntry.objects.filter(chosen, endpoint=self.endpoint_id)

    def covers(self, key: str, day: date, created: datetime | None) -> bool:
        """Whether a file of this entry and day is to be deleted.

        Files of the last day that are newer than the request are not: the service decides about them.
        """
        if self.until is None:
            return key in self._keys
        requested = self.accepted_at or self.finished_at
        return day <= self.until and (requested is None or created is None or created <= requested)

    @cached_property
    def _keys(self) -> frozenset[str]:
        return frozenset(self.keys)

    @property
    def counts(self) -> list[Mapping[str, Any]]:
        """The rows of the receipt: numbers before the purge, and what is left."""
        labels = {
            "service_files": _("Files in Azure"),
            "service_bytes": _("Bytes in Azure"),
            "archive_files": _("Saved files"),
            "archive_bytes": _("Saved bytes"),
            "entries": _("Entries listed"),
        }
        return [
            {"key": key, "label": label, "before": self.before.get(key), "after": self.after.get(key)}
            for key, label in labels.items()
        ]
