"""Claiming a row that is due: the worker that changes it holds a lease, the others walk away."""

from datetime import timedelta
from typing import Self, TypeVar
from uuid import UUID, uuid4

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

Row = TypeVar("Row", bound=models.Model)


class Claimable(models.Model):
    """A row that a worker looks after when `next_look_at` has come.

    Times are the database's own, so that workers with wrong clocks agree.
    """

    next_look_at = models.DateTimeField(null=True, blank=True, db_default=Now(), db_index=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    # Who holds it, so that nobody gives back what is another's.
    lease = models.UUIDField(null=True, blank=True, db_index=True)

    class Meta:
        abstract = True


class ClaimQuerySet(models.QuerySet[Row]):
    def due(self) -> Self:
        """Rows whose time has come and that no worker holds."""
        return self.filter(free(), next_look_at__lte=Now())

    def claim(self, pk: object, *, seconds: int) -> Row | None:
        """The row, if it is due and this caller is the first; a lease of `seconds` keeps others away."""
        until = Now() + timedelta(seconds=seconds)
        lease = uuid4()
        if self.due().filter(pk=pk).update(leased_until=until, lease=lease) != 1:
            return None
        return self.filter(lease=lease).first()

    def hold(self, lease: UUID, *, seconds: float) -> bool:
        """Prolong a lease, unless it ended and somebody else has the row."""
        return self.filter(lease=lease).update(leased_until=Now() + timedelta(seconds=seconds)) == 1

    def release(self, lease: UUID, *, seconds: float | None) -> None:
        """Give a row back; it is due again in `seconds`, or never with None. What is another's is left alone."""
        # On SQLite a sum is written in microseconds and Now() in milliseconds, so only Now() itself is due at once.
        next_look = None if seconds is None else Now() + timedelta(seconds=seconds) if seconds else Now()
        self.filter(lease=lease).update(leased_until=None, lease=None, next_look_at=next_look)


def free() -> Q:
    return Q(leased_until__isnull=True) | Q(leased_until__lte=Now())
