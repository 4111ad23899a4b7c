"""What people decide about changes that exist: cancel, dismiss, try again, give up."""

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext_noop

from endpoints import audit
from endpoints.models import Change, Endpoint
from endpoints.models.counter import counting
from endpoints.models.event import Verb
from endpoints.models.status import UNSTARTED, ChangeKind, ChangeState


def cancel(change: Change, *, actor: User | None) -> bool:
    """Cancel a change that has not started. False when a worker was faster."""
    unstarted = Change.objects.filter(UNSTARTED, pk=change.pk)
    with transaction.atomic():
        if unstarted.update(state=ChangeState.CANCELED, closed_at=Now(), due_at=None, updated_at=Now()) != 1:
            return False
        audit.record(Verb.CANCELED, actor=actor, endpoint=change.endpoint, change=change)
        counting.add_once_committed("changes_closed", kind=change.kind, outcome=ChangeState.CANCELED)
        if change.kind == ChangeKind.CREATE:
            Endpoint.objects.filter(changes=change, remote_id=None).update(gone_at=Now(), updated_at=Now())
    return True


def dismiss(endpoint: Endpoint, *, actor: User | None) -> bool:
    """Remove an endpoint that the service never had from the list. False when it has it, or may still get it."""
    with transaction.atomic():
        if not endpoint.can_be_dismissed or not Endpoint.objects.present().filter(
            pk=endpoint.pk, remote_id=None
        ).update(gone_at=Now(), updated_at=Now()):
            return False
        audit.record(Verb.DISMISSED, actor=actor, endpoint=endpoint)
    return True


def decide(change: Change, *, actor: User | None, again: bool, why: str = gettext_noop("Abandoned.")) -> bool:
    """A person's decision about a change whose result is not known: try again, or give up and `why`."""
    undecided = Change.objects.filter(pk=change.pk, state=ChangeState.UNDECIDED)
    with transaction.atomic():
        if again:
            fresh = {"lost_answers": 0, "restored_at": None}
            moved = undecided.update(state=ChangeState.QUEUED, due_at=Now(), updated_at=Now(), **fresh)
        else:
            moved = undecided.update(
                state=ChangeState.FAILED,
                error=why,
                closed_at=Now(),
                due_at=None,
                updated_at=Now(),
            )
        if moved:
            verb = Verb.TRIED_AGAIN if again else Verb.GAVE_UP
            audit.record(verb, actor=actor, endpoint=change.endpoint, change=change)
            if not again:
                counting.add_once_committed("changes_closed", kind=change.kind, outcome=ChangeState.FAILED)
    return bool(moved)
