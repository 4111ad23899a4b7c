"""Celery's tasks: each claims one row and does its work. Each may run twice, late, or for a row that is gone."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from functools import partial
from operator import itemgetter
from typing import Any

from celery import shared_task
from django.conf import settings
from django.urls import reverse

from endpoints import azure, hints
from endpoints.access import api_requests, tokens
from endpoints.addresses import moving, standing_in
from endpoints.alerts import delivery, watch
from endpoints.audit import sealing, verifying
from endpoints.azure.network import Network
from endpoints.changes import reconcile, work
from endpoints.gateway import clients
from endpoints.logs.download import expiry
from endpoints.logs.download import job as download_job
from endpoints.logs.keep import refresh, retention
from endpoints.logs.purge import job as purge_job
from endpoints.logs.storage import orphans, trial
from endpoints.messages import mail
from endpoints.mirror import hook_proof, removals, versions, web_hooks
from endpoints.mirror.refresh import refresh as refresh_mirror
from endpoints.models import (
    Change,
    Counter,
    Download,
    LogArchive,
    Probe,
    Purge,
    Resource,
    Restoration,
    Sweep,
    Trial,
)
from endpoints.models.due import work as work_rows
from endpoints.upkeep import tidying
from endpoints.watch import forgetting, probing, trying
from endpoints.watch.quality import watching as quality_watch


@shared_task
def step(change_id: str) -> None:
    """Take an open change one step further."""
    _take("step", Change.objects.open(), change_id, _service_of, reconcile.step)


@shared_task
def mirror(resource_id: str) -> None:
    """Refresh our copies of what the service has, and keep our web hook registered there."""
    connect = partial(clients.speech_client, network=_network())
    _take("mirror", Resource.objects.present(), resource_id, connect, _refresh)


@shared_task
def remove(resource_id: str) -> None:
    """Delete what we have of a resource that a person has removed, some batches further."""
    _take("remove", Resource.objects.removing(), resource_id, nullcontext, removals.step)


@shared_task
def check_connection(check_id: str) -> None:
    """Test the connection of a resource, or of a draft of one."""
    from endpoints.speech_check import connection_run  # it reads the contract, which other tasks do not need

    connection_run.check_connection(check_id, _network())


@shared_task(soft_time_limit=3600, time_limit=3660)
def fetch(download_id: str) -> None:
    """Take a download of content logs further."""
    how: dict[str, Any] = {"days": settings.DOWNLOAD_DAYS, "tell": mail.download_ready}
    _take("fetch", Download.objects.active(), download_id, _logs_of, partial(download_job.step, **how))


@shared_task(soft_time_limit=3600, time_limit=3660)
def collect(endpoint_id: str) -> None:
    """Check the content logs of an endpoint for new ones, and keep those that are to be kept."""
    _take("collect", LogArchive.objects.all(), endpoint_id, _logs_of, _collect)


@shared_task(soft_time_limit=3600, time_limit=3660)
def purge(purge_id: str) -> None:
    """Delete content logs for good, a step further."""
    _take("purge", Purge.objects.running(), purge_id, _logs_of, purge_job.step)


@shared_task
def sweep() -> None:
    """Send messages for rows that are due and that no worker has leased: for those that are due longest first.

    A row is announced again by each sweep until a worker claims it. So a queue gets only as many messages as it has
    room for; otherwise it would grow without bound while its workers are busy or away. What concerns a paused resource
    waits without messages.
    """
    due: dict[str, list[tuple[datetime | None, str, object]]] = {}
    Resource.objects.hasten_unsettled(settings.LOOK_SECONDS)
    Probe.objects.hasten()
    for rows, task in work_rows():
        oldest = rows.due().order_by("due_at").values_list("due_at", "pk")[: hints.MOST_WAITING]
        due.setdefault(hints.queue_of(task), []).extend((at, task, pk) for at, pk in oldest)
    for queue, found in due.items():
        for _at, task, pk in sorted(found, key=itemgetter(0))[: hints.room(queue)]:
            hints.send(task, pk)
    Sweep.record()


@shared_task
def alert() -> None:
    """Look for what people are alerted to, and note which channels are told."""
    if Restoration.objects.waiting().exists():
        return  # the old installation may still tell them
    quality_watch.take_changed()
    usage = shutil.disk_usage(settings.VAR)
    watch.take((usage.free, usage.total))


@shared_task
def deliver(delivery_id: str) -> None:
    """Send a message with alerts."""
    site = settings.SITE_URL
    delivery.deliver(delivery_id, network=_network(), site=site, language=settings.LANGUAGE_CODE)


@shared_task
def move_address(change_id: str) -> None:
    """Carry out a move of an address that waited for its time, or for a deployment."""
    moving.carry_out(change_id)


@shared_task
def try_recording(trial_id: str) -> None:
    """Have a recording recognized by an endpoint and by the base model."""
    _take("try_recording", Trial.objects.unfinished(), trial_id, _recognizer_of, trying.step)


@shared_task
def forget() -> None:
    """Remove recordings that were tried, and what was heard in them, when their time is over."""
    forgetting.forget()


@shared_task
def probe(endpoint_id: str) -> None:
    """Check which model answers for an endpoint."""
    _take("probe", Probe.objects.active(), endpoint_id, _recognizer_of, probing.step)


@shared_task
def stand_in() -> None:
    """Move addresses to their standbys whose endpoints can't be reached, where a person has allowed it."""
    if Restoration.objects.waiting().exists():
        return  # the old installation may still answer
    standing_in.ask_standbys()
    standing_in.stand_in()


@shared_task
def seal() -> None:
    """Put the events of Activity that are old enough into the chain of seals, and verify what is new in it."""
    verifying.go_on(sealing.seal())


@shared_task(soft_time_limit=3600, time_limit=3660)
def verify_activity() -> None:
    """Verify the whole chain of seals."""
    verifying.record(verifying.verify())


@shared_task(soft_time_limit=3600, time_limit=3660)
def tidy() -> None:
    """Remove what nobody needs any longer: old zips and copies of content logs, drafts, ended sessions and tokens."""
    tidying.tidy(settings.RETENTION_DAYS)
    api_requests.remove_old()
    tokens.remove_expired()
    Counter.drop_removed()
    refresh.schedule_lost()
    quality_watch.take_all()
    if Restoration.objects.waiting().exists():
        return  # the files may be those of another installation
    # These need the storage, which may be away.
    expiry.expire()
    retention.enforce(settings.DOWNLOAD_DAYS)


@shared_task
def try_storage() -> None:
    """Record whether the storage of content logs works."""
    trial.try_storage()


@shared_task(soft_time_limit=3600, time_limit=3660)
def sweep_storage() -> None:
    """Throw away files of content logs that a crash left behind."""
    if not Restoration.objects.waiting().exists():  # the files may be those of another installation
        orphans.delete_orphans()


def _take(task: str, rows: Any, pk: str, connect: Callable[[Any], Any], do: Callable[[Any, Any], float | None]) -> None:
    if work.take(rows, pk, connect, do, longest=settings.LOOK_SECONDS) == 0:
        hints.send(task, pk)


def _network() -> Network:
    return Network(**settings.NETWORK)


def _service_of(change: Change) -> AbstractContextManager[Any]:
    """The client that a change is sent by; one whose endpoint was removed needs none."""
    return clients.speech_client(change.endpoint.resource, _network()) if change.endpoint else nullcontext()


def _logs_of(row: Download | LogArchive | Purge) -> AbstractContextManager[Any]:
    """The source of content logs; a purge whose endpoint was removed needs none."""
    return clients.log_source(row.endpoint, _network()) if row.endpoint else nullcontext()


def _recognizer_of(row: Probe | Trial) -> AbstractContextManager[Any]:
    """One request is one recognition: the rows count their attempts, and show why one had no answer."""
    return clients.speech_client(row.endpoint.resource, _network(), retries=False)


def _collect(archive: LogArchive, service: Any) -> float | None:
    due = refresh.step(archive, service)
    quality_watch.take(archive.endpoint)
    return due


def _refresh(resource: Resource, service: azure.SpeechClient) -> float:
    if resource.version_is_open and versions.choose(resource, service):
        return 0.0  # at once with a client of the chosen version
    try:
        refresh_mirror(resource, service)
    except azure.VersionRetired as error:
        if error.supported:
            versions.offer(resource, error.supported)
        raise
    resource.record_success()
    if resource.version_must_be_asked:
        versions.ask_again(resource, service)
    if settings.PUBLIC_URL and (resource.hook_enabled or resource.hook_id) and hook_proof.must_check(resource):
        address = f"{settings.PUBLIC_URL}{reverse('hook', args=[resource.hook_token])}"
        try:
            web_hooks.ensure(resource, service, address)
            hook_proof.have_ping_sent(resource, service)
        except azure.SpeechError as error:
            # Whatever is answered in its place: the lists have just been read.
            if not work.is_refusal(error) and not isinstance(error, azure.Unreadable | azure.VersionRetired):
                raise
            web_hooks.record_refusal(resource)  # the resource answers, and is refreshed as ever
    return hook_proof.next_poll(resource, float(settings.LOOK_SECONDS))
