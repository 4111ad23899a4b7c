"""Calls of the service's web hooks that we have seen, so that a repeated one does nothing."""

from datetime import timedelta
from typing import Self

from django.db import models
from django.utils import timezone

REMEMBER = timedelta(days=2)


class HookCallQuerySet(models.QuerySet["HookCall"]):
    def old(self) -> Self:
        """Calls so long ago that the service will not repeat them."""
        return self.filter(at__lt=timezone.now() - REMEMBER)


class HookCall(models.Model):
    invocation_id = models.CharField(max_length=100, primary_key=True)
    at = models.DateTimeField(auto_now_add=True, db_index=True)

    objects = HookCallQuerySet.as_manager()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.invocation_id
