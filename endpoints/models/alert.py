"""An alert: a fact that people want to be told, once, and whether it is over."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from endpoints.models import alert_sentences
from endpoints.models.endpoint import Endpoint
from endpoints.models.resource import Resource


class AlertRule(models.TextChoices):
    """What people can be alerted to."""

    EXPIRES = "model-expires", _("A model expires in 90, 30, 14, 7, or 1 days")
    FAILED = "failed", _("A deployment or change failed")
    STUCK = "stuck", _("A deployment takes too long or needs a decision")
    FINISHED = "finished", _("A deployment that I requested finished")
    OUTSIDE = "changed-outside", _("An endpoint was changed outside this app")
    BASE_ANSWERS = "base-answers", _("The base model answers for an endpoint")
    UNREACHABLE = "unreachable", _("A Speech resource can't be reached or refuses its key")
    HOOK = "web-hook", _("The web hook of a Speech resource doesn't work")
    LOGS_EXPIRE = "logs-expire", _("Content logs are about to be deleted before they're saved")
    LOGS_LOST = "logs-lost", _("Content logs were deleted before they were saved")
    QUOTA = "quota", _("The endpoints of a Speech resource are nearly used up")
    QUALITY = "quality", _("Recognition is worse since a change of the model")
    SILENT = "silent", _("No speech reaches an endpoint anymore")
    DISK = "disk", _("The disk of this app is nearly full")
    CHANNEL = "channel", _("An alert channel doesn't work")
    ADDRESS = "address", _("An address leads to an endpoint that can't answer")
    STOOD_IN = "address-stood-in", _("An address moved to its standby by itself")


# What is over the moment it happens; the others last until they are found to be over.
MOMENTARY = (AlertRule.FAILED, AlertRule.FINISHED, AlertRule.OUTSIDE, AlertRule.LOGS_LOST, AlertRule.STOOD_IN)


class AlertQuerySet(models.QuerySet["Alert"]):
    def lasting(self) -> Self:
        """Those of facts that were still true when a worker last looked."""
        return self.filter(ended_at=None)

    def unrouted(self) -> Self:
        """Those of which no channel has been told, and those whose end has not been told."""
        return self.filter(Q(routed_at=None) | Q(recovered=True, recovery_routed_at=None))

    def since(self, at: datetime) -> Self:
        return self.filter(changed_at__gt=at)

    def versions(self, *_fields: str) -> Self:
        """Whole rows, for a page of them."""
        return self

    def old(self, days: int) -> Self:
        return self.filter(ended_at__lt=timezone.now() - timedelta(days=days))


class Alert(models.Model):
    """`fact` names what is true, so that it is recorded once; when it is over, `fact` gets its end, and may come again.

    `facts`: names and numbers of the sentence; no name of a person, and nothing that anybody has said. `person`: the
    only one whom it is for. `changed_at`: when there was last something to tell.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    rule = models.CharField(max_length=20)  # an AlertRule, or one of a newer version
    fact = models.CharField(max_length=200, unique=True)
    facts = models.JSONField(default=dict)
    endpoint = models.ForeignKey(Endpoint, null=True, on_delete=models.CASCADE, related_name="+")
    resource = models.ForeignKey(Resource, null=True, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    channel = models.ForeignKey("endpoints.AlertChannel", null=True, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    recovered = models.BooleanField(default=False)  # its end is told, too
    changed_at = models.DateTimeField(default=timezone.now, db_index=True)
    routed_at = models.DateTimeField(null=True)
    recovery_routed_at = models.DateTimeField(null=True)

    objects = AlertQuerySet.as_manager()

    class Meta:
        ordering = ["-changed_at", "-id"]
        default_permissions = ()
        indexes = [
            models.Index(fields=["rule"], condition=Q(ended_at=None), name="alerts_lasting"),
            models.Index(
                fields=["changed_at"],
                condition=Q(routed_at=None) | Q(recovered=True, recovery_routed_at=None),
                name="alerts_unrouted",
            ),
        ]

    def __str__(self) -> str:
        return self.fact

    def get_absolute_url(self) -> str:
        """Where something can be done about it: of recognition that is worse, Go back; "" if there is no such page."""
        if name := self.facts.get("address"):
            return reverse("endpoints:address", args=[name])
        if not self.endpoint_id:
            return ""
        section = "#quality" if self.rule in (AlertRule.QUALITY, AlertRule.SILENT) else ""
        return reverse("endpoints:detail", args=[self.endpoint_id]) + section

    @property
    def rule_label(self) -> str:
        return str(AlertRule(self.rule).label) if self.rule in AlertRule.values else self.rule

    @property
    def level(self) -> str:
        """danger, warning, info or success: how it is shown."""
        return "success" if self.recovered else alert_sentences.level(self.rule)

    @property
    def text(self) -> str:
        """What is true, as a sentence in the active language; or that it is over."""
        return self.sentence(recovered=self.recovered)

    def sentence(self, *, recovered: bool) -> str:
        return alert_sentences.sentence(self.rule, self.facts, recovered=recovered)

    @property
    def parts(self) -> tuple[str, dict[str, str]]:
        """The sentence with placeholders, and their values, for a page that sets names apart."""
        return alert_sentences.parts(self.rule, self.facts, recovered=self.recovered)

    @property
    def topic(self) -> tuple[Any, ...]:
        """Alerts of one topic are told in one line of a message: the same about several endpoints."""
        return alert_sentences.topic(self.rule, self.facts)


class AlertChoice(models.Model):
    """A person follows or mutes one endpoint or one Speech resource; an endpoint's goes before its resource's."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    endpoint = models.ForeignKey(Endpoint, null=True, on_delete=models.CASCADE, related_name="+")
    resource = models.ForeignKey(Resource, null=True, on_delete=models.CASCADE, related_name="+")
    follows = models.BooleanField()

    class Meta:
        ordering = ["pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["person", "endpoint"], name="alert_choice_of_an_endpoint"),
            models.UniqueConstraint(fields=["person", "resource"], name="alert_choice_of_a_resource"),
            models.CheckConstraint(
                condition=Q(endpoint=None, resource__isnull=False) | Q(endpoint__isnull=False, resource=None),
                name="alert_choice_of_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{'follows' if self.follows else 'mutes'} {self.endpoint or self.resource}"
