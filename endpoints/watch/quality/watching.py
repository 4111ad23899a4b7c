"""Keeps sums and verdicts as logs arrive; run after each refresh of content logs, and daily for all."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from endpoints.models import Endpoint, Event, LogEntry, Quality
from endpoints.models.log import UNSUMMED
from endpoints.models.probe import CHANGED
from endpoints.models.quality import TELLING
from endpoints.watch.quality import sums, verdicts

DAILY = timedelta(hours=20)


def take(endpoint: Endpoint, now: datetime | None = None) -> None:
    """Add what is new to the sums, and compute the verdict again if anything was new, or if that is a day ago."""
    now = now or timezone.now()
    new = sums.add(endpoint)
    known = Quality.objects.filter(endpoint=endpoint).values_list("updated_at", flat=True).first()
    if new or (known is not None and known < now - DAILY):
        verdicts.update(endpoint, now)


def take_all(now: datetime | None = None) -> None:
    """Of all endpoints with news: entries read for a download, or by an earlier version, and verdicts of a day ago."""
    now = now or timezone.now()
    fresh = Exists(LogEntry.objects.filter(UNSUMMED, endpoint=OuterRef("pk")))
    for endpoint in Endpoint.objects.filter(fresh | Q(quality__updated_at__lt=now - DAILY), gone_at=None):
        take(endpoint, now)


def take_changed(now: datetime | None = None) -> None:
    """Of those with another model since: going back ends what was told, whether or not anyone speaks."""
    changed = Event.objects.filter(endpoint_id=OuterRef("pk"), verb__in=CHANGED, at__gt=OuterRef("updated_at"))
    told = Quality.objects.filter(Exists(changed), verdict__in=TELLING, endpoint__gone_at=None)
    for quality in told.select_related("endpoint"):
        verdicts.update(quality.endpoint, now)
