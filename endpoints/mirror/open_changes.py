"""Leaves an open change to a person when workers cannot complete it, and corrects what turned out otherwise."""

from django.db import transaction
from django.utils import timezone

from endpoints import audit
from endpoints.models import Change, Endpoint, Status
from endpoints.models.event import Verb
from endpoints.models.status import ChangeState


@transaction.atomic
def needs_decision(change: Change, why: str) -> None:
    """Leave `change` to a person, unless it changed after we read it. Workers skip it until somebody has decided."""
    if Change.objects.move(change, ChangeState.UNDECIDED, error=why, due_at=None):
        audit.record(Verb.UNDECIDED, endpoint=change.endpoint, change=change, detail=why)


@transaction.atomic
def took_effect(change: Change) -> bool:
    """Close `change` as done, unless it changed after we read it; its endpoint then names who requested it."""
    if not Change.objects.move(change, ChangeState.DONE, error=""):
        return False
    if change.endpoint_id:
        mine = {"changed_by": change.actor_name, "updated_at": timezone.now()}
        Endpoint.objects.filter(pk=change.endpoint_id).update(**mine)
    return True


@transaction.atomic
def correct_verdict(endpoint: Endpoint) -> None:
    """The last change that was sent has taken effect all the same.

    It may be left to a person, judged to have failed, given up, or replaced by one that was never sent.
    """
    sent = endpoint.changes.exclude(sent_at=None).exclude(state=ChangeState.REFUSED)
    last = sent.order_by("-sent_at").first()
    if last is None or last.state not in (ChangeState.UNDECIDED, ChangeState.FAILED, ChangeState.REPLACED):
        return
    if endpoint.status == Status.SUCCEEDED and endpoint.shows(last.desired):
        if took_effect(last):
            audit.record(Verb.TOOK_EFFECT, endpoint=endpoint, change=last, what=last.model_name or last.kind_label)
        return
    news = last.accepted_at is not None and last.before.get("status") != Status.FAILED
    if endpoint.status == Status.FAILED and last.state == ChangeState.UNDECIDED and news:
        why = endpoint.error
        if Change.objects.move(last, ChangeState.FAILED, error=why):
            audit.record(Verb.FAILED, endpoint=endpoint, change=last, detail=why, model=last.model_name)
