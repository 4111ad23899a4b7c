"""A check of a connection: that of a Speech resource, or that of a draft of one."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy

from endpoints.models.claim import Claimable, ClaimQuerySet
from endpoints.models.connection import Connection
from endpoints.models.resource import Resource

COPIED = tuple(field.name for field in Connection._meta.local_fields)


@dataclass(frozen=True)
class Step:
    """The result of one step; `name` and `verdict` are values of speech_check.connection, `ms` is its duration.

    `facts` are the numbers and names of the sentence; `texts` are sentences in English, about what went wrong.
    """

    name: str
    verdict: str
    ms: int = 0
    facts: dict[str, str | int] | None = None
    texts: tuple[str, ...] = ()


class ConnectionCheckQuerySet(ClaimQuerySet["ConnectionCheck"]):
    def drafts(self) -> Self:
        return self.filter(draft=True)

    def unfinished(self) -> Self:
        """Those that a worker works on. Nothing is sent to a resource that is paused, so its check waits."""
        return self.filter(finished_at=None)

    def abandoned(self, days: int) -> Self:
        """Drafts that nobody has used for so long."""
        return self.drafts().filter(updated_at__lt=timezone.now() - timedelta(days=days))


class ConnectionCheck(Connection, Claimable):
    """One row for each resource whose connection was tested, and one for each draft that nobody has used yet.

    The connection's own columns are those of a draft. Nothing of the product uses a draft but its check.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    resource = models.ForeignKey(Resource, null=True, on_delete=models.CASCADE, related_name="+")  # None: a new one
    draft = models.BooleanField(default=False)
    # Whether the draft's key becomes the second one of the resource; nothing else of it is used.
    of_second_key = models.BooleanField(default=False, db_default=False)
    name = models.CharField(gettext_lazy("Name"), max_length=200, blank=True)
    replaces = models.CharField(max_length=64, blank=True)  # digest of the resource as it was when it was edited
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    actor_name = models.CharField(max_length=150, blank=True)
    steps = models.JSONField(default=list)  # of Step, in the order in which they ran
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(auto_now=True, db_index=True)

    objects = ConnectionCheckQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["resource"], condition=Q(draft=False), name="one_check_of_a_resource"),
        ]

    def __str__(self) -> str:
        return f"check of {self.name or self.resource}"

    @property
    def results(self) -> list[Step]:
        return [Step(**step) for step in self.steps]

    @property
    def running(self) -> bool:
        return self.finished_at is None

    @property
    def worst(self) -> str:
        """The worst verdict of its steps; empty before the first."""
        found = {step["verdict"] for step in self.steps}
        return next((verdict for verdict in ("failed", "differed", "held", "skipped") if verdict in found), "")

    def as_resource(self) -> Resource:
        """What is checked: the resource itself, or what a draft would make of it. The latter is not saved."""
        if not self.draft and self.resource:
            return self.resource
        resource = Resource(name=self.name, **{name: getattr(self, name) for name in COPIED})
        if self.resource_id:
            resource.pk, resource._state.adding = self.resource_id, False
        return resource
