"""What people and workers do with content logs, step by step and without the waits between."""

import uuid

from django.db.models.functions import Now

from endpoints import tasks
from endpoints.logs.keep import settings as keeping
from endpoints.logs.purge import requests as purging
from endpoints.models import LogArchive, Purge


def refresh(endpoint, rounds=10):
    """Refresh the content logs of an endpoint until nothing is due; returns its archive."""
    row = keeping.request_refresh(endpoint)
    for _round in range(rounds):
        LogArchive.objects.filter(pk=row.pk).update(due_at=Now())
        tasks.collect(str(row.pk))
        row.refresh_from_db()
        if not row.stage:
            break
    return row


def keep_logs(person, endpoint, days=90):
    """Have copies of all logs kept for so many days, and made now."""
    keeping.change_settings(actor=person.user, endpoint=endpoint, keep=True, every_hours=24, retention_days=days)
    refresh(endpoint)
    return endpoint


def request_purge(person, endpoint, **what):
    return purging.request_purge(key=uuid.uuid4(), actor=person.user, endpoint=endpoint, reason="Law", **what)


def step(purge):
    """Take a purge one step further."""
    Purge.objects.filter(pk=purge.pk).update(due_at=Now())
    tasks.purge(str(purge.pk))
    purge.refresh_from_db()
    return purge
