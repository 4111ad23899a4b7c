"""Counts requests of each address and hour in the memory of this process, and adds them to the rows now and then.

Like counters (endpoints.models.counter): a process that is killed loses what it has not added yet.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from django.db import DatabaseError, connection

from endpoints.models import Address
from endpoints.models.address import AddressHour
from endpoints.models.counter import counting

MOST_AT_ONCE = 200  # rows of a statement
TOTAL, OUTCOMES = "address_requests", ("first", "second", "none")  # the counter of all addresses, and its labels

Key = tuple[int, datetime]
Counts = list[int]  # requests, to_second, unanswered


class Hours:
    """Threads share it."""

    def __init__(self) -> None:
        self._counts: dict[Key, Counts] = {}
        self._lock = Lock()

    def add(self, address: int, *, to_second: bool = False, unanswered: bool = False) -> None:
        key = address, datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        with self._lock:
            counts = self._counts.setdefault(key, [0, 0, 0])
            counts[0] += 1
            counts[1] += to_second
            counts[2] += unanswered

    def flush(self) -> None:
        """Add it to the rows, and its sums to the counter of all addresses, which outlives the rows and names none.

        When the database refuses, it is kept for the next time; raises DatabaseError.
        """
        with self._lock:
            counts, self._counts = self._counts, {}
        if not counts:
            return
        # In the order of the keys, so that two processes that lock the same rows don't wait for each other.
        rest = sorted(counts.items())
        try:
            while rest:
                _add(rest[:MOST_AT_ONCE])
                _add_to_total(one for _key, one in rest[:MOST_AT_ONCE])
                del rest[:MOST_AT_ONCE]
        except DatabaseError:
            with self._lock:
                for key, one in rest:
                    kept = self._counts.setdefault(key, [0, 0, 0])
                    kept[:] = map(sum, zip(kept, one, strict=True))
            raise

    def forget(self) -> None:
        """In a process that was forked: what was counted before belongs to the first one."""
        self._counts, self._lock = {}, Lock()


def _add(counts: list[tuple[Key, Counts]]) -> None:
    """Those of addresses that were deleted meanwhile are dropped."""
    present = set(Address.objects.filter(pk__in={pk for (pk, _hour), _one in counts}).values_list("pk", flat=True))
    adapt = connection.ops.adapt_datetimefield_value
    rows = [(pk, adapt(hour), *one) for (pk, hour), one in counts if pk in present]
    if not rows:
        return
    table, sums = AddressHour._meta.db_table, ("requests", "to_second", "unanswered")
    added = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in sums)
    values: list[Any] = [value for row in rows for value in row]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (address_id, hour, {', '.join(sums)}) "  # noqa: S608 (names of ours, and parameters)
            f"VALUES {', '.join(['(%s, %s, %s, %s, %s)'] * len(rows))} "
            f"ON CONFLICT (address_id, hour) DO UPDATE SET {added}",
            values,
        )


def _add_to_total(counts: Iterable[Counts]) -> None:
    requests, second, none = map(sum, zip(*counts, strict=True))
    for outcome, amount in zip(OUTCOMES, (requests - second - none, second, none), strict=True):
        if amount:
            counting.add(TOTAL, amount, outcome=outcome)


hours = Hours()
os.register_at_fork(after_in_child=hours.forget)
