"""Seals of events: a chain of hashes over batches of events, which shows whether one was changed, removed or added."""

from __future__ import annotations

from django.db import models


class SealKind(models.TextChoices):
    EVENTS = "events"  # a batch of events
    ANONYMIZED = "anonymized"  # events whose personal fields were erased
    UNNAMED = "unnamed"  # events about a person, whose name was erased; who did it stays
    REMOVED = "removed"  # events that were removed at the end of their retention


class Seal(models.Model):
    """One link of the chain. Hashes are SHA-256 in hexadecimal digits.

    ids: of the events that it is about, in ascending order. until: no event that happened earlier was still unsealed,
    except late ones. root: the hash of the digests of its events; of `kept`, if they are unnamed. hash: of all of this
    and `previous`, the hash of the seal before. Two workers that seal at once want the same number, and one of them
    fails.
    """

    number = models.BigIntegerField(primary_key=True)
    kind = models.CharField(max_length=20, choices=SealKind.choices)
    at = models.DateTimeField()
    until = models.DateTimeField()
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    count = models.PositiveIntegerField()
    ids = models.JSONField()
    root = models.CharField(max_length=64)
    previous = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["number"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"seal {self.number}: {self.count} events until {self.until}"


class SealedEvent(models.Model):
    """The digest of a sealed event, which stays when the event is removed.

    personal: the salted digest of its personal fields, stored when they are erased together with the salt.
    kept: the digest of the personal fields that stay in an unnamed event, with a new salt; an event has it once.
    """

    event_id = models.BigIntegerField(primary_key=True)
    seal = models.ForeignKey(Seal, on_delete=models.PROTECT, related_name="+")
    salt = models.BinaryField(max_length=16)
    digest = models.BinaryField(max_length=32)
    personal = models.BinaryField(max_length=32, default=b"")
    kept = models.BinaryField(max_length=32, default=b"", db_default=b"")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"event {self.event_id} in seal {self.seal_id}"


class Verification(models.Model):
    """One row: how far the chain was verified. problem: a word of endpoints.audit.verifying.Problem, or empty."""

    at = models.DateTimeField()
    until = models.DateTimeField(null=True)
    seal_number = models.BigIntegerField(default=0)
    problem = models.CharField(max_length=20, blank=True)
    event_id = models.BigIntegerField(null=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"verified until {self.until}"
