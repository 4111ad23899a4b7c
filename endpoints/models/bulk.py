"""One request for many endpoints: a Change for each of them, and why some got none."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models

from endpoints.models.endpoint import Endpoint
from endpoints.models.model import SpeechModel
from endpoints.models.status import ChangeKind
from endpoints.models.words import Words


class Bulk(models.Model):
    """Its id names the request, so that a second press asks once."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    kind = models.CharField(max_length=20, choices=ChangeKind)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    model = models.ForeignKey(SpeechModel, null=True, on_delete=models.SET_NULL, related_name="+")
    wanted = models.JSONField(default=dict)  # by the keys of Endpoint.facts, as in Change
    reason = models.CharField(max_length=500, blank=True)
    passed_over = models.JSONField(default=list)  # [{"endpoint": UUID, "name": ..., "why": Words.kept}]
    asked_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-asked_at", "-pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.asked_at:%Y-%m-%d %H:%M}"

    def pass_over(self, endpoint: Endpoint, why: str) -> None:
        one = {"endpoint": str(endpoint.pk), "name": endpoint.display_name}
        self.passed_over.append({**one, "why": why.kept if isinstance(why, Words) else why})

    @property
    def reasons(self) -> list[dict[str, Any]]:
        """What was passed over, and why in the language of whoever reads it."""
        return [{**one, "why": Words.read(one["why"])} for one in self.passed_over]
