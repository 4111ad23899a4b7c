"""Metrics for Prometheus, read from the database on request. Counts and times only: no names, no ids."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Min, QuerySet
from django.utils import timezone
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from endpoints.access import door
from endpoints.models import Change, Download, Endpoint, Resource, Sweep


class _DatabaseCollector(Collector):
    """Counts of the whole installation: a monitoring program is not a person."""

    def collect(self) -> Iterator[Metric]:
        yield InfoMetricFamily("speechstudio", "The installation", {"version": settings.VERSION})
        yield _count_by(
            "endpoints", "Endpoints by the service's status", "status", door.unrestricted(Endpoint).present()
        )
        yield _count_by(
            "changes_open", "Changes that are not done yet, by state", "state", door.unrestricted(Change).open()
        )
        yield _count_by(
            "downloads_active",
            "Downloads of content logs in the making, by state",
            "state",
            door.unrestricted(Download).active(),
        )
        failing = door.unrestricted(Resource).failing().count()
        yield GaugeMetricFamily("speechstudio_resources_failing", "Speech resources that do not answer", failing)
        now = timezone.now()
        oldest = door.unrestricted(Resource).active().aggregate(at=Min("mirrored_at"))["at"]
        yield _seconds(
            "mirror_age_seconds", "Age of the oldest mirror of a Speech resource", now - oldest if oldest else None
        )
        swept, _late = Sweep.last()
        yield _seconds("sweep_age_seconds", "Time since a worker last swept", now - swept if swept else None)
        first = door.unrestricted(Endpoint).present().aggregate(at=Min("model__expires_at"))["at"]
        yield _seconds(
            "first_expiration_seconds", "Time until the first deployed model expires", first - now if first else None
        )


def exposition() -> bytes:
    """All metrics in the text format of Prometheus."""
    registry = CollectorRegistry()
    registry.register(_DatabaseCollector())
    return generate_latest(registry)


def _count_by(name: str, what: str, label: str, rows: QuerySet[Any]) -> Metric:
    gauge = GaugeMetricFamily(f"speechstudio_{name}", what, labels=[label])
    for value, count in rows.order_by().values_list(label).annotate(Count("pk")):
        gauge.add_metric([value or "none"], count)
    return gauge


def _seconds(name: str, what: str, span: timedelta | None) -> Metric:
    """A gauge of a time span; without a value for None."""
    gauge = GaugeMetricFamily(f"speechstudio_{name}", what)
    if span is not None:
        gauge.add_metric([], span.total_seconds())
    return gauge
