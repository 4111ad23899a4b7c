"""Recordings that the product has recognized: encrypted, and no longer kept than somebody needs them."""

from __future__ import annotations

import base64
import uuid
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from endpoints.models.secret import Secret, SecretField


class RecordingQuerySet(models.QuerySet["Recording"]):
    def unneeded(self) -> Self:
        """Those that nobody has made a probe in time, and those whose probe went with its endpoint."""
        return self.filter(Q(keep_until=None) | Q(keep_until__lt=timezone.now()), probes=None)


class Recording(models.Model):
    """A WAV file of a person's speech. `keep_until`: None while a probe uses it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    audio = SecretField()  # of the file in base64
    seconds = models.FloatField()
    size = models.PositiveIntegerField()  # bytes of the file
    created_at = models.DateTimeField(auto_now_add=True)
    keep_until = models.DateTimeField(null=True, db_index=True)

    objects = RecordingQuerySet.as_manager()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"recording of {self.seconds:.1f} s"

    @classmethod
    def of(cls, wav: bytes, seconds: float, **facts: object) -> Recording:
        """Not yet stored. Raises SecretsLocked."""
        recording = cls(seconds=seconds, size=len(wav), **facts)
        recording.audio = Secret.of(base64.b64encode(wav).decode())
        return recording

    @property
    def wav(self) -> bytes:
        """The file. Raises CannotDecrypt."""
        return base64.b64decode(self.audio.open())
