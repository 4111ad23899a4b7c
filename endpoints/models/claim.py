"""Rows that workers claim when they are due: the worker that gets the lease works on the row, all others skip it."""

from datetime import UTC, datetime, timedelta
from typing import Any, Self, TypeVar
from uuid import UUID, uuid4

from django.db import connection, models
from django.db.models import Q
from django.db.models.functions import Now

Row = TypeVar("Row", bound=models.Model)

_SQLITE_NOW = "strftime('%Y-%m-%d %H:%M:%f', 'now')"  # as Django's Now()


class Claimable(models.Model):
    """A row that a worker processes once it is due.

    All times come from the database's clock, so that workers whose clocks are wrong agree.
    """

    due_at = models.DateTimeField(null=True, blank=True, db_default=Now(), db_index=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    # The id of the lease, so that a worker whose lease has ended cannot release the lease of the next one.
    lease = models.UUIDField(null=True, blank=True, db_index=True)

    class Meta:
        abstract = True


class ClaimQuerySet(models.QuerySet[Row]):
    def due(self) -> Self:
        """Rows whose time has come and that no worker has leased."""
        return self.filter(unleased(), due_at__lte=Now())

    def claim(self, pk: object, *, seconds: int) -> Row | None:
        """Lease a row for `seconds`; returns it, or None when it is not due or another worker was faster."""
        until = Now() + timedelta(seconds=seconds)
        lease = uuid4()
        if self.due().filter(pk=pk).update(leased_until=until, lease=lease) != 1:
            return None
        return self.filter(lease=lease).first()

    def extend_lease(self, lease: UUID, *, seconds: float) -> bool:
        """Extend a lease; returns False when another worker has the row by now."""
        return self.filter(lease=lease).update(leased_until=Now() + timedelta(seconds=seconds)) == 1

    def release(self, lease: UUID, *, seconds: float | None, **facts: Any) -> None:
        """End a lease; the row is due again in `seconds`, or never with None. Other leases stay as they are."""
        # On SQLite a sum has microseconds and Now() has milliseconds: Now() + 0 could be in the future.
        due_at = None if seconds is None else Now() + timedelta(seconds=seconds) if seconds else Now()
        self.filter(lease=lease).update(leased_until=None, lease=None, due_at=due_at, **facts)


def database_now() -> datetime:
    """The time by the database's clock, on which workers with wrong clocks agree."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {'clock_timestamp()' if connection.vendor == 'postgresql' else _SQLITE_NOW}")
        (now,) = cursor.fetchone()
    return now if isinstance(now, datetime) else datetime.fromisoformat(now).replace(tzinfo=UTC)


def unleased() -> Q:
    """Rows without a lease, or with one that has ended."""
    return Q(leased_until__isnull=True) | Q(leased_until__lte=Now())
