"""When the database was restored from a backup, and whether the old installation is known to be off since."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models.functions import Now

COMMAND = "manage.py restore"  # the name under which it pauses resources


class RestorationQuerySet(models.QuerySet["Restoration"]):
    def waiting(self) -> Self:
        """Until then another installation may work on the same resources, and on the same storage of content logs."""
        return self.filter(resumed_at=None)

    def end(self) -> None:
        self.waiting().update(resumed_at=Now())


class Restoration(models.Model):
    """`backup_at`: the moment that the backup shows. `version`: of the product that made it."""

    at = models.DateTimeField(db_default=Now())
    backup_at = models.DateTimeField()
    version = models.CharField(max_length=40, blank=True)
    resumed_at = models.DateTimeField(null=True)

    objects = RestorationQuerySet.as_manager()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"restored from a backup of {self.backup_at}"
