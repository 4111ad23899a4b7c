"""A trial: one recording, recognized by an endpoint and by others to compare with, as a person asked."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from endpoints.models.claim import Claimable, ClaimQuerySet
from endpoints.models.endpoint import Endpoint
from endpoints.models.recording import Recording
from endpoints.models.secret import Secret, SecretField


class TrialPurpose(models.TextChoices):
    """What it is for: whether a recording can be a probe."""

    PROBE = "probe"


class TrialQuerySet(ClaimQuerySet["Trial"]):
    def unfinished(self) -> Self:
        return self.filter(ended_at=None)

    def old(self, *, hours: int) -> Self:
        return self.filter(created_at__lt=timezone.now() - timedelta(hours=hours))


class Trial(Claimable):
    """A worker asks, and stores what each heard in `answers`, encrypted; nothing of it is in events or logs."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)  # the key of the request
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="trials")
    purpose = models.CharField(max_length=20, choices=TrialPurpose)
    recording = models.ForeignKey(Recording, null=True, on_delete=models.SET_NULL, related_name="+")
    source = models.CharField(max_length=200, blank=True)  # the id of a content log, or the name of a file
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    actor_name = models.CharField(max_length=150, blank=True)
    answers = SecretField(null=True)  # of a list in JSON
    error = models.TextField(blank=True)  # in English
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    ended_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = TrialQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"trial of {self.endpoint}"

    @property
    def heard(self) -> list[dict[str, Any]]:
        """The answers: `by` ("endpoint" or "base"), `text`, `status`, `confidence` or None, `took` in seconds.

        Raises CannotDecrypt.
        """
        return json.loads(self.answers.open()) if self.answers else []

    @staticmethod
    def sealed(heard: list[dict[str, Any]]) -> Secret:
        return Secret.of(json.dumps(heard))
