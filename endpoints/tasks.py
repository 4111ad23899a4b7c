"""Doorbells: an id in, one call, nothing out. Each may run twice, late, or for a row that is gone."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Event, Thread
from typing import Any
from uuid import UUID

from celery import shared_task
from celery.exceptions import OperationalError
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.urls import reverse

from endpoints import azure, catalogue, connect, hooks, notices, reconcile
from endpoints.failpoints import failpoint
from endpoints.logs.download import expiry as downloads
from endpoints.logs.download import job as making
from endpoints.logs.keep import refresh as archive
from endpoints.logs.keep import retention
from endpoints.logs.purge import job as purging
from endpoints.logs.storage import orphans
from endpoints.models import Change, Download, Draft, HookCall, LogArchive, Purge, Resource, Sweep
from endpoints.models.secret import CannotDecrypt
from endpoints.pauses import pause_of_failing

log = logging.getLogger(__name__)

Claimed = Change | Download | LogArchive | Purge | Resource

LEASE_SECONDS = 20


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
    failpoint("before-claim")
    if change := Change.objects.open().claim(change_id, seconds=LEASE_SECONDS):
        failpoint("after-claim")
        resource = change.endpoint.resource
        _work(step, change, resource, lambda: connect.service(resource), lambda it: reconcile.step(change, it))


@shared_task
def mirror(resource_id: str) -> None:
    """Bring our rows to what the service says, and keep our web hook alive there."""
    if resource := Resource.objects.claim(resource_id, seconds=LEASE_SECONDS):
        _work(mirror, resource, resource, lambda: connect.service(resource), lambda it: _look(resource, it))


@shared_task(soft_time_limit=3600, time_limit=3660)
def fetch(download_id: str) -> None:
    """Take a download of content logs further."""
    if download := Download.objects.active().claim(download_id, seconds=LEASE_SECONDS):
        how: dict[str, Any] = {"days": settings.DOWNLOAD_DAYS, "tell": notices.ready}
        _with_logs(fetch, download, lambda it: making.step(download, it, **how))


@shared_task(soft_time_limit=3600, time_limit=3660)
def collect(endpoint_id: str) -> None:
    """Look at the content logs of an endpoint, and keep those that are to be kept."""
    if row := LogArchive.objects.claim(endpoint_id, seconds=LEASE_SECONDS):
        _with_logs(collect, row, lambda it: archive.step(row, it))


@shared_task(soft_time_limit=3600, time_limit=3660)
def purge(purge_id: str) -> None:
    """Delete content logs for good, a step further."""
    if row := Purge.objects.running().claim(purge_id, seconds=LEASE_SECONDS):
        _with_logs(purge, row, lambda it: purging.step(row, it))


@shared_task
def sweep() -> None:
    """Ring for everything that is due and that no bell announced."""
    for rows, task in (
        (Change.objects.open(), step),
        (Download.objects.active(), fetch),
        (LogArchive.objects.all(), collect),
        (Purge.objects.running(), purge),
        (Resource.objects.all(), mirror),
    ):
        for pk in rows.due().values_list("pk", flat=True)[:200]:
            ring(task, pk)
    Sweep.done()


@shared_task(soft_time_limit=3600, time_limit=3660)
def tidy() -> None:
    """Throw away what nobody needs any longer: old zips and copies of content logs, drafts, ended sessions."""
    Draft.objects.forgotten().delete()
    HookCall.objects.old().delete()
    call_command("clearsessions")
    archive.schedule_lost()
    # These need the storage, which may be away.
    downloads.expire()
    retention.enforce(settings.DOWNLOAD_DAYS)


@shared_task(soft_time_limit=3600, time_limit=3660)
def sweep_storage() -> None:
    """Throw away files of content logs that a crash left behind."""
    orphans.delete_orphans()


def _look(resource: Resource, service: azure.SpeechClient) -> float:
    catalogue.mirror(resource, service)
    resource.answered()
    if settings.PUBLIC_URL and (resource.hook_wanted or resource.hook_id):
        hooks.keep(resource, service, f"{settings.PUBLIC_URL}{reverse('hook', args=[resource.hook_token])}")
    return float(settings.LOOK_SECONDS)


def _with_logs(task: Any, row: Download | LogArchive | Purge, do: Callable[[Any], float | None]) -> None:
    endpoint = row.endpoint
    _work(task, row, endpoint.resource, lambda: connect.log_source(endpoint), do)


@contextmanager
def _held(row: Claimed, lease: UUID) -> Iterator[None]:
    """Prolong our lease while we work, so that it can be short: a killed worker's work goes on when it ends."""
    over = Event()

    def prolong() -> None:
        while not over.wait(LEASE_SECONDS / 3):
            type(row).objects.hold(lease, seconds=LEASE_SECONDS)
        connection.close()

    thread = Thread(target=prolong, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _work(
    task: Any,
    row: Claimed,
    resource: Resource,
    connected: Callable[[], AbstractContextManager[Any]],
    do: Callable[[Any], float | None],
) -> None:
    """Do something with the service for a claimed row, and give the row back, whatever happens."""
    due: float | None = 60
    lease = row.lease
    assert lease is not None  # noqa: S101 (it was claimed)
    try:
        with _held(row, lease), connected() as client:
            due = do(client)
    except (azure.SpeechError, CannotDecrypt, ValueError) as error:
        resource.failed(str(error))
        due = pause_of_failing(resource, settings.LOOK_SECONDS)
    except SystemExit:
        due = 0  # this worker is being ended in the middle: the next one goes on
        raise
    finally:
        type(row).objects.release(lease, seconds=due)
        failpoint("after-release")
    if due == 0:
        ring(task, row.pk)
