"""Leaves an open change to a person when workers cannot complete it, and corrects what turned out otherwise."""

from django.db import transaction

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
def correct_verdict(endpoint: Endpoint) -> None:
    """The last accepted change has taken effect after it was left to a person, or was judged to have failed."""
    last = endpoint.changes.exclude(accepted_at=None).order_by("-accepted_at").first()
    if last is None or last.state not in (ChangeState.UNDECIDED, ChangeState.FAILED):
        return
    if endpoint.status == Status.FAILED and last.state == ChangeState.UNDECIDED:
        if Change.objects.move(last, ChangeState.FAILED, error=endpoint.error):
            audit.record(Verb.FAILED, endpoint=endpoint, change=last, detail=endpoint.error, model=last.model_name)
        return
    effective = endpoint.status == Status.SUCCEEDED and endpoint.shows(last.desired)
    if effective and Change.objects.move(last, ChangeState.DONE, error=""):
        audit.record(Verb.TOOK_EFFECT, endpoint=endpoint, change=last, what=last.model_name or last.kind_label)
