"""Counters of the whole installation, for metrics: any process adds to them, on any machine.

A process counts in its memory, and adds what it has to the rows every few seconds, by one statement. The database adds,
so that no process overwrites what another has counted. A process that is killed loses what it has not added yet: at
most FLUSH_SECONDS of it. No label holds anything that grows without bound, names a person, or is a secret: Speech
resources are kept by their id, and shown by their name.
"""

import json
import os
from collections import defaultdict
from functools import partial
from threading import Lock
from typing import Any

from django.apps import apps
from django.db import DatabaseError, connection, models, transaction

FLUSH_SECONDS = 15  # Prometheus asks every 15 to 60 seconds
MOST_AT_ONCE = 200  # rows of a statement

Key = tuple[str, str]  # the name, and the labels as JSON


class Counter(models.Model):
    """One time series: a sum that only grows."""

    name = models.CharField(max_length=60)
    labels = models.CharField(max_length=300)  # JSON with sorted keys, so that equal labels are equal texts
    value = models.FloatField(default=0)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["name", "labels"], name="counter_once")]

    def __str__(self) -> str:
        return f"{self.name}{self.labels}"

    @property
    def facts(self) -> dict[str, str]:
        found: dict[str, str] = json.loads(self.labels)
        return found

    @classmethod
    def drop_removed(cls) -> None:
        """Delete the counters of Speech resources that were removed."""
        present = {str(pk) for pk in apps.get_model("endpoints.Resource").objects.values_list("pk", flat=True)}
        rows = cls._default_manager.filter(labels__contains='"resource"')
        cls._default_manager.filter(
            pk__in=[row.pk for row in rows if row.facts.get("resource") not in present]
        ).delete()


class Counting:
    """What this process has counted and not added to the rows yet. Threads share it."""

    def __init__(self) -> None:
        self._sums: defaultdict[Key, float] = defaultdict(float)
        self._lock = Lock()

    def add(self, name: str, amount: float = 1, **labels: str) -> None:
        key = (name, json.dumps(labels, sort_keys=True))
        with self._lock:
            self._sums[key] += amount

    def add_once_committed(self, name: str, **labels: str) -> None:
        """Count something that a transaction does, when it does."""
        transaction.on_commit(partial(self.add, name, 1, **labels))

    def flush(self) -> None:
        """Add it to the rows. When the database refuses, it is kept for the next time; raises DatabaseError."""
        with self._lock:
            sums, self._sums = self._sums, defaultdict(float)
        # In the order of the keys, so that two processes that lock the same rows don't wait for each other.
        rest = sorted(sums.items())
        try:
            while rest:
                _add(rest[:MOST_AT_ONCE])
                del rest[:MOST_AT_ONCE]
        except DatabaseError:
            with self._lock:
                for key, amount in rest:
                    self._sums[key] += amount
            raise

    def forget(self) -> None:
        """In a process that was forked: what was counted before belongs to the first one."""
        self._sums, self._lock = defaultdict(float), Lock()


def _add(sums: list[tuple[Key, float]]) -> None:
    table = Counter._meta.db_table
    rows = ", ".join(["(%s, %s, %s)"] * len(sums))
    values: list[Any] = [value for (name, labels), amount in sums for value in (name, labels, amount)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (name, labels, value) VALUES {rows} "  # noqa: S608 (names of ours, and parameters)
            f"ON CONFLICT (name, labels) DO UPDATE SET value = {table}.value + excluded.value",
            values,
        )


counting = Counting()
os.register_at_fork(after_in_child=counting.forget)
