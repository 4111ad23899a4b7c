"""Which channels are told of an alert, and of its end: decided once for each alert."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef

from endpoints.access import door
from endpoints.models import Alert, AlertChannel, AlertDelivery, AlertNotice

BATCH = 500


def tell(now: datetime) -> None:
    """Note for each channel what it is to be told, and see that a delivery will take it up."""
    while _route(list(Alert.objects.unrouted().order_by("changed_at", "pk").values_list("pk", flat=True)[:BATCH]), now):
        pass
    schedule(now)


@transaction.atomic
def _route(batch: list[UUID], now: datetime) -> bool:
    """Whoever sets `routed_at` tells the channels; another worker that has the same alerts finds nothing to do.

    Returns whether there was anything to do.
    """
    ends = {"recovered": True, "recovery_routed_at": None, "routed_at__isnull": False}
    over = _mine(batch, "recovery_routed_at", now, **ends)
    begun = _mine(batch, "routed_at", now, routed_at=None)
    told = AlertNotice.objects.filter(alert__in=over, recovered=False).values_list("channel", "alert")
    notices = [AlertNotice(channel_id=channel, alert_id=alert, recovered=True) for channel, alert in told]
    for channel in AlertChannel.objects.active().select_related("person"):
        due = door.alerts_of_channel(channel).filter(pk__in=begun).values_list("pk", flat=True)
        notices += [AlertNotice(channel=channel, alert_id=pk) for pk in due]
    AlertNotice.objects.bulk_create(notices, batch_size=BATCH, ignore_conflicts=True)
    return bool(begun or over)


def _mine(batch: Iterable[UUID], column: str, now: datetime, **facts: object) -> list[UUID]:
    rows = Alert.objects.filter(pk__in=list(batch), **facts)
    locked = list(rows.select_for_update(skip_locked=True).values_list("pk", flat=True))
    Alert.objects.filter(pk__in=locked).update(**{column: now})
    return locked


def schedule(now: datetime) -> None:
    """A delivery for each channel that has something to be told and no delivery that will take it up."""
    waiting = AlertNotice.objects.filter(channel=OuterRef("pk"), taken_at=None)
    next_one = AlertDelivery.objects.untouched().filter(channel=OuterRef("pk"))
    for channel in AlertChannel.objects.active().filter(Exists(waiting), ~Exists(next_one)):
        due = channel.next_delivery(now)
        AlertDelivery.objects.bulk_create([AlertDelivery(channel=channel, due_at=due)], ignore_conflicts=True)
