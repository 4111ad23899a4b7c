"""Claiming a row that is due: the worker that changes it holds a lease, the others walk away."""

from datetime import timedelta
from typing import Self, TypeVar

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

    class Meta:
        abstract = True


class ClaimQuerySet(models.QuerySet[Row]):
    def due(self) -> Self:
        """Rows whose time has come and that no worker holds."""
        return self.filter(free(), next_look_at__lte=Now())

    def claim(self, pk: object, *, seconds: int) -> Row | None:
        """The row, if it is due and this caller is the first; a lease of `seconds` keeps others away."""
        lease = Now() + timedelta(seconds=seconds)
        if self.due().filter(pk=pk).update(leased_until=lease) != 1:
            return None
        return self.get(pk=pk)

    def hold(self, pk: object, *, seconds: int) -> bool:
        """Prolong a lease that is still ours to prolong."""
        return (
            self.filter(pk=pk, leased_until__isnull=False).update(leased_until=Now() + timedelta(seconds=seconds)) == 1
        )

    def release(self, pk: object, *, seconds: float | None) -> None:
        """Give the row back; it is due again in `seconds`, or never with None."""
        next_look = None if seconds is None else Now() + timedelta(seconds=seconds)
        self.filter(pk=pk).update(leased_until=None, next_look_at=next_look)


def free() -> Q:
    return Q(leased_until__isnull=True) | Q(leased_until__lte=Now())
