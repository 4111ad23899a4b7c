"""Sends what a channel is to be told: claimed rows, retries that grow, and what came of each attempt.

A message is sent at least once: the attempt is committed before it is sent and its outcome after, so a worker that is
killed between the two sends it again, with the same id. Receivers of a web hook tell by the id that they have it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone, translation

from endpoints.access import door
from endpoints.azure.network import Network
from endpoints.changes import work
from endpoints.changes.failpoints import failpoint
from endpoints.messages.alerts import mail, outgoing
from endpoints.messages.alerts.outcome import SECRET, Outcome
from endpoints.messages.alerts.text import Message, message
from endpoints.models import Alert, AlertChannel, AlertDelivery, AlertNotice
from endpoints.models.alert_channel import ChannelKind
from endpoints.models.alert_delivery import DeliveryState
from endpoints.models.secret import CannotDecrypt, Secret

PAUSES = (30, 120, 480, 1800, 3600, 7200, 14400, 28800)  # seconds; then it is given up, after about 16 hours
LONGEST_RETRY_AFTER = 3600.0
MOST_LOGGED = 20


def deliver(pk: str, *, network: Network, site: str, language: str) -> None:
    """Send a delivery that is due, if no other worker does. site: the product's address, language: the usual one."""
    row = AlertDelivery.objects.waiting().claim(pk, seconds=work.LEASE_SECONDS)
    if row is None or row.lease is None:
        return
    due: float | None = work.AFTER_CRASH
    facts: dict[str, Any] = {}
    try:
        with work.held(row, row.lease):
            due, facts = _attempt(row, network, site, language)
    finally:
        AlertDelivery.objects.release(row.lease, seconds=due, **facts)


def _attempt(row: AlertDelivery, network: Network, site: str, language: str) -> tuple[float | None, dict[str, Any]]:
    channel = AlertChannel.objects.select_related("person", "group").get(pk=row.channel_id)
    now = timezone.now()
    if not row.test:
        if not channel.enabled:
            return None, {"state": DeliveryState.DROPPED}
        if quiet := channel.quiet_for(now):
            return quiet, {}
    _take_up(row)
    told = [] if row.test else _still_to_tell(row, channel)
    if not told and not row.test:
        return None, {"state": DeliveryState.DROPPED}
    chosen = door.preferences(channel.person).first() if channel.person else None
    with translation.override((chosen and chosen.language) or language), timezone.override(channel.zone):
        made = message(row.pk, told, site)
    failpoint("before-alert")
    outcome = _send(made, channel, network)
    failpoint("after-alert")
    return _record(row, channel, outcome, now)


@transaction.atomic
def _take_up(row: AlertDelivery) -> None:
    """Begin an attempt: the first takes up all that the channel is to be told, and what comes later waits its turn."""
    if row.attempts == 0 and not row.test:
        now = timezone.now()
        waiting = AlertNotice.objects.filter(channel=row.channel_id, taken_at=None)
        waiting.update(delivery=row, taken_at=now)
    row.attempts += 1
    AlertDelivery.objects.filter(pk=row.pk, lease=row.lease).update(attempts=row.attempts)


def _still_to_tell(row: AlertDelivery, channel: AlertChannel) -> list[tuple[Alert, bool]]:
    """Without what the channel may no longer be told: grants and choices may have changed since."""
    notices = dict.fromkeys(
        AlertNotice.objects.filter(delivery=row).order_by("pk").values_list("alert_id", "recovered")
    )
    rows = door.alerts_of_channel(channel).filter(pk__in=[pk for pk, _recovered in notices])
    visible = {alert.pk: alert for alert in door.alerts_as_told(channel, rows)}
    return [(visible[pk], recovered) for pk, recovered in notices if pk in visible]


def _send(made: Message, channel: AlertChannel, network: Network) -> Outcome:
    ways: dict[str, Callable[[str], Outcome]] = {
        ChannelKind.MAIL: lambda address: mail.send(made, address),
        ChannelKind.SERVICE: lambda address: outgoing.service(made, address, network),
        ChannelKind.HOOK: lambda address: outgoing.web_hook(made, address, _opened(channel.secret), network),
    }
    try:
        if channel.kind == ChannelKind.MAIL and channel.address is None and channel.person:
            return mail.send(made, channel.person.email)
        return ways[channel.kind](_opened(channel.address))
    except CannotDecrypt:
        return Outcome(SECRET)


def _opened(secret: Secret | None) -> str:
    """Raises CannotDecrypt, also for one that was removed because no key decrypted it."""
    if secret is None:
        raise CannotDecrypt
    return secret.open()


@transaction.atomic
def _record(
    row: AlertDelivery, channel: AlertChannel, outcome: Outcome, began: datetime
) -> tuple[float | None, dict[str, Any]]:
    entry = {"at": began.isoformat(), "problem": outcome.problem, "status": outcome.status}
    facts: dict[str, Any] = {"log": [*row.log, entry][-MOST_LOGGED:]}
    channels = AlertChannel.objects.filter(pk=channel.pk)
    if outcome.delivered:
        channels.update(failing_since=None, failure="", delivered_at=timezone.now())
        return None, {**facts, "state": DeliveryState.SENT, "sent_at": timezone.now()}
    channels.filter(failing_since=None).update(failing_since=began)
    channels.update(failure=outcome.problem)
    if row.test or row.attempts > len(PAUSES):
        return None, {**facts, "state": DeliveryState.FAILED}
    pause = PAUSES[row.attempts - 1]
    return max(pause, min(outcome.retry_after or 0, LONGEST_RETRY_AFTER)), facts
