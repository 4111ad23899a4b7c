"""Metrics that are counted from rows when they are asked for."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db.models import Count, Min, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from prometheus_client.core import Metric

from endpoints import hints
from endpoints.access import door
from endpoints.messages.metric_families import FAMILIES
from endpoints.models import Address, Change, Download, Endpoint, LogDay, LogFile, Probe, Resource, due
from endpoints.models.claim import database_now
from endpoints.models.hook import WORKING, proven
from endpoints.models.probe import Verdict
from endpoints.models.status import ChangeState

VANISHING = timedelta(days=7)


def metrics() -> Iterator[Metric]:
    yield _by("endpoints", "status", door.unrestricted(Endpoint).present())
    yield _by("changes_open", "state", door.unrestricted(Change).open())
    yield _by("downloads_active", "state", door.unrestricted(Download).active())
    yield _oldest_change()
    yield from _queues()
    yield from _resources()
    yield _one("addresses_failing", door.unrestricted(Address).in_trouble(timezone.now()).count())
    yield from _expirations()
    yield from _log_files()
    yield _verdicts()


def _oldest_change() -> Metric:
    """Of those that workers work on: others wait for a person."""
    working = door.unrestricted(Change).open().exclude(state=ChangeState.UNDECIDED)
    working = working.exclude(endpoint__resource__paused_at__isnull=False)
    began = working.aggregate(at=Min(Coalesce("scheduled_for", "requested_at")))["at"]
    return _seconds("changes_oldest_seconds", max(timezone.now() - began, timedelta()) if began else None)


def _queues() -> Iterator[Metric]:
    """By the queue that the message of each row is sent to."""
    now, count, first = database_now(), dict[str, int](), dict[str, Any]()
    for rows, task in due.work():
        queue = hints.queue_of(task)
        facts = rows.due().aggregate(count=Count("pk"), at=Min("due_at"))
        count[queue] = count.get(queue, 0) + facts["count"]
        if facts["at"]:
            first[queue] = min(first.get(queue, facts["at"]), facts["at"])
    rows_due, age = FAMILIES["queue_due"].metric(), FAMILIES["queue_age_seconds"].metric()
    for queue, number in count.items():
        rows_due.add_metric([queue], number)
        age.add_metric([queue], max(0.0, (now - first.get(queue, now)).total_seconds()))
    yield from (rows_due, age)


def _resources() -> Iterator[Metric]:
    active = door.unrestricted(Resource).active()
    yield _one("resources_failing", active.failing().count())
    answers = FAMILIES["resource_up"].metric()
    for name, failing_since in active.order_by("name").values_list("name", "failing_since"):
        answers.add_metric([name], failing_since is None)
    yield answers
    oldest = active.aggregate(at=Min("mirrored_at"))["at"]
    yield _seconds("mirror_age_seconds", timezone.now() - oldest if oldest else None)
    hooks = FAMILIES["web_hooks"].metric()
    registered = active.filter(hook_enabled=True)
    states = {"proven": proven(), "unproven": Q(hook_status=WORKING) & ~proven(), "failed": ~Q(hook_status=WORKING)}
    for state, condition in states.items():
        hooks.add_metric([state], registered.filter(condition).count())
    yield hooks


def _expirations() -> Iterator[Metric]:
    now, deployed = timezone.now(), door.unrestricted(Endpoint).present()
    following = deployed.filter(expires_at__gt=now).aggregate(at=Min("expires_at"))["at"]
    yield _seconds("next_expiration_seconds", following - now if following else None)
    yield _one("endpoints_expired", deployed.filter(expires_at__lte=now).count())


def _log_files() -> Iterator[Metric]:
    """In a container of the customer's own, the service deletes nothing."""
    unsaved = door.unrestricted(LogFile).missing().without_probes().filter(endpoint__resource__log_container=None)
    yield _one("log_files_unsaved", unsaved.count())
    yield _one("log_files_vanishing", unsaved.vanishing(VANISHING).count())
    yield _one("log_files_vanished", door.unrestricted(LogDay).aggregate(sum=Sum("vanished", default=0))["sum"])


def _verdicts() -> Metric:
    """Which model answers, as far as the probes of endpoints tell; each verdict has a value."""
    found = dict(door.unrestricted(Probe).active().order_by().values_list("verdict").annotate(Count("pk")))
    family = FAMILIES["endpoints_by_verdict"].metric()
    for verdict in Verdict.values:
        family.add_metric([verdict or "unknown"], found.get(verdict, 0))
    return family


def _by(name: str, label: str, rows: QuerySet[Any]) -> Metric:
    family = FAMILIES[name].metric()
    for value, count in rows.order_by().values_list(label).annotate(Count("pk")):
        family.add_metric([value or "none"], count)
    return family


def _one(name: str, value: float) -> Metric:
    family = FAMILIES[name].metric()
    family.add_metric([], value)
    return family


def _seconds(name: str, span: timedelta | None) -> Metric:
    """A gauge of a time span; without a value for None."""
    family = FAMILIES[name].metric()
    if span is not None:
        family.add_metric([], span.total_seconds())
    return family
