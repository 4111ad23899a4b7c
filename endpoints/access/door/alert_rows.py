"""Which alerts a person sees, and which a channel may be told: each rule needs a right for what it is about."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.db.models import BooleanField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from endpoints.access import roles
from endpoints.access.caching import BoundedCache
from endpoints.access.door import within
from endpoints.access.door.covered import one, scope
from endpoints.access.grants import EVERYWHERE, Person, Scope, scopes_of
from endpoints.access.permissions import may_manage_people
from endpoints.models import Alert, AlertChannel, AlertChoice, AlertDelivery, Endpoint, Grant, Preferences
from endpoints.models.alert import AlertQuerySet, AlertRule
from endpoints.models.alert_channel import AlertChannelQuerySet
from endpoints.models.alert_delivery import AlertDeliveryQuerySet
from endpoints.models.event_sentences import MISSING

_NEEDS = {
    roles.VIEW: (
        *(AlertRule.EXPIRES, AlertRule.FAILED, AlertRule.STUCK, AlertRule.FINISHED, AlertRule.OUTSIDE),
        *(AlertRule.ADDRESS, AlertRule.STOOD_IN, AlertRule.BASE_ANSWERS, AlertRule.QUALITY, AlertRule.SILENT),
    ),
    roles.HEALTH: (AlertRule.UNREACHABLE, AlertRule.HOOK, AlertRule.QUOTA),
    roles.READ_LOGS: (AlertRule.LOGS_EXPIRE, AlertRule.LOGS_LOST),
    roles.MANAGE: (AlertRule.DISK,),
}
_OTHERS = ("standby", "old")  # facts that name an endpoint other than the one that an alert is for
MOST_NEW = 100  # counted for the bell
_counts = BoundedCache(500)  # of 4 KB


def alerts(person: Person) -> AlertQuerySet:
    """All that the person may see, also of what they have muted."""
    channels = Q(rule=AlertRule.CHANNEL, channel__in=alert_channels(person).order_by().values("pk"))
    mine = Q(person=None) | Q(person=person.pk)
    return Alert.objects.filter(mine, _covered(lambda right: scope(person, right)) | channels)


def news(person: Person) -> AlertQuerySet:
    """What the person is alerted to: of `alerts` without what they have muted, or with what they follow alone."""
    rows = alerts(person).annotate(
        followed=Coalesce(
            _choice(person, endpoint=OuterRef("endpoint")),
            _choice(person, resource=OuterRef("resource")),
            Subquery(Preferences.objects.filter(user=person.pk).values("alerts_of_all")[:1]),
            Value(True),
            output_field=BooleanField(),
        )
    )
    always = Q(person=person.pk) | Q(endpoint=None, resource=None)
    return rows.filter(always | Q(followed=True))


def unseen(person: Any) -> AlertQuerySet:
    """Those of `news` that are newer than what the person has marked as read, or than the account."""
    seen = Subquery(Preferences.objects.filter(user=person.pk).values("alerts_seen_at")[:1])
    return news(person).filter(changed_at__gt=Coalesce(seen, Value(person.date_joined)))


def count_of_unseen(person: Any) -> tuple[str, tuple[Any, ...]]:
    """Their number, up to MOST_NEW, as a query for one value: part of the query that each page makes anyway.

    It is kept by all that it depends on, because Django takes longer to write it than a page takes without it.
    """
    scopes = (scope(person, right) for right in _NEEDS)
    return _counts.get_or_make(  # type: ignore[no-any-return]  # what _count returns
        (person.pk, person.date_joined, may_manage_people(person), *scopes), lambda: _count(person)
    )


def _count(person: Any) -> tuple[str, tuple[Any, ...]]:
    sql, params = unseen(person).order_by().values("pk")[:MOST_NEW].query.sql_with_params()
    return f"SELECT count(*) FROM ({sql}) AS unseen", params  # noqa: S608 (Django's own SQL)


def as_seen(person: Person, found: Iterable[Alert]) -> list[Alert]:
    """Of alerts about addresses without the names of other endpoints, unless the person sees some of those names."""
    return _named(scope(person, roles.VIEW), found)


def as_told(channel: AlertChannel, found: Iterable[Alert]) -> list[Alert]:
    """The same by what the channel's person or group sees."""
    if channel.person_id is not None and channel.person:
        return as_seen(channel.person, found)
    return _named(_of_group(channel).get(roles.VIEW, Scope()) if channel.group_id is not None else EVERYWHERE, found)


def _of_group(channel: AlertChannel) -> Mapping[str, Scope]:
    return scopes_of(Grant.objects.filter(group=channel.group_id))


def _named(held: Scope, found: Iterable[Alert]) -> list[Alert]:
    rows = list(found)
    if held.everywhere:
        return rows
    names = {row.facts[fact] for row in rows for fact in _OTHERS if row.facts.get(fact)}
    seen = Endpoint.objects.filter(within.endpoints(held), display_name__in=names) if names else Endpoint.objects.none()
    hidden = names - set(seen.order_by().values_list("display_name", flat=True))
    for row in rows:
        if row.facts.get("standby") in hidden:
            del row.facts["standby"]
        if row.facts.get("old") in hidden:
            row.facts["old"] = MISSING
    return rows


def of_channel(channel: AlertChannel) -> AlertQuerySet:
    """What a channel may be told now: what its person is alerted to, its group's grants cover, or everything."""
    if channel.person_id is not None and channel.person:
        rows = news(channel.person) if channel.person.is_active else Alert.objects.none()
    elif channel.group_id is not None:
        held = _of_group(channel)
        rows = Alert.objects.filter(_covered(lambda right: held.get(right, Scope())), person=None)
    else:
        rows = Alert.objects.filter(_covered(lambda _right: EVERYWHERE) | Q(rule=AlertRule.CHANNEL), person=None)
    rows = rows.exclude(channel=channel.pk)
    rows = rows.filter(rule__in=channel.rules) if channel.rules else rows
    return rows.filter(resource=channel.resource_id) if channel.resource_id else rows


def alert_channels(person: Person, *, to_change: bool = False) -> AlertChannelQuerySet:
    """Their own and those of their groups; whoever manages people sees and changes those of groups and of all."""
    manages = may_manage_people(person)
    rows = AlertChannel.objects.of(person.pk, all_shared=manages)
    return rows if manages or not to_change else rows.filter(person=person.pk)


def alert_channel(person: Person, pk: Any) -> AlertChannel:
    """A channel to be changed; PermissionDenied, Http404."""
    return one(alert_channels(person, to_change=True).select_related("group", "resource"), person, roles.VIEW, pk)


def alert_deliveries(person: Person) -> AlertDeliveryQuerySet:
    return AlertDelivery.objects.filter(channel__in=alert_channels(person).order_by().values("pk"))


def alert_choices(person: Person) -> "QuerySet[AlertChoice, AlertChoice]":
    return AlertChoice.objects.filter(person=person.pk).select_related("endpoint", "resource")


def _choice(person: Person, **about: Any) -> Subquery:
    return Subquery(AlertChoice.objects.filter(person=person.pk, **about).values("follows")[:1])


def _covered(scope_of: Callable[[str], Scope]) -> Q:
    """By what each right covers. A resource's alert is not for those who see one of its projects only."""
    found = Q(pk__in=[])
    for right, rules in _NEEDS.items():
        held = scope_of(right)
        if held.everywhere:
            found |= Q(rule__in=rules)
        elif held and right != roles.MANAGE:
            found |= Q(Q(resource__in=held.resources) | Q(endpoint__project__in=held.projects), rule__in=rules)
    return found
