"""A worker's look for alerts at a time that a test chooses, and the deliveries that are due."""

from django.conf import settings
from django.db.models.functions import Now
from django.utils import timezone

from endpoints.alerts import watch
from endpoints.azure.network import Network
from endpoints.models import Alert, AlertDelivery, AlertWatch

SITE = "https://studio.example"


def look(now=None, disk=None):
    """One look, as the task `alert` does it."""
    row = AlertWatch.objects.get(pk=AlertWatch.objects.ready())
    return watch.look(row, now or timezone.now(), disk)


def facts(rule):
    """The sentences of the alerts of a rule, the oldest first."""
    return [one.text for one in Alert.objects.filter(rule=rule).order_by("at", "pk")]


def deliver_all(*, seconds=0):
    """Send everything that is waiting, whenever it would be due."""
    from endpoints.alerts import delivery

    AlertDelivery.objects.waiting().filter(lease=None).update(due_at=Now())
    for pk in AlertDelivery.objects.waiting().values_list("pk", flat=True):
        delivery.deliver(str(pk), network=Network(**settings.NETWORK), site=SITE, language="en")
