"""Brings our copies of a resource to what the service has now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from endpoints import azure
from endpoints.mirror.catalog import refresh_projects_and_models
from endpoints.mirror.endpoints import mark_gone, store_endpoint
from endpoints.mirror.local_rows import LocalRows
from endpoints.models import Resource

CATALOG_EVERY = timedelta(minutes=10)


def refresh(resource: Resource, service: azure.SpeechClient) -> None:
    """Update our rows to what the service has now.

    Endpoints are listed each time, projects and models every ten minutes, or when an endpoint refers to an unknown
    model. Raises azure.SpeechError, and leaves the rows as they were, when a listing is incomplete.
    """
    began = timezone.now()
    endpoints = list(service.list_endpoints())
    if _catalog_is_old(resource, endpoints):
        refresh_projects_and_models(resource, service)
    first_time = resource.mirrored_at is None
    local = LocalRows(resource)
    for batch in batched(endpoints, 200):
        # Short transactions, because SQLite has one writer at a time.
        with transaction.atomic():
            for remote in batch:
                store_endpoint(resource, remote, local=local, record_found=not first_time)
    with transaction.atomic():
        _mark_gone(resource, [remote.id for remote in endpoints], began)
    Resource.objects.filter(pk=resource.pk).update(mirrored_at=began)
    resource.mirrored_at = began


def _mark_gone(resource: Resource, listed: list[str], began: datetime) -> None:
    # An endpoint that was created after the listing began may be missing in it.
    settled = resource.endpoints.present().filter(~Q(remote_id=None), updated_at__lt=began)
    for endpoint in settled.exclude(remote_id__in=listed):
        mark_gone(endpoint)


def _catalog_is_old(resource: Resource, endpoints: list[azure.Endpoint]) -> bool:
    if resource.cataloged_at is None or timezone.now() - resource.cataloged_at > CATALOG_EVERY:
        return True
    known = set(resource.models.values_list("remote_id", flat=True))
    return any(remote.model_id and remote.model_id not in known for remote in endpoints)


def batched(rows: list[azure.Endpoint], size: int) -> Iterator[list[azure.Endpoint]]:
    rest = iter(rows)
    while batch := list(islice(rest, size)):
        yield batch
