"""Unfinished input of the New endpoint wizard."""

import uuid
from datetime import timedelta
from functools import cached_property
from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models, transaction
from django.utils import timezone

MOST = 50  # of one person


class DraftQuerySet(models.QuerySet["Draft"]):
    def abandoned(self, days: int) -> Self:
        """Drafts that have not changed for so long."""
        return self.filter(updated_at__lt=timezone.now() - timedelta(days=days))

    def remove_oldest(self, owner: User) -> None:
        """Of more than MOST drafts of a person; nobody goes on with so many."""
        newest = self.filter(owner=owner).order_by("-updated_at", "pk")
        self.filter(pk__in=[pk for (pk,) in newest.values_list("pk")[MOST : 2 * MOST]]).delete()


class Draft(models.Model):
    """Its id becomes the id of the Change, so that submitting the wizard twice makes one change request."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    answers = models.JSONField(default=dict)
    updated_at = models.DateTimeField(auto_now=True, db_index=True)

    objects = DraftQuerySet.as_manager()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"draft of {self.owner}"

    @cached_property
    def forms(self) -> dict[str, Any]:
        """Forms by step, cached until the answers change."""
        return {}

    def start(self) -> None:
        """Store a new draft."""
        self.save()
        Draft.objects.remove_oldest(self.owner)

    def answer(self, step: str, typed: dict[str, Any]) -> None:
        """Store the input of one step, valid or not. Two requests may do this at the same time."""
        with transaction.atomic():
            drafts = Draft.objects.select_for_update()
            stored, created = drafts.get_or_create(pk=self.pk, defaults={"owner": self.owner})
            stored.answers[step] = typed
            stored.save()
            if created:
                Draft.objects.remove_oldest(self.owner)
        self.answers = stored.answers
        self.forms.clear()
