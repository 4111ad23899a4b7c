"""Looks for facts, records each once, and notices when one is over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import chain
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from endpoints.alerts import routes
from endpoints.alerts.facts import Fact, Look, Seen, endings, of_addresses, of_endpoints, of_quality, of_resources
from endpoints.changes import work
from endpoints.models import Alert, AlertWatch
from endpoints.models.alert import MOMENTARY, AlertRule

EVERY = 20.0  # seconds; the task comes every 30
# Events are read again for so long: one that was committed late may have an earlier time.
OVERLAP = timedelta(minutes=10)
BATCH = 500

LASTING: dict[AlertRule, Look] = {
    AlertRule.EXPIRES: of_endpoints.expiring,
    AlertRule.STUCK: of_endpoints.stuck,
    AlertRule.BASE_ANSWERS: of_endpoints.answered_by_base,
    AlertRule.UNREACHABLE: of_resources.unreachable,
    AlertRule.HOOK: of_resources.dead_hooks,
    AlertRule.LOGS_EXPIRE: of_resources.logs_about_to_expire,
    AlertRule.QUOTA: of_resources.quotas,
    AlertRule.QUALITY: of_quality.worse,
    AlertRule.SILENT: of_quality.silent,
    AlertRule.DISK: of_resources.full_disk,
    AlertRule.CHANNEL: of_resources.failing_channels,
    AlertRule.ADDRESS: of_addresses.in_trouble,
}
HAPPENED: tuple[Look, ...] = (of_endpoints.happened, of_resources.lost_logs, of_addresses.stood_in)


def take(disk: tuple[int, int] | None = None) -> None:
    """Claim the watch if it is due, look, and release it. disk: (free, total) bytes, as in Seen."""
    watch = AlertWatch.objects.claim(AlertWatch.objects.ready(), seconds=work.LEASE_SECONDS)
    if watch is None or watch.lease is None:
        return
    due = work.AFTER_CRASH
    try:
        with work.held(watch, watch.lease):
            due = look(watch, timezone.now(), disk)
    finally:
        AlertWatch.objects.release(watch.lease, seconds=due)


def look(watch: AlertWatch, now: datetime, disk: tuple[int, int] | None = None) -> float:
    """One look at everything, then tell the channels; returns in how many seconds the next one is due."""
    since = (watch.events_until or now) - OVERLAP
    for rule, facts_of in LASTING.items():
        lasting = dict(Alert.objects.lasting().filter(rule=rule).values_list("fact", "pk"))
        seen = Seen(now, since, frozenset(lasting), disk)
        found = {fact.key: fact for fact in facts_of(seen)}
        new = [fact for key, fact in found.items() if key not in lasting]
        record(ready(watch, rule, new, now), now)
        # What is not known just now, as the disk of another machine, has not ended.
        if not (rule == AlertRule.DISK and disk is None):
            end({pk: key for key, pk in lasting.items() if key not in found}, found.values(), now)
    happened = chain.from_iterable(facts_of(Seen(now, since)) for facts_of in HAPPENED)
    record(happened, now)
    AlertWatch.objects.filter(pk=watch.pk, lease=watch.lease).update(events_until=now, noticed=watch.noticed)
    routes.tell(now)
    return EVERY


def ready(watch: AlertWatch, rule: AlertRule, found: list[Fact], now: datetime) -> list[Fact]:
    """Those that have been seen for long enough; the others are noted with the time when they were first seen."""
    noticed = {key: at for key, at in watch.noticed.items() if not key.startswith(f"{rule}|")}
    due = []
    for fact in found:
        key = f"{rule}|{fact.key}"
        first = parse_datetime(watch.noticed.get(key, "")) or now
        if now - first >= fact.stays_true:
            due.append(fact)
        else:
            noticed[key] = first.isoformat()
    watch.noticed = noticed
    return due


def record(found: Iterable[Fact], now: datetime) -> None:
    """Insert the facts that are new: one that another worker has recorded meanwhile stays as it is."""
    facts = {fact.key: fact for fact in found}
    known: set[str] = set()
    keys = list(facts)
    for start in range(0, len(keys), BATCH):
        known |= set(Alert.objects.filter(fact__in=keys[start : start + BATCH]).values_list("fact", flat=True))
    rows = [
        Alert(
            rule=fact.rule,
            fact=fact.key,
            facts=fact.facts,
            endpoint_id=fact.endpoint,
            resource_id=fact.resource,
            person_id=fact.person,
            channel_id=fact.channel,
            at=now,
            changed_at=now,
            ended_at=now if fact.rule in MOMENTARY else None,
        )
        for key, fact in facts.items()
        if key not in known
    ]
    Alert.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)


@transaction.atomic
def end(over: dict[UUID, str], found: Iterable[Fact], now: datetime) -> None:
    """Note the end of facts that are not found any more: `over` has their alerts' keys and names.

    Only what is over is told. An expiration that came nearer has another fact about the same endpoint: no news.
    """
    about: dict[AlertRule, set[object]] = defaultdict(set)
    for fact in found:
        about[fact.rule].add(fact.endpoint)
    for pk, key in over.items():
        row = Alert.objects.lasting().filter(pk=pk).first()
        if row is None:
            continue
        nearer = row.rule == AlertRule.EXPIRES and row.endpoint_id in about[AlertRule.EXPIRES]
        facts = {"fact": f"{key}@{now.isoformat()}"[:200], "ended_at": now}
        if not nearer and not row.fact.endswith(":0") and endings.is_over(row, now):
            facts |= {"recovered": True, "changed_at": now}
        Alert.objects.lasting().filter(pk=pk).update(**facts)
