"""Doorbells: an id in, one call, nothing out. Each may run twice, late, or for a row that is gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Event, Thread
from typing import Any
from uuid import UUID

from celery import shared_task
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.urls import reverse

from endpoints import azure, hints
from endpoints.changes import reconcile
from endpoints.changes.backoff import pause_of_failing
from endpoints.changes.failpoints import failpoint
from endpoints.gateway import clients
from endpoints.logs import archive, downloads, making, purging, retention
from endpoints.messages import mail
from endpoints.mirror import catalog, web_hooks
from endpoints.models import Change, Download, Draft, HookCall, LogArchive, Purge, Resource, Sweep
from endpoints.models.secret import CannotDecrypt

Claimed = Change | Download | LogArchive | Purge | Resource

LEASE_SECONDS = 20


@shared_task
def step(change_id: str) -> None:
    """Take an open change one step further."""
    failpoint("before-claim")
    if change := Change.objects.open().claim(change_id, seconds=LEASE_SECONDS):
        failpoint("after-claim")
        if change.endpoint:
            resource = change.endpoint.resource
            _work(
                "step", change, resource, lambda: clients.speech_client(resource), lambda it: reconcile.step(change, it)
            )
        else:
            reconcile.withdraw(change)


@shared_task
def mirror(resource_id: str) -> None:
    """Bring our rows to what the service says, and keep our web hook alive there."""
    if resource := Resource.objects.claim(resource_id, seconds=LEASE_SECONDS):
        _work("mirror", resource, resource, lambda: clients.speech_client(resource), lambda it: _look(resource, it))


@shared_task(soft_time_limit=3600, time_limit=3660)
def fetch(download_id: str) -> None:
    """Take a download of content logs further."""
    if download := Download.objects.active().claim(download_id, seconds=LEASE_SECONDS):
        how: dict[str, Any] = {"days": settings.DOWNLOAD_DAYS, "tell": mail.download_ready}
        _with_logs("fetch", download, lambda it: making.step(download, it, **how))


@shared_task(soft_time_limit=3600, time_limit=3660)
def collect(endpoint_id: str) -> None:
    """Look at the content logs of an endpoint, and keep those that are to be kept."""
    if row := LogArchive.objects.claim(endpoint_id, seconds=LEASE_SECONDS):
        _with_logs("collect", row, lambda it: archive.step(row, it))


@shared_task(soft_time_limit=3600, time_limit=3660)
def purge(purge_id: str) -> None:
    """Delete content logs for good, a step further."""
    if row := Purge.objects.running().claim(purge_id, seconds=LEASE_SECONDS):
        _with_logs("purge", row, lambda it: purging.step(row, it))


@shared_task
def sweep() -> None:
    """Ring for everything that is due and that no bell announced."""
    for rows, task in (
        (Change.objects.open(), "step"),
        (Download.objects.active(), "fetch"),
        (LogArchive.objects.all(), "collect"),
        (Purge.objects.running(), "purge"),
        (Resource.objects.all(), "mirror"),
    ):
        for pk in rows.due().values_list("pk", flat=True)[:200]:
            hints.send(task, pk)
    Sweep.record()


@shared_task(soft_time_limit=3600, time_limit=3660)
def tidy() -> None:
    """Throw away what nobody needs any longer: old zips and copies of content logs, drafts, ended sessions."""
    Draft.objects.abandoned().delete()
    HookCall.objects.old().delete()
    call_command("clearsessions")
    archive.remind()
    # These need the storage, which may be away.
    downloads.expire()
    retention.enforce(settings.DOWNLOAD_DAYS)


@shared_task(soft_time_limit=3600, time_limit=3660)
def sweep_storage() -> None:
    """Throw away files of content logs that a crash left behind."""
    retention.sweep_storage()


def _look(resource: Resource, service: azure.SpeechClient) -> float:
    catalog.refresh(resource, service)
    resource.record_success()
    if settings.PUBLIC_URL and (resource.hook_wanted or resource.hook_id):
        web_hooks.ensure(resource, service, f"{settings.PUBLIC_URL}{reverse('hook', args=[resource.hook_token])}")
    return float(settings.LOOK_SECONDS)


def _with_logs(task: str, row: Download | LogArchive | Purge, do: Callable[[Any], float | None]) -> None:
    endpoint = row.endpoint
    _work(task, row, endpoint.resource, lambda: clients.log_source(endpoint), do)


@contextmanager
def _held(row: Claimed, lease: UUID) -> Iterator[None]:
    """Prolong our lease while we work, so that it can be short: a killed worker's work goes on when it ends."""
    over = Event()

    def prolong() -> None:
        while not over.wait(LEASE_SECONDS / 3):
            type(row).objects.extend_lease(lease, seconds=LEASE_SECONDS)
        connection.close()

    thread = Thread(target=prolong, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _work(
    task: str,
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
        resource.record_failure(str(error))
        due = pause_of_failing(resource, settings.LOOK_SECONDS)
    except SystemExit:
        due = 0  # this worker is being ended in the middle: the next one goes on
        raise
    finally:
        type(row).objects.release(lease, seconds=due)
        failpoint("after-release")
    if due == 0:
        hints.send(task, row.pk)
