"""Facts about endpoints and their changes."""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Q

from endpoints.alerts.facts import Fact, Seen
from endpoints.models import Change, Endpoint, Event, Probe
from endpoints.models.alert import AlertRule
from endpoints.models.change import USUAL
from endpoints.models.probe import Verdict
from endpoints.models.status import ChangeState
from endpoints.models.verbs import Verb

DAYS_BEFORE = (1, 7, 14, 30, 90)
TIMES_IN_A_ROW = 2  # that a base model must have answered: one answer may be an exception
EXPIRED_LATELY = timedelta(days=7)  # a model that expired earlier is no news

_FAILED = (Verb.FAILED, Verb.EDIT_FAILED, Verb.REFUSED)
_FINISHED = (Verb.DEPLOYED, Verb.TOOK_EFFECT)
_OUTSIDE = {Verb.CHANGED_OUTSIDE: "changed-outside", Verb.VANISHED: "deleted-outside"}


def expiring(seen: Seen) -> Iterator[Fact]:
    """One fact for each endpoint: the nearest of DAYS_BEFORE, or 0 once its model has expired."""
    rows = Endpoint.objects.present().exclude(remote_id=None).filter(resource__removing_at=None)
    rows = rows.filter(
        expires_at__gt=seen.now - EXPIRED_LATELY, expires_at__lte=seen.now + timedelta(days=max(DAYS_BEFORE))
    )
    shown = ("pk", "resource_id", "display_name", "model_id", "model_name", "locale", "expires_at")
    for pk, resource, name, model, model_name, locale, at in rows.values_list(*shown).iterator(2000):
        days = next((days for days in DAYS_BEFORE if at - seen.now <= timedelta(days=days)), max(DAYS_BEFORE))
        days = 0 if at <= seen.now else days
        day = at.date().isoformat()
        facts = {"endpoint": name, "model": model_name, "locale": locale, "days": days, "day": day}
        yield Fact(AlertRule.EXPIRES, f"expires:{pk}:{model}:{day}:{days}", facts, endpoint=pk, resource=resource)


def stuck(seen: Seen) -> Iterator[Fact]:
    """Changes that a person has to decide about, and deployments that take longer than the service says.

    While the Speech resource is paused, none begins and none ends.
    """
    late = Q(state=ChangeState.DEPLOYING, accepted_at__lt=seen.now - USUAL)
    rows = Change.objects.open().filter(Q(state=ChangeState.UNDECIDED) | late).exclude(endpoint=None)
    shown = ("pk", "endpoint_id", "endpoint__display_name", "endpoint__resource_id", "endpoint__resource__paused_at")
    for pk, endpoint, name, resource, paused in rows.values_list(*shown):
        key = f"stuck:{pk}"
        if paused is None or key in seen.lasting:
            yield Fact(AlertRule.STUCK, key, {"endpoint": name}, endpoint=endpoint, resource=resource)


def answered_by_base(seen: Seen) -> Iterator[Fact]:
    """From the second time in a row, or at once when the model has expired, until its custom model answers again.

    Or until it runs a base model, of which nothing is known.
    """
    rows = Probe.objects.active().filter(endpoint__resource__removing_at=None)
    rows = rows.exclude(verdict__in=(Verdict.CUSTOM, Verdict.UNKNOWN))
    shown = ("pk", "verdict", "in_a_row", "endpoint__expires_at", "endpoint__display_name", "endpoint__resource_id")
    for pk, verdict, in_a_row, expires_at, name, resource in rows.values_list(*shown):
        key = f"base-answers:{pk}"
        certain = in_a_row >= TIMES_IN_A_ROW or (expires_at is not None and expires_at <= seen.now)
        if key in seen.lasting or (verdict == Verdict.BASE and certain):
            yield Fact(AlertRule.BASE_ANSWERS, key, {"endpoint": name}, endpoint=pk, resource=resource)


def happened(seen: Seen) -> Iterator[Fact]:
    """Of the events since the last look: failures, changes outside, and to whoever asked, what finished."""
    verbs = (*_FAILED, *_FINISHED, *_OUTSIDE)
    events = Event.objects.filter(at__gte=seen.since, verb__in=verbs).order_by("at", "pk").defer("words")
    found = list(events)
    present = set(Endpoint.objects.filter(pk__in=[one.endpoint_id for one in found]).values_list("pk", flat=True))
    asked = dict(Change.objects.filter(pk__in=[one.change_id for one in found]).values_list("pk", "actor_id"))
    for event in found:
        if event.endpoint_id not in present:
            continue  # it went with its Speech resource
        person = asked.get(event.change_id) if event.change_id else None
        facts = {"endpoint": event.endpoint_name}
        if event.verb in _FINISHED:
            if person is None:
                continue
            facts["model"] = str(event.facts.get("model") or event.facts.get("what") or "")
            yield _of(event, AlertRule.FINISHED, facts, person)
        elif event.verb in _FAILED:
            yield _of(event, AlertRule.FAILED, facts)
        else:
            yield _of(event, AlertRule.OUTSIDE, facts | {"kind": _OUTSIDE[Verb(event.verb)]})


def _of(event: Event, rule: AlertRule, facts: dict[str, str], person: int | None = None) -> Fact:
    key = f"{rule}:{event.pk}"
    return Fact(rule, key, facts, endpoint=event.endpoint_id, resource=event.resource_id, person=person)
