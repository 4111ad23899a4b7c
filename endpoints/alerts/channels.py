"""The channels of alerts: added, changed, tested and deleted, each with its event in one transaction."""

from typing import Any
from uuid import UUID

from django.contrib.auth.models import Group, User
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from endpoints import audit
from endpoints.messages.alerts.signature import new_secret
from endpoints.models import AlertChannel, AlertDelivery
from endpoints.models.alert_channel import ChannelKind
from endpoints.models.alert_delivery import DeliveryState
from endpoints.models.secret import Secret, refuse_while_locked
from endpoints.models.verbs import Verb

MOST = 10  # of one person, of one group, and of the installation
SETTINGS = ("name", "rules", "rhythm", "quiet_from", "quiet_until", "time_zone", "resource", "enabled")


class TooMany(Exception):
    """The person, the group or the installation has MOST channels already."""


@transaction.atomic
def add(
    kind: str, *, actor: User, person: User | None, group: Group | None, address: str, chosen: dict[str, Any]
) -> tuple[AlertChannel, str]:
    """A new channel, of a person, of a group, or without either of the installation; and the secret of a web hook.

    chosen: values of SETTINGS. address: empty for the one of the person's account. Raises TooMany, SecretsLocked.
    """
    if AlertChannel.objects.filter(person=person, group=group).count() >= MOST:
        raise TooMany
    secret = new_secret() if kind == ChannelKind.HOOK else ""
    channel = AlertChannel(kind=kind, person=person, group=group, **chosen)
    channel.address = Secret.of(address) if address else None
    channel.secret = Secret.of(secret) if secret else None
    channel.save(force_insert=True)
    audit.record(Verb.CHANNEL_ADDED, actor=actor, channel=channel.name)
    return channel, secret


@transaction.atomic
def change(channel: AlertChannel, *, actor: User, address: str, chosen: dict[str, Any]) -> None:
    """Store what was chosen; an empty address stays as it is. Raises SecretsLocked.

    What waits to be told comes when it would by the new settings: a weekly channel that is told at once need not wait.
    """
    for name, value in chosen.items():
        setattr(channel, name, value)
    names = [*chosen]
    if address:
        channel.address = Secret.of(address)
        channel.failing_since, channel.failure = None, ""
        names += ["address", "failing_since", "failure"]
    channel.save(update_fields=names)
    next_one = AlertDelivery.objects.untouched().filter(channel=channel, lease=None)
    next_one.update(due_at=channel.next_delivery(timezone.now()))
    audit.record(Verb.CHANNEL_CHANGED, actor=actor, channel=channel.name)


@transaction.atomic
def replace_secret(channel: AlertChannel, *, actor: User) -> str:
    """Sign with a new secret from now on; returns it, because it's shown once. Raises SecretsLocked."""
    refuse_while_locked()
    secret = new_secret()
    channel.secret = Secret.of(secret)
    channel.save(update_fields=["secret"])
    audit.record(Verb.CHANNEL_CHANGED, actor=actor, channel=channel.name)
    return secret


@transaction.atomic
def delete(channel: AlertChannel, *, actor: User) -> None:
    audit.record(Verb.CHANNEL_DELETED, actor=actor, channel=channel.name)
    channel.delete()


def test(channel: AlertChannel) -> UUID:
    """Request a test message; returns the key of its delivery, or of the one that is still waiting."""
    waiting = AlertDelivery.objects.filter(channel=channel, test=True, state=DeliveryState.WAITING).first()
    if waiting:
        AlertDelivery.objects.filter(pk=waiting.pk, lease=None).update(due_at=Now())
        return waiting.pk
    return AlertDelivery.objects.create(channel=channel, test=True, due_at=Now()).pk
