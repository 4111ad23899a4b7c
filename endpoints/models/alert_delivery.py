"""A message with alerts on its way to a channel, and which alerts a channel has been told."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from endpoints.models.alert import Alert
from endpoints.models.alert_channel import AlertChannel
from endpoints.models.claim import Claimable, ClaimQuerySet


class DeliveryState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    SENT = "sent", _("Delivered")
    FAILED = "failed", _("Not delivered")
    DROPPED = "dropped", _("Nothing to tell")


class AlertDeliveryQuerySet(ClaimQuerySet["AlertDelivery"]):
    def waiting(self) -> Self:
        return self.filter(state=DeliveryState.WAITING)

    def untouched(self) -> Self:
        """Those that still take up what is to be told; at most one of a channel."""
        return self.waiting().filter(attempts=0, test=False)

    def old(self, days: int) -> Self:
        return self.exclude(state=DeliveryState.WAITING).filter(created_at__lt=timezone.now() - timedelta(days=days))


class AlertDelivery(Claimable):
    """Sent at least once: a worker that dies between sending and recording it sends it again, with the same id.

    `log`: one object for each attempt, {"at": ISO 8601, "problem": code, empty when delivered, "status": of HTTP}.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    channel = models.ForeignKey(AlertChannel, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=10, choices=DeliveryState, default=DeliveryState.WAITING)
    test = models.BooleanField(default=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    log = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)

    objects = AlertDeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["channel"],
                condition=Q(state=DeliveryState.WAITING, attempts=0, test=False),
                name="one_next_delivery",
            )
        ]

    def __str__(self) -> str:
        return f"delivery to {self.channel}"

    @property
    def state_label(self) -> str:
        return str(self.get_state_display())

    @property
    def last(self) -> dict[str, Any]:
        """The entry of the last attempt; empty before the first."""
        return self.log[-1] if self.log else {}


class AlertNotice(models.Model):
    """That a channel is told of an alert, or of its end: once, with the delivery that carries it."""

    channel = models.ForeignKey(AlertChannel, on_delete=models.CASCADE, related_name="+")
    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="+")
    recovered = models.BooleanField(default=False)
    delivery = models.ForeignKey(AlertDelivery, null=True, on_delete=models.SET_NULL, related_name="+")
    # What was said; a notice whose delivery was removed for its age is not told again.
    taken_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["channel", "alert", "recovered"], name="alert_notice_once")]

    def __str__(self) -> str:
        return f"{self.alert} to {self.channel}"
