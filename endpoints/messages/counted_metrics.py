"""Metrics that processes have counted (endpoints.models.counter)."""

from collections.abc import Iterator
from itertools import product

from prometheus_client.core import HistogramMetricFamily, Metric

from endpoints.access import door
from endpoints.messages.metric_families import COUNTER, FAMILIES, Family
from endpoints.models import Counter, Resource
from endpoints.models.download import DownloadState
from endpoints.models.status import CLOSED, ChangeKind

Labels = tuple[str, ...]
# What is shown as 0 before it happens, so that the first time counts as an increase.
FROM_THE_START: dict[str, list[Labels]] = {
    "address_requests": [("first",), ("second",), ("none",)],
    "changes_closed": [(kind, outcome) for kind, outcome in product(ChangeKind.values, CLOSED)],
    "downloads_closed": [
        (str(state),) for state in (DownloadState.READY, DownloadState.FAILED, DownloadState.CANCELED)
    ],
}


def metrics() -> Iterator[Metric]:
    stored = _stored()
    for family in FAMILIES.values():
        if family.kind == COUNTER:
            metric = family.metric()
            sums = dict.fromkeys(FROM_THE_START.get(family.name, []), 0.0) | _values(stored, family.name, family)
            for labels, value in sums.items():
                metric.add_metric(labels, value)
            yield metric
    yield _durations(stored, FAMILIES["request_seconds"])


def _durations(stored: dict[str, list[tuple[dict[str, str], float]]], family: Family) -> HistogramMetricFamily:
    """Rows hold each bucket alone; the format wants each with all that are smaller."""
    metric = family.histogram()
    buckets: dict[str, dict[str, float]] = {}
    for labels, value in stored.get(f"{family.name}_bucket", []):
        buckets.setdefault(labels["view"], {})[labels["le"]] = value
    sums = _values(stored, f"{family.name}_sum", family)
    for view, found in buckets.items():
        total, cumulated = 0.0, []
        for bound in sorted({*found, "+Inf"}, key=float):
            total += found.get(bound, 0.0)
            cumulated.append((bound, total))
        metric.add_metric([view], cumulated, sums.get((view,), 0.0))
    return metric


def _stored() -> dict[str, list[tuple[dict[str, str], float]]]:
    """By name; Speech resources by their name, and without those that were removed."""
    names = {str(pk): name for pk, name in door.unrestricted(Resource).values_list("pk", "name")}
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for row in door.unrestricted(Counter):
        labels = row.facts
        if "resource" in labels:
            labels["resource"] = names.get(labels["resource"], "")
        if labels.get("resource") != "":
            found.setdefault(row.name, []).append((labels, row.value))
    return found


def _values(stored: dict[str, list[tuple[dict[str, str], float]]], name: str, family: Family) -> dict[Labels, float]:
    """By the labels in the order of the family; rows of another version, with other labels, are left out."""
    return {
        tuple(labels[label] for label in family.labels): value
        for labels, value in stored.get(name, [])
        if labels.keys() == {*family.labels}
    }
