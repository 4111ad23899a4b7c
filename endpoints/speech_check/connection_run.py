"""A worker's part of a connection check: claims the row, takes the steps, and stores each as soon as it is known."""

from collections.abc import Callable
from typing import Any

from django.db.models.functions import Now

from endpoints.azure.network import Network
from endpoints.changes import work
from endpoints.changes.backoff import PAUSED
from endpoints.gateway import clients
from endpoints.models import ConnectionCheck
from endpoints.models.secret import CannotDecrypt

from .connection import ADDRESS, DEADLINE, KEY, ConnectionTest, Step
from .recording import Recorder
from .redaction import Redactor, secrets_in
from .service_check import ServiceCheck, Verdict


def check_connection(pk: str, network: Network) -> None:
    """Check the connection of a row that is due; nothing is sent to a resource that is paused."""
    row = ConnectionCheck.objects.unfinished().claim(pk, seconds=work.LEASE_SECONDS)
    if row is None or row.lease is None:
        return
    seconds, finished = work.AFTER_CRASH, None
    try:
        if row.resource and row.resource.paused:
            seconds = PAUSED
            return
        with work.held(row, row.lease):
            _check(row, network)
        finished = Now()
    finally:
        due = None if finished else seconds
        ConnectionCheck.objects.release(row.lease, seconds=due, finished_at=finished)


def _check(row: ConnectionCheck, network: Network) -> None:
    save = _saver(row)
    ConnectionCheck.objects.filter(pk=row.pk, lease=row.lease).update(started_at=Now())
    resource, recorder = row.as_resource(), Recorder(network)
    try:
        container = resource.log_container.open() if resource.log_container else ""
        clean = Redactor([resource.key.open() if resource.key else "", *secrets_in(container)])

        def connect(version: str) -> Any:
            resource.api_version = version
            return clients.speech_client(resource, network, recorder, deadline=DEADLINE, retries=False)

        def read_container(check: ServiceCheck) -> None:
            if source := clients.log_container(resource, network):
                with source:
                    check.check_container(source)

        test = ConnectionTest(connect, recorder, save, clean)
        # A worker would choose the version of a draft without one, too.
        chooses = resource.automatic_version and (row.draft or resource.version_is_open)
        test.run(resource.api_version, choose=chooses, more=read_container)
    except (CannotDecrypt, ValueError) as error:
        of_key = isinstance(error, CannotDecrypt) or str(error).startswith("The key")
        place = KEY if of_key else ADDRESS
        failed: Step = {"name": place, "verdict": Verdict.FAILED, "texts": [str(error)]}
        save([failed])


def _saver(row: ConnectionCheck) -> Callable[[list[Step]], None]:
    """Stores steps as long as we hold the row; a check that was requested anew begins without them."""

    def save(steps: list[Step]) -> None:
        ConnectionCheck.objects.filter(pk=row.pk, lease=row.lease).update(steps=steps, updated_at=Now())

    return save
