"""Web hook calls that were received, so that a repeated call does nothing."""

from datetime import timedelta
from typing import Self

from django.db import models
from django.utils import timezone


class HookCallQuerySet(models.QuerySet["HookCall"]):
    def old(self, days: int) -> Self:
        """Calls from before so many days; the service repeats none that is older than two."""
        return self.filter(at__lt=timezone.now() - timedelta(days=days))


class HookCall(models.Model):
    invocation_id = models.CharField(max_length=100, primary_key=True)
    at = models.DateTimeField(auto_now_add=True, db_index=True)

    objects = HookCallQuerySet.as_manager()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.invocation_id
