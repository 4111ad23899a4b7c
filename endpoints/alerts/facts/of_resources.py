"""Facts about Speech resources, their content logs, the disk, and the channels of alerts."""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Count, Q

from endpoints.alerts.facts import Fact, Seen
from endpoints.models import AlertChannel, LogDay, LogFile, Resource
from endpoints.models.alert import AlertRule
from endpoints.models.log import RETENTION

UNREACHABLE_FOR = timedelta(minutes=5)  # shorter outages are only shown
HOOK_DEAD_FOR = timedelta(minutes=10)  # a worker repairs it with each refresh
CHANNEL_FAILS_FOR = timedelta(minutes=10)  # some attempts
LOGS_LEFT = timedelta(days=3)
LOST_DAYS = timedelta(days=35)  # a day's logs are gone after 30 days
MOST_ENDPOINTS = 50  # of a standard resource ("Speech service quotas and limits": model deployments)
NEARLY, ROOM_AGAIN = 45, 42  # endpoints; what lasts ends only when there is room for some more
FULL, FREE_AGAIN = (0.10, 10 << 30), (0.12, 12 << 30)  # parts and bytes that are free: both are less


def unreachable(seen: Seen) -> Iterator[Fact]:
    """A resource that is paused meanwhile isn't asked any more, so that nobody knows whether it answers again."""
    rows = Resource.objects.present().filter(failing_since__lte=seen.now - UNREACHABLE_FOR)
    for pk, name, since, paused in rows.values_list("pk", "name", "failing_since", "paused_at"):
        key = f"unreachable:{pk}:{since:%Y%m%d%H%M%S}"
        if paused is None or key in seen.lasting:
            yield Fact(AlertRule.UNREACHABLE, key, {"resource": name}, resource=pk)


def dead_hooks(seen: Seen) -> Iterator[Fact]:
    """Refused is our own word for it (mirror.web_hooks), Failed the service's."""
    rows = Resource.objects.present().filter(hook_enabled=True, hook_status__in=("Failed", "Refused"))
    for pk, name, paused in rows.values_list("pk", "name", "paused_at"):
        key = f"hook:{pk}"
        if paused is None or key in seen.lasting:
            yield Fact(AlertRule.HOOK, key, {"resource": name}, resource=pk, stays_true=HOOK_DEAD_FOR)


def quotas(seen: Seen) -> Iterator[Fact]:
    """A free resource has room for one endpoint, so that nothing is nearly used up there."""
    own = Count("endpoints", filter=Q(endpoints__gone_at=None, endpoints__remote_id__isnull=False))
    rows = Resource.objects.present().filter(free_tier=False).annotate(own=own).filter(own__gte=ROOM_AGAIN)
    for pk, name, number in rows.values_list("pk", "name", "own"):
        key = f"quota:{pk}"
        if number >= NEARLY or key in seen.lasting:
            facts = {"resource": name, "number": number, "most": MOST_ENDPOINTS}
            yield Fact(AlertRule.QUOTA, key, facts, resource=pk)


def logs_about_to_expire(seen: Seen) -> Iterator[Fact]:
    """Of endpoints whose content logs are to be saved, files that the service deletes soon and that are not saved."""
    saved = Q(endpoint__log_archive__keep=True, endpoint__gone_at=None)
    files = (
        LogFile.objects.missing()
        .without_probes()
        .filter(saved, created_at__lte=seen.now + LOGS_LEFT - RETENTION, created_at__gt=seen.now - RETENTION)
    )
    files = files.filter(endpoint__resource__log_container=None, endpoint__resource__removing_at=None)
    counted = files.order_by().values_list("endpoint", "endpoint__display_name", "endpoint__resource")
    for pk, name, resource, number in counted.annotate(Count("entry", distinct=True)):
        facts = {"endpoint": name, "number": number}
        yield Fact(AlertRule.LOGS_EXPIRE, f"logs-expire:{pk}", facts, endpoint=pk, resource=resource)


def lost_logs(seen: Seen) -> Iterator[Fact]:
    """Of endpoints whose content logs are to be saved, the days of which the service deleted some before that."""
    days = LogDay.objects.filter(vanished__gt=0, day__gte=(seen.now - LOST_DAYS).date())
    days = days.filter(endpoint__log_archive__keep=True, endpoint__resource__removing_at=None)
    shown = ("endpoint_id", "endpoint__display_name", "endpoint__resource_id", "day", "vanished")
    for pk, name, resource, day, number in days.values_list(*shown):
        facts = {"endpoint": name, "number": number, "day": day.isoformat()}
        yield Fact(AlertRule.LOGS_LOST, f"logs-lost:{pk}:{day}", facts, endpoint=pk, resource=resource)


def full_disk(seen: Seen) -> Iterator[Fact]:
    if seen.disk is None:
        return
    free, total = seen.disk
    part, least = FREE_AGAIN if "disk" in seen.lasting else FULL
    if free < part * total and free < least:
        yield Fact(AlertRule.DISK, "disk", {"percent": round(100 * free / total)})


def failing_channels(seen: Seen) -> Iterator[Fact]:
    rows = AlertChannel.objects.active().filter(failing_since__lte=seen.now - CHANNEL_FAILS_FOR)
    for pk, name, since in rows.values_list("pk", "name", "failing_since"):
        yield Fact(AlertRule.CHANNEL, f"channel:{pk}:{since:%Y%m%d%H%M%S}", {"channel": name}, channel=pk)
