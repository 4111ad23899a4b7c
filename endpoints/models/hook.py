"""Web hook calls that were received, so that a repeated call does nothing; and whether calls can be relied on."""

from datetime import timedelta
from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

PROOF_LASTS = timedelta(hours=2)  # since the last signed call; a worker has a ping sent each hour
WORKING = "Succeeded"  # the service's status of a web hook that it calls


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


def proven() -> Q:
    """Resources whose web hook has proven itself: signed calls arrive, and none is known to be missing.

    By the database's clock, as all times of hooks.
    """
    heard = Q(hook_heard_at__gte=Now() - PROOF_LASTS, hook_missed_at=None)
    return heard & Q(hook_enabled=True, hook_status=WORKING)
