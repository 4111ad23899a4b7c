"""Removes what has been here for as long as RETENTION_DAYS says, in batches, so that nobody waits for a lock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry as AdministrationEntry
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from endpoints import audit
from endpoints.audit import erasing, rights
from endpoints.models import (
    AddressChange,
    AddressHour,
    Alert,
    AlertDelivery,
    Bulk,
    Change,
    ConnectionCheck,
    Download,
    Draft,
    HookCall,
    LogReading,
    Probe,
    ProbeRun,
    QualityDay,
    Recording,
    SentRecording,
    Trial,
)
from endpoints.models.address import HOURS_KEPT
from endpoints.models.download import DownloadState
from endpoints.models.search import EVENTS
from endpoints.models.status import CLOSED
from endpoints.models.verbs import Verb

BATCH = 500  # rows
NEWEST = 10  # changes of an endpoint that stay: what it ran before, and how long its deployments take
TRIAL_DAYS = 7
SENT_DAYS = 45  # longer than the service lists their entries
RUN_DAYS = 400  # of probes: what their history shows
QUALITY_DAYS = 400  # of which the sums of content logs are kept
ENDED = (DownloadState.CANCELED, DownloadState.FAILED, DownloadState.EXPIRED)


def tidy(days: Mapping[str, int]) -> None:
    """`days`: RETENTION_DAYS, by kind; 0 is for ever. What can't be removed by this role of the database stays."""
    _remove(Draft.objects.abandoned(days["drafts"]))
    _remove(ConnectionCheck.objects.abandoned(days["connection-checks"]))
    _remove(HookCall.objects.old(days["hook-calls"]))
    _remove(LogReading.objects.old())
    _remove(Alert.objects.old(days["alerts"]))
    _remove(AlertDelivery.objects.old(days["alerts"]))
    _remove(AddressHour.objects.filter(hour__lt=_ago(HOURS_KEPT)))
    _remove(QualityDay.objects.filter(day__lt=_ago(QUALITY_DAYS).date()))
    _remove(Session.objects.filter(expire_date__lt=timezone.now()))
    alive = Session.objects.filter(session_key=OuterRef("session_key"))
    _remove(UserSession.objects.filter(~Exists(alive), last_seen_at__lt=timezone.now() - timedelta(days=1)))
    _remove_probes()
    if days["downloads"]:
        _remove(_ended_downloads(_ago(days["downloads"])))
    if days["changes"]:
        _remove_changes(_ago(days["changes"]))
        _remove(AddressChange.objects.old(_ago(days["changes"])))
    if days["events"]:
        before = first_day_to_keep(days["events"])
        _remove(AdministrationEntry.objects.filter(action_time__lt=before))
        if rights.can_erase():
            remove_events(before)


def _remove_probes() -> None:
    """Probes of endpoints that are gone, recordings that nobody needs, and what was heard in trials."""
    _remove(Probe.objects.filter(endpoint__gone_at__lt=_ago(TRIAL_DAYS)))
    Trial.objects.old(hours=24).exclude(answers=None).update(answers=None)
    _remove(Trial.objects.old(hours=24 * TRIAL_DAYS))
    _remove(Recording.objects.unneeded())
    _remove(SentRecording.objects.filter(sent_at__lt=_ago(SENT_DAYS)))
    _remove(ProbeRun.objects.filter(started_at__lt=_ago(RUN_DAYS)))


def first_day_to_keep(days: int) -> datetime:
    """The beginning of the day (UTC) that many days ago, so that events are removed once a day."""
    return datetime.combine((timezone.now() - timedelta(days=days)).astimezone(UTC).date(), time(), UTC)


def remove_events(before: datetime) -> int:
    """Remove the sealed events from before a day, and record it; returns how many.

    On PostgreSQL it takes a role that may (rights.can_erase).
    """
    removed = erasing.remove_before(before)
    if removed:
        EVENTS.erase_deleted()
        audit.record(Verb.EVENTS_REMOVED, events=removed, day=before.date().isoformat())
    return removed


def _ended_downloads(before: datetime) -> QuerySet[Any]:
    """Without those whose zip is still to be deleted."""
    return Download.objects.filter(state__in=ENDED, stored_as="", updated_at__lt=before)


def _remove_changes(before: datetime) -> None:
    """Closed changes; of an endpoint that exists the newest stay, and what an open change replaces."""
    closed = Change.objects.filter(state__in=CLOSED, closed_at__lt=before)
    replaced = Change.objects.open().filter(replaces=OuterRef("pk"))
    newest = Change.objects.filter(endpoint=OuterRef("endpoint"), state__in=CLOSED).order_by("-closed_at")
    last_kept = Subquery(newest.values("closed_at")[NEWEST - 1 : NEWEST])
    gone = Q(endpoint=None) | Q(endpoint__gone_at__isnull=False)
    _remove(closed.filter(~Exists(replaced)).filter(gone | Q(closed_at__lt=last_kept)))
    parts = Change.objects.filter(bulk=OuterRef("pk"))
    _remove(Bulk.objects.filter(~Exists(parts), requested_at__lt=before))


def _remove(rows: QuerySet[Any]) -> None:
    """Each batch is a transaction of its own."""
    while batch := list(rows.order_by().values_list("pk", flat=True)[:BATCH]):
        rows.filter(pk__in=batch).delete()


def _ago(days: int) -> datetime:
    return timezone.now() - timedelta(days=days)
