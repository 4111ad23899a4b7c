"""Leaves an open change to a person when workers cannot complete it."""

from django.db import transaction

from endpoints import audit
from endpoints.models import Change
from endpoints.models.event import Verb
from endpoints.models.status import ChangeState


@transaction.atomic
def needs_decision(change: Change, why: str) -> None:
    """Leave `change` to a person, unless it changed after we read it. Workers skip it until somebody has decided."""
    if Change.objects.move(change, ChangeState.UNDECIDED, error=why, due_at=None):
        audit.record(Verb.UNDECIDED, endpoint=change.endpoint, change=change, detail=why)
