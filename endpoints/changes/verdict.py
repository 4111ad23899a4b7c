"""Whether an accepted change has taken effect, as far as the service's answers tell.

What Endpoints_Update answers differs: the published examples have the status Succeeded and still the old model, which
goes on serving for minutes ("Deploy a custom speech model"). Others show the deployment as Running, or the new model
with the status Succeeded at once.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models.functions import Now
from django.utils.translation import gettext as _

from endpoints import azure
from endpoints.changes.sending import shows
from endpoints.models import Change, Status
from endpoints.models.change import LONGEST
from endpoints.models.status import ChangeKind, ChangeState

SHOW_WITHIN = timedelta(minutes=2)  # an edit of name, description or content logging, which deploys nothing
REVERTED_FOR = timedelta(minutes=5)  # how long the service shows the old values again before that counts


def verdict(change: Change, remote: azure.Endpoint) -> tuple[ChangeState, str]:
    """The state that an answer of the service gives an accepted change, and why; DEPLOYING while it is not final."""
    shown = shows(remote, change.desired)
    if remote.status == Status.SUCCEEDED and shown:
        return _shown(change)
    failed_before = change.before.get("status") == Status.FAILED
    if change.kind == ChangeKind.EDIT and shown and failed_before:
        return ChangeState.DONE, ""  # an endpoint that does not work can have another name
    if remote.status == Status.FAILED and (shown or change.progress_at or not failed_before):
        return ChangeState.FAILED, remote.error.message if remote.error else _("The service didn't give a reason.")
    if remote.status in (Status.SUCCEEDED, Status.FAILED):
        return _unchanged(change)
    if change.progress_at is None or change.unchanged_at is not None:
        _note(change, progress_at=change.progress_at or Now(), unchanged_at=None)
    return _late(change, _("The service accepted the request more than two hours ago but hasn't completed it."))


def _shown(change: Change) -> tuple[ChangeState, str]:
    """Done; but while a replaced change may still take effect, only when it has been shown for a while."""
    if change.replaces_id and not change.progress_at and not _accepted_before(change, REVERTED_FOR):
        return ChangeState.DEPLOYING, ""
    return ChangeState.DONE, ""


def _unchanged(change: Change) -> tuple[ChangeState, str]:
    """The service shows the values from before: not yet changed, or changed and then set back."""
    if change.unchanged_at is None:
        _note(change, unchanged_at=Now())
    if change.kind == ChangeKind.EDIT and _accepted_before(change, SHOW_WITHIN):
        return ChangeState.FAILED, _("The service accepted the request, but the change isn't visible.")
    reverted = Change.objects.filter(pk=change.pk, progress_at__isnull=False, unchanged_at__lt=Now() - REVERTED_FOR)
    if reverted.exists():
        return ChangeState.FAILED, _("The service reverted to the previous settings.")
    return _late(
        change, _("The service accepted the request more than two hours ago but still shows the previous model.")
    )


def _late(change: Change, why: str) -> tuple[ChangeState, str]:
    return (ChangeState.UNDECIDED, why) if _accepted_before(change, LONGEST) else (ChangeState.DEPLOYING, "")


def _accepted_before(change: Change, ago: timedelta) -> bool:
    """By the database's clock: those of the workers may be wrong."""
    return Change.objects.filter(pk=change.pk, accepted_at__lt=Now() - ago).exists()


def _note(change: Change, **facts: Any) -> None:
    Change.objects.move(change, ChangeState(change.state), **facts)
