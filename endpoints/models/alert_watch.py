"""The worker's look for facts that people are alerted to: one row, so that one worker looks at a time."""

from django.db import models

from endpoints.models.claim import Claimable, ClaimQuerySet


class AlertWatchQuerySet(ClaimQuerySet["AlertWatch"]):
    def ready(self) -> int:
        """The key of the only row, which the first look makes."""
        self.bulk_create([AlertWatch(pk=1)], ignore_conflicts=True)
        return 1


class AlertWatch(Claimable):
    """`events_until`: events before it have been looked at. `noticed`: since when lasting facts have been seen."""

    events_until = models.DateTimeField(null=True)
    noticed = models.JSONField(default=dict)

    objects = AlertWatchQuerySet.as_manager()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return "alert watch"
