"""Brings our copies of a resource to what the service has now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from django.db import transaction
from django.utils import timezone

from endpoints import azure
from endpoints.mirror import unreadable
from endpoints.mirror.catalog import refresh_catalog
from endpoints.mirror.endpoints import mark_gone, store_endpoint
from endpoints.mirror.hook_proof import Announced, is_proven
from endpoints.mirror.local_rows import LocalRows
from endpoints.mirror.unlisted_models import store_unknown_models
from endpoints.models import Endpoint, Resource
from endpoints.models.claim import database_now

CATALOG_EVERY = timedelta(minutes=10)
CATALOG_OF_PROVEN = timedelta(hours=1)  # while a web hook tells of new models


def refresh(resource: Resource, service: azure.SpeechClient) -> None:
    """Update our rows to what the service has now.

    Endpoints are listed each time, projects and models every ten minutes, or each hour while a web hook has proven
    itself. It is recorded when the listing shows what no call of the web hook has announced. Raises azure.SpeechError,
    and leaves the rows as they were, when the listing of endpoints fails. Items that cannot be read are named, and then
    no row is marked as gone.
    """
    began = database_now()
    try:
        listing = service.list_endpoints()
        endpoints = list(listing)
    except azure.VersionRetired as error:
        raise service.explain(error) from None
    if _catalog_is_old(resource):
        refresh_catalog(resource, service)
    first_time = resource.mirrored_at is None
    local = LocalRows(resource)
    announced = Announced(resource, local)
    store_unknown_models(resource, service, endpoints, local)
    for batch in batched(endpoints, 200):
        # Short transactions, because SQLite has one writer at a time.
        with transaction.atomic():
            if not Resource.objects.present().filter(pk=resource.pk).exists():
                return  # somebody removes it meanwhile
            for remote in batch:
                row = store_endpoint(resource, remote, began=began, local=local, record_found=not first_time)
                announced.compare(remote, row, began)
    listed = {remote.id for remote in endpoints}
    with transaction.atomic():
        unreadable.record_endpoints(resource, listing.unreadable, listed)
        if not listing.unreadable:
            announced.gone(_mark_gone(resource, listed, began))
    announced.record()
    Resource.objects.filter(pk=resource.pk).update(mirrored_at=began)
    resource.mirrored_at = began


def _mark_gone(resource: Resource, listed: set[str], began: datetime) -> list[Endpoint]:
    # An endpoint that was created after the listing began may be missing in it.
    known = resource.endpoints.present().exclude(remote_id=None).values_list("pk", "remote_id", "confirmed_at")
    now = database_now()  # what is confirmed later was confirmed before the clock was set back
    settled = [(pk, remote_id) for pk, remote_id, at in known if at is None or at <= began or at > now]
    absent = [pk for pk, remote_id in settled if (remote_id or "").lower() not in listed]
    gone = list(resource.endpoints.filter(pk__in=absent))
    for endpoint in gone:
        mark_gone(endpoint)
    return gone


def _catalog_is_old(resource: Resource) -> bool:
    if resource.cataloged_at is None:
        return True
    age = timezone.now() - resource.cataloged_at
    return age > CATALOG_EVERY and (age > CATALOG_OF_PROVEN or not is_proven(resource))


def batched(rows: list[azure.Endpoint], size: int) -> Iterator[list[azure.Endpoint]]:
    rest = iter(rows)
    while batch := list(islice(rest, size)):
        yield batch
