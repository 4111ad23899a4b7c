"""Makes an installation of a restored database: nothing of the one that was backed up goes on in it by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db.models import Q
from django.db.models.functions import Now

from endpoints import audit
from endpoints.addresses import restored as addresses
from endpoints.changes import restored
from endpoints.logs.download.requests import RESTARTED
from endpoints.mirror.resource_states import pause_resource, resume_resource
from endpoints.models import AlertDelivery, Download, Resource, Restoration
from endpoints.models.alert_delivery import DeliveryState
from endpoints.models.claim import Claimable
from endpoints.models.download import OPEN, DownloadState
from endpoints.models.restoration import COMMAND
from endpoints.models.verbs import Verb


@dataclass
class Settled:
    """How many resources were paused, and how many changes are searched for at the service first."""

    paused: int
    changes: int


def settle(*, backup_at: datetime, version: str) -> Settled:
    """End leases, pause all resources, have open changes searched for, and record it. Call it in one transaction."""
    for model in _leased():
        rows: Any = model._base_manager
        rows.filter(Q(lease__isnull=False) | Q(leased_until__isnull=False)).update(lease=None, leased_until=None)
    Resource.objects.update(paused_until=None, tried_at=None)
    # Zips are not in a backup: those that were ready can be requested again, those in progress begin anew.
    ready = Download.objects.filter(Q(state=DownloadState.READY) | ~Q(stored_as=""))
    ready.exclude(state__in=OPEN).update(state=DownloadState.EXPIRED, stored_as="", updated_at=Now())
    Download.objects.active().update(**RESTARTED, stored_as="", updated_at=Now())
    AlertDelivery.objects.waiting().update(state=DeliveryState.DROPPED)  # the old installation has told people
    changes = restored.begin()
    addresses.begin()
    Restoration.objects.end()
    Restoration.objects.create(backup_at=backup_at, version=version)
    audit.record(Verb.RESTORED, time=backup_at.isoformat(), version=version)
    paused = sum(pause_resource(one, actor=None, command=COMMAND) for one in Resource.objects.active().present())
    if not Resource.objects.present().exists():
        Restoration.objects.end()
    return Settled(paused, changes)


def resume() -> list[str]:
    """The old installation is off: resume the resources that a restore has paused. Returns their names."""
    waiting = Resource.objects.present().filter(paused_at__isnull=False, paused_by=COMMAND)
    names = [one.name for one in waiting if resume_resource(one, actor=None)]
    Restoration.objects.end()
    return names


def _leased() -> list[Any]:
    """The tables whose rows workers lease."""
    return [
        model
        for model in apps.get_models()
        if issubclass(model, Claimable) or {"lease", "leased_until"} <= {f.name for f in model._meta.local_fields}
    ]
