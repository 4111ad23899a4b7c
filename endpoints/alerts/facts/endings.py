"""Whether a fact that isn't found any more is over, which is told, or nobody looks for it any more, which isn't.

What is turned off, removed or too long ago doesn't work again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from endpoints.addresses.standing_in import trouble_of
from endpoints.models import Address, Alert, Change
from endpoints.models.alert import AlertRule
from endpoints.models.quality import QualityVerdict


def is_over(alert: Alert, now: datetime) -> bool:
    """Of an alert that lasts, with the name of its fact as it was found."""
    return alert.rule not in _OVER or _OVER[AlertRule(alert.rule)](alert, now)


def _endpoint_is_there(alert: Alert, _now: datetime) -> bool:
    endpoint = alert.endpoint
    return bool(endpoint and endpoint.remote_id and not endpoint.gone_at and not endpoint.resource.removing)


def _resource_is_there(alert: Alert, _now: datetime) -> bool:
    return alert.resource is not None and not alert.resource.removing


def _change_is_closed(alert: Alert, _now: datetime) -> bool:
    return not Change.objects.open().filter(pk=alert.fact.partition(":")[2]).exists()


def _hook_is_on(alert: Alert, now: datetime) -> bool:
    return _resource_is_there(alert, now) and bool(alert.resource and alert.resource.hook_enabled)


def _logs_are_saved(alert: Alert, now: datetime) -> bool:
    archive = getattr(alert.endpoint, "log_archive", None)
    return _endpoint_is_there(alert, now) and archive is not None and archive.keep


def _is_no_longer_worse(alert: Alert, now: datetime) -> bool:
    quality = getattr(alert.endpoint, "quality", None)
    return _endpoint_is_there(alert, now) and (quality is None or quality.verdict != QualityVerdict.WORSE)


def _is_logged(alert: Alert, now: datetime) -> bool:
    return _endpoint_is_there(alert, now) and bool(alert.endpoint and alert.endpoint.logging_enabled)


def _has_delivered(alert: Alert, _now: datetime) -> bool:
    channel = alert.channel
    works = channel is not None and channel.enabled and channel.failing_since is None
    return works and bool(channel and channel.delivered_at and channel.delivered_at >= alert.at)


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
