"""Changes that were open in a backup that was restored: since the backup, anything may have become of them.

Each is searched for at the service. One that isn't in effect there is left to a person: it may have been carried out
and undone again, and sending it again would do it twice.
"""

from __future__ import annotations

from django.db.models import F, Q
from django.db.models.functions import Greatest, Now
from django.utils.translation import gettext as _

from endpoints import azure
from endpoints.models import Change, Status
from endpoints.models.status import UNSTARTED, ChangeState


def begin() -> int:
    """Have all open changes searched for before anything is sent; returns how many.

    Those that are scheduled for later are left to their time: their endpoint is compared then, as ever.
    """
    scheduled = Q(UNSTARTED, scheduled_for__gt=Now())
    found = Change.objects.open().exclude(state=ChangeState.UNDECIDED).exclude(scheduled)
    unsent = found.filter(state__in=(ChangeState.QUEUED, ChangeState.SENDING, ChangeState.UNKNOWN))
    # As if it had been sent now: what an installation that was still running has sent may appear a little later.
    facts = {"sent_at": Now(), "attempt": Greatest(F("attempt"), 1), "empty_listings": 0, "polls": 0}
    count = unsent.count() + found.filter(state=ChangeState.DEPLOYING).count()
    found.filter(state=ChangeState.DEPLOYING).update(restored_at=Now(), due_at=Now(), updated_at=Now())
    unsent.update(state=ChangeState.UNKNOWN, restored_at=Now(), due_at=Now(), updated_at=Now(), error="", **facts)
    return count


def may_be_sent_again(change: Change, *, most: int) -> bool:
    """Whether a request that the service doesn't show is sent again without a person; `most`: how often."""
    return change.restored_at is None and change.lost_answers < most


def question(change: Change) -> str:
    """Why a person has to decide."""
    if change.restored_at is None:
        return _("The request was sent three times, but the endpoint never appeared in Azure.")
    return _("The database was restored from a backup, and Azure doesn't show this change. It might have been undone.")


def still_deploying(change: Change, remote: azure.Endpoint) -> bool:
    """Whether the service may show the change when a deployment has ended that somebody else has begun."""
    return change.restored_at is not None and remote.status in (Status.NOT_STARTED, Status.RUNNING)
