"""A probe: a recording that an endpoint is asked again and again, to see which model answers.

What the product sends to an endpoint appears in its content logs, too, where it is none of a caller's.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Self

from django.db import models
from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from endpoints.models.claim import Claimable, ClaimQuerySet
from endpoints.models.endpoint import Endpoint
from endpoints.models.event import Event, Verb
from endpoints.models.recording import Recording
from endpoints.models.secret import Secret, SecretField

EVERY_HOURS = 6
AFTER_CHANGE = timedelta(minutes=10)
LONGEST_SECONDS = 15.0
AT_ONCE = 2


class Verdict(models.TextChoices):
    """Which model answers, as far as a probe tells."""

    UNKNOWN = "", _("Not checked")
    CUSTOM = "custom", _("The custom model answers.")
    BASE = "base", _("The base model answers.")
    CANNOT_TELL = "cannot-tell", _("This recording can't tell.")
    NOT_LOGGED = "not-logged", _("Not seen in this endpoint's logs.")


# What makes another model answer, or may: a run follows.
CHANGED = (Verb.DEPLOYED, Verb.TOOK_EFFECT, Verb.CHANGED_OUTSIDE)


class ProbeQuerySet(ClaimQuerySet["Probe"]):
    def active(self) -> Self:
        """Of endpoints that the service has."""
        return self.filter(endpoint__gone_at=None).exclude(endpoint__remote_id=None)

    def hasten(self) -> None:
        """Have those run whose endpoint has changed since their last run, AFTER_CHANGE later, and those asked for.

        The expiration of its model is a change, too.
        """
        later = self.active().filter(leased_until=None, due_at__gt=Now())
        later.filter(asked_at__isnull=False).update(due_at=Now())
        expired = {
            "endpoint__model__expires_at__gt": F("ran_at"),
            "endpoint__model__expires_at__lte": Now() - AFTER_CHANGE,
        }
        later.filter(**expired).update(due_at=Now())
        changes = Event.objects.filter(endpoint_id=OuterRef("pk"), verb__in=CHANGED, at__gt=OuterRef("ran_at"))
        changed = later.annotate(changed_at=Subquery(changes.order_by("-at").values("at")[:1])).filter(
            changed_at__isnull=False
        )
        for pk, changed_at, due_at in changed.values_list("pk", "changed_at", "due_at"):
            if due_at > changed_at + AFTER_CHANGE:
                self.filter(pk=pk, due_at=due_at).update(due_at=changed_at + AFTER_CHANGE)


class Probe(Claimable):
    """At most one an endpoint. `known`: what it heard with `model`, and the base model, when the two differed."""

    endpoint = models.OneToOneField(Endpoint, primary_key=True, on_delete=models.CASCADE, related_name="probe")
    recording = models.ForeignKey(Recording, on_delete=models.CASCADE, related_name="probes")
    source = models.CharField(max_length=200, blank=True)
    every_hours = models.PositiveSmallIntegerField(default=EVERY_HOURS)
    set_by = models.CharField(max_length=150, blank=True)
    set_at = models.DateTimeField(auto_now_add=True)
    model = models.ForeignKey("endpoints.SpeechModel", null=True, on_delete=models.SET_NULL, related_name="+")
    known = SecretField(null=True)  # of {"endpoint": text, "base": text} in JSON
    verdict = models.CharField(max_length=20, choices=Verdict, blank=True, default="")
    verdict_at = models.DateTimeField(null=True, db_index=True)  # since when it is this verdict
    in_a_row = models.PositiveIntegerField(default=0)  # runs with this verdict
    checked_at = models.DateTimeField(null=True)  # the last run that had an answer
    asked_at = models.DateTimeField(null=True)  # a person pressed Check now, and it hasn't been done yet
    error = models.TextField(blank=True)  # why the last run had no answer, in English
    attempts = models.PositiveSmallIntegerField(default=0)  # of this run
    ran_at = models.DateTimeField(null=True)  # when its last run began, also one without an answer
    updated_at = models.DateTimeField(auto_now=True, db_index=True)

    objects = ProbeQuerySet.as_manager()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"probe of {self.endpoint}"

    def erase(self) -> bool:
        """Delete it with its recording; returns False when it is gone, or has another one. In a transaction."""
        # Locked before its runs are deleted: a worker that ends a run takes them in this order, too.
        found = list(Probe.objects.select_for_update().filter(pk=self.pk, recording=self.recording_id).defer("known"))
        if not found:
            return False
        found[0].delete()
        Recording.objects.filter(pk=self.recording_id).delete()
        return True

    @property
    def known_texts(self) -> dict[str, str]:
        """Raises CannotDecrypt."""
        return json.loads(self.known.open()) if self.known else {}

    @staticmethod
    def sealed(endpoint: str, base: str) -> Secret:
        return Secret.of(json.dumps({"endpoint": endpoint, "base": base}))

    @property
    def seconds_a_month(self) -> float:
        """Audio that the service bills: the endpoint and the base model hear it each time."""
        return 2 * self.recording.seconds * 30 * 24 / self.every_hours


class ProbeRun(models.Model):
    """One time that a probe was asked: its history."""

    probe = models.ForeignKey(Probe, on_delete=models.CASCADE, related_name="runs")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    verdict = models.CharField(max_length=20, choices=Verdict, blank=True, default="")
    error = models.TextField(blank=True)
    model_name = models.TextField(blank=True)
    logged = models.BooleanField(null=True)  # whether its entry was found; None: not known, or logging is off

    class Meta:
        ordering = ["-started_at"]
        default_permissions = ()
        indexes = [models.Index(fields=["probe", "-started_at"], name="runs_of_probe")]

    def __str__(self) -> str:
        return f"run {self.pk} of {self.probe}"


class SentRecording(models.Model):
    """A recording that the product itself has sent to an endpoint, by which its entry in the content logs is known.

    `logged`: whether an entry is expected. `run`: the run of a probe for which it was sent; others are of trials.
    """

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="sent_recordings")
    run = models.ForeignKey(ProbeRun, null=True, on_delete=models.SET_NULL, related_name="sent")
    sent_at = models.DateTimeField()
    seconds = models.FloatField()
    logged = models.BooleanField(default=False)
    entry = models.OneToOneField("endpoints.LogEntry", null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["sent_at"]
        default_permissions = ()
        indexes = [models.Index(fields=["endpoint", "sent_at"], name="sent_recordings")]

    def __str__(self) -> str:
        return f"recording of {self.seconds:.1f} s sent to {self.endpoint}"
