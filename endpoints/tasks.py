"""Doorbells: an id in, one call, nothing out. Each may run twice, late, or for a row that is gone."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from celery import shared_task
from celery.exceptions import OperationalError
from django.conf import settings
from django.core.management import call_command
from django.db import transaction

from endpoints import azure, catalogue, logs, reconcile
from endpoints.models import Change, Download, Draft, Resource, Sweep
from endpoints.models.secret import CannotDecrypt

log = logging.getLogger(__name__)

MIRROR_LEASE_SECONDS = 120


def ring(task: Any, pk: object) -> None:
    """Ring once this transaction is committed. A broker that is away costs one sweep interval, nothing else."""

    def publish() -> None:
        try:
            task.apply_async([str(pk)], retry=False)
        except OperationalError as error:
            log.warning("The broker is away (%s); the next sweep finds %s", error, pk)

    transaction.on_commit(publish)


@shared_task
def step(change_id: str) -> None:
    """Take an open change one step further."""
    if change := Change.objects.open().claim(change_id, seconds=reconcile.LEASE_SECONDS):
        resource = change.endpoint.resource
        _with_service(resource, Change, change, lambda service: reconcile.step(change, service), again=step)


@shared_task
def mirror(resource_id: str) -> None:
    """Bring our rows to what the service says."""
    if resource := Resource.objects.claim(resource_id, seconds=MIRROR_LEASE_SECONDS):

        def look(service: azure.SpeechClient) -> float:
            catalogue.mirror(resource, service)
            resource.answered()
            return float(settings.LOOK_SECONDS)

        _with_service(resource, Resource, resource, look, again=mirror)


@shared_task(soft_time_limit=3600, time_limit=3660)
def fetch(download_id: str) -> None:
    """Take a download of content logs further."""
    if download := Download.objects.active().claim(download_id, seconds=logs.LEASE_SECONDS):
        resource = download.endpoint.resource
        _with_service(resource, Download, download, lambda service: logs.step(download, service), again=fetch)


@shared_task
def sweep() -> None:
    """Ring for everything that is due and that no bell announced."""
    for rows, task in (
        (Change.objects.open(), step),
        (Download.objects.active(), fetch),
        (Resource.objects.all(), mirror),
    ):
        for pk in rows.due().values_list("pk", flat=True)[:200]:
            ring(task, pk)
    Sweep.done()


@shared_task
def tidy() -> None:
    """Throw away what nobody needs any longer: old zips of content logs, drafts, ended sessions."""
    logs.purge(days=settings.DOWNLOAD_DAYS)
    Draft.objects.forgotten().delete()
    call_command("clearsessions")


def _with_service(
    resource: Resource,
    rows: Any,
    row: Any,
    work: Callable[[azure.SpeechClient], float | None],
    *,
    again: Any,
) -> None:
    """Do `work` on a claimed row and give the row back, whatever happens."""
    due: float | None = 60
    try:
        with service_of(resource) as service:
            due = work(service)
    except (azure.SpeechError, CannotDecrypt, ValueError) as error:
        resource.failed(str(error))
        due = settings.LOOK_SECONDS
    finally:
        rows.objects.release(row.pk, seconds=due)
    if due == 0:
        ring(again, row.pk)


def service_of(resource: Resource) -> AbstractContextManager[azure.SpeechClient]:
    """The client of a resource. Raises CannotDecrypt, or ValueError for an address that is none."""
    return azure.SpeechClient(endpoint=resource.endpoint_url, key=resource.key.open(), api_version=resource.api_version)
