"""What a person has typed into the New endpoint wizard so far."""

import uuid
from datetime import timedelta
from functools import cached_property
from typing import Any, Self

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

FORGET_AFTER = timedelta(days=7)


class DraftQuerySet(models.QuerySet["Draft"]):
    def forgotten(self) -> Self:
        """Drafts that nobody has touched for a week."""
        return self.filter(updated_at__lt=timezone.now() - FORGET_AFTER)


class Draft(models.Model):
    """Its id becomes the id of the Change, so that Add pressed twice asks once."""

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
        """What was made of the answers, by step, for as long as they stay as they are."""
        return {}

    def answer(self, step: str, typed: dict[str, Any]) -> None:
        """Keep what was typed on one step, valid or not; a page may ask for it twice at the same moment."""
        with transaction.atomic():
            kept, _made = Draft.objects.select_for_update().get_or_create(pk=self.pk, defaults={"owner": self.owner})
            kept.answers[step] = typed
            kept.save()
        self.answers = kept.answers
        self.forms.clear()
