"""One request for many endpoints: a Change for each, and the endpoints that were skipped, with the reason."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models

from endpoints.models import times
from endpoints.models.endpoint import Endpoint
from endpoints.models.model import SpeechModel
from endpoints.models.status import ChangeKind
from endpoints.models.translatable_text import TranslatableText


class Bulk(models.Model):
    """Its id comes from the form, so that submitting the form twice makes one request."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    kind = models.CharField(max_length=20, choices=ChangeKind)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    model = models.ForeignKey(SpeechModel, null=True, on_delete=models.SET_NULL, related_name="+")
    desired = models.JSONField(default=dict)  # keys of Endpoint.facts, as in Change
    reason = models.CharField(max_length=500, blank=True)
    skipped = models.JSONField(default=list)  # [{"endpoint": UUID, "name": ..., "why": TranslatableText.stored}]
    requested_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-requested_at", "-pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {times.zoned(self.requested_at)}"

    def skip(self, endpoint: Endpoint, why: str) -> None:
        entry = {"endpoint": str(endpoint.pk), "name": endpoint.display_name}
        self.skipped.append({**entry, "why": why.stored if isinstance(why, TranslatableText) else why})

    @property
    def reasons(self) -> list[dict[str, Any]]:
        """The skipped endpoints, with the reason in the active language."""
        return [{**entry, "why": TranslatableText.read(entry["why"])} for entry in self.skipped]
