"""All rows that workers work on, with the task that takes each: what sweeps announce and metrics count."""

from typing import Any

from django.db.models import Q

from endpoints.models.address import AddressChange
from endpoints.models.alert_delivery import AlertDelivery
from endpoints.models.change import Change
from endpoints.models.connection_check import ConnectionCheck
from endpoints.models.download import Download
from endpoints.models.log_archive import LogArchive
from endpoints.models.probe import Probe
from endpoints.models.purge import Purge
from endpoints.models.resource import Resource
from endpoints.models.trial import Trial


def work() -> list[tuple[Any, str]]:
    """Query sets of claimable rows, due or not, each with its task's name; what concerns a paused resource waits."""
    of_endpoints, of_resources = Q(endpoint__resource__paused_at=None), Q(resource__paused_at=None)
    return [
        (Change.objects.open().filter(of_endpoints), "step"),
        (Download.objects.active().filter(of_endpoints), "fetch"),
        (LogArchive.objects.filter(of_endpoints), "collect"),
        (Purge.objects.running().filter(of_endpoints), "purge"),
        (Resource.objects.active(), "mirror"),
        (Resource.objects.removing(), "remove"),
        (ConnectionCheck.objects.unfinished().filter(of_resources), "check_connection"),
        (AlertDelivery.objects.waiting(), "deliver"),
        (AddressChange.objects.ready(), "move_address"),
        (Trial.objects.unfinished().filter(of_endpoints), "try_recording"),
        (Probe.objects.active().filter(of_endpoints), "probe"),
    ]
