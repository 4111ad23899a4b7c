"""What the ids of log files tell (Endpoints_ListLogs), and the lock under which rows of log files are changed."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from django.utils import timezone

from endpoints.models import Endpoint

_ENDINGS = re.compile(r"[._](?:wav|(?:v2[._])?json)$")


def key_of(remote_id: str) -> str:
    """What the ids of the two files of one entry have in common: 2026-03-02_101503__<guid>."""
    return _ENDINGS.sub("", remote_id)


def day_of(remote_id: str, created: datetime | None) -> date:
    """The day (UTC) under which the service deletes a file."""
    return day_of_key(remote_id) or (created or timezone.now()).astimezone(UTC).date()


def day_of_key(key: str) -> date | None:
    """The day with which a key, an id and our own file names begin."""
    try:
        return date.fromisoformat(key[:10])
    except ValueError:
        return None


def time_of_key(key: str) -> datetime | None:
    try:
        return datetime.strptime(key[:17], "%Y-%m-%d_%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def lock_logs(endpoint: Endpoint) -> None:
    """Until this transaction ends, nobody else adds or removes rows of log files of `endpoint`."""
    list(Endpoint.objects.select_for_update(no_key=True).filter(pk=endpoint.pk).values_list("pk"))
