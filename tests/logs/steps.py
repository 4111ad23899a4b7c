"""What people and workers do with content logs, step by step and without the waits between."""

import uuid
from datetime import timedelta

from django.db.models import F
from django.db.models.functions import Now

from endpoints import tasks
from endpoints.logs.keep import settings as keeping
from endpoints.logs.purge import requests as purging
from endpoints.models import LogArchive, LogEntry, Purge


def refresh(endpoint, rounds=10):
    """Request a refresh of the content logs of an endpoint, and carry it out; returns the archive."""
    keeping.request_refresh(endpoint)
    return finish_refresh(endpoint, rounds)


def finish_refresh(endpoint, rounds=10):
    """What a worker does until a refresh that was requested has ended; returns the archive."""
    row = LogArchive.objects.get(pk=endpoint.pk)
    for _round in range(rounds):
        LogArchive.objects.filter(pk=row.pk, due_at__isnull=False).update(due_at=Now())
        tasks.collect(str(row.pk))
        row.refresh_from_db()
        if not row.refreshing:
            break
    return row


def keep_logs(person, endpoint, days=90):
    """Have copies of all logs kept for so many days, and made now."""
    keeping.change_settings(actor=person.user, endpoint=endpoint, keep=True, every_hours=24, retention_days=days)
    refresh(endpoint)
    return endpoint


def age(files, days):
    """As if these files and their entries had been recorded and stored so many days earlier."""
    span = timedelta(days=days)
    LogEntry.objects.filter(pk__in=files.values("entry")).update(at=F("at") - span)
    files.update(stored_at=F("stored_at") - span, created_at=F("created_at") - span)


def request_purge(person, endpoint, **what):
    return purging.request_purge(key=uuid.uuid4(), actor=person.user, endpoint=endpoint, reason="Law", **what)


def step(purge):
    """Take a purge one step further."""
    Purge.objects.filter(pk=purge.pk).update(due_at=Now())
    tasks.purge(str(purge.pk))
    purge.refresh_from_db()
    return purge
