"""Keeps sums and verdicts as logs arrive; run after each refresh of content logs, and daily for all."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from endpoints.models import Endpoint, Quality
from endpoints.watch.quality import sums, verdicts

DAILY = timedelta(hours=20)


def take(endpoint: Endpoint, now: datetime | None = None) -> None:
    """Add what is new to the sums, and compute the verdict again if anything was new, or if that is a day ago."""
    now = now or timezone.now()
    new = sums.add(endpoint)
    known = Quality.objects.filter(endpoint=endpoint).values_list("updated_at", flat=True).first()
    if new or (known is not None and known < now - DAILY):
        verdicts.update(endpoint, now)


def take_all() -> None:
    """Of all endpoints whose logs are known, also those read for a download, or by an earlier version."""
    for endpoint in Endpoint.objects.filter(gone_at=None, log_archive__isnull=False):
        take(endpoint)
