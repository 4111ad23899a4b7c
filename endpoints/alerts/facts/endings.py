"""Whether a fact that isn't found any more is over, which is told, or nobody looks for it any more, which isn't.

What is turned off, removed or too long ago doesn't work again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from endpoints.addresses.standing_in import trouble_of
from endpoints.models import Address, Alert, AlertChannel, Change, Endpoint, LogArchive, Quality, Resource
from endpoints.models.alert import AlertRule
from endpoints.models.quality import QualityVerdict


def is_over(alert: Alert, now: datetime) -> bool:
    """Of an alert that lasts, with the name of its fact as it was found."""
    return alert.rule not in _OVER or _OVER[AlertRule(alert.rule)](alert, now)


def _endpoint_is_there(alert: Alert, _now: datetime) -> bool:
    rows = Endpoint.objects.present().exclude(remote_id=None).filter(pk=alert.endpoint_id)
    return rows.filter(resource__removing_at=None).exists()


def _resource_is_there(alert: Alert, _now: datetime) -> bool:
    return Resource.objects.present().filter(pk=alert.resource_id).exists()


def _change_is_closed(alert: Alert, _now: datetime) -> bool:
    return not Change.objects.open().filter(pk=alert.fact.partition(":")[2]).exists()


def _hook_is_on(alert: Alert, _now: datetime) -> bool:
    return Resource.objects.present().filter(pk=alert.resource_id, hook_enabled=True).exists()


def _logs_are_saved(alert: Alert, _now: datetime) -> bool:
    return LogArchive.objects.filter(pk=alert.endpoint_id, keep=True, endpoint__gone_at=None).exists()


def _is_no_longer_worse(alert: Alert, now: datetime) -> bool:
    worse = Quality.objects.filter(pk=alert.endpoint_id, verdict=QualityVerdict.WORSE)
    return _endpoint_is_there(alert, now) and not worse.exists()


def _is_logged(alert: Alert, _now: datetime) -> bool:
    return Endpoint.objects.present().filter(pk=alert.endpoint_id, logging_enabled=True).exists()


def _has_delivered(alert: Alert, _now: datetime) -> bool:
    rows = AlertChannel.objects.active().filter(pk=alert.channel_id, failing_since=None)
    return rows.filter(delivered_at__gte=alert.at).exists()


def _address_can_answer(alert: Alert, now: datetime) -> bool:
    """Its endpoint may have failed otherwise, or another one that can't answer may have taken its place."""
    address = Address.objects.filter(pk=alert.fact.split(":")[1]).for_page().first()
    return address is not None and trouble_of(address, now) is None


_OVER: dict[AlertRule, Callable[[Alert, datetime], bool]] = {
    AlertRule.EXPIRES: _endpoint_is_there,
    AlertRule.STUCK: _change_is_closed,
    AlertRule.UNREACHABLE: _resource_is_there,
    AlertRule.HOOK: _hook_is_on,
    AlertRule.LOGS_EXPIRE: _logs_are_saved,
    AlertRule.QUOTA: _resource_is_there,
    AlertRule.QUALITY: _is_no_longer_worse,
    AlertRule.SILENT: _is_logged,
    AlertRule.CHANNEL: _has_delivered,
    AlertRule.ADDRESS: _address_can_answer,
}
