"""Metrics for Prometheus, read from the database on request: whichever web process is asked knows all of them.

No person is named, and no id: Speech resources are named, because an alert has to tell which one it is about.
"""

from collections.abc import Iterator

from django.db import DatabaseError
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from endpoints.messages import counted_metrics, row_metrics, system_metrics
from endpoints.messages.metric_families import FAMILIES


class _DatabaseCollector(Collector):
    """Counts of the whole installation: a monitoring program is not a person."""

    def collect(self) -> Iterator[Metric]:
        found: list[Metric] = []
        try:
            found += [*row_metrics.metrics(), *counted_metrics.metrics(), *system_metrics.of_workers()]
            up = True
        except DatabaseError:
            found, up = [], False
        database = FAMILIES["database_up"].metric()
        database.add_metric([], up)
        yield from (database, *found, *system_metrics.of_this_process())


def exposition() -> bytes:
    """All metrics in the text format of Prometheus."""
    registry = CollectorRegistry()
    registry.register(_DatabaseCollector())
    return generate_latest(registry)
