"""The words in the column Status, and the endpoints whose row says one of them.

The first line of a row says whether the endpoint serves (Endpoint.serving_status), the badge below it what has been
requested (badges.badge).
"""

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from endpoints.access import door
from endpoints.access.permissions import Person
from endpoints.models import Change, Resource, Status, status
from endpoints.models.status import ChangeKind, ChangeState

SCHEDULED, PAUSED = "scheduled", "paused"
SERVES = {
    Status.SUCCEEDED: _("Succeeded"),
    Status.FAILED: _("Failed"),
    Status.NOT_STARTED: _("Not serving yet"),
    Status.RUNNING: _("Deploying"),
}
REQUESTED = {
    ChangeState.QUEUED: ChangeState.QUEUED.label,
    SCHEDULED: _("Scheduled"),
    PAUSED: status.PAUSED,
    ChangeState.SENDING: ChangeState.SENDING.label,
    ChangeState.UNKNOWN: ChangeState.UNKNOWN.label,
    ChangeState.UNDECIDED: ChangeState.UNDECIDED.label,
}
FIELDS = (
    *("endpoint_id", "kind", "state", "sent_at", "attempt", "scheduled_for", "before__status"),
    "endpoint__resource__paused_at",
)
WORDS = {str(key): word for key, word in [*SERVES.items(), *REQUESTED.items()]}


def says(person: Person, word: str) -> Q:
    """Whether the row of an endpoint says one of WORDS.

    Few changes are open at a time. With the ids in the query, the database can use the index of the status.
    """
    changes = list(door.changes(person).open().order_by().values_list(*FIELDS, named=True))
    if word in REQUESTED:
        return Q(pk__in=[change.endpoint_id for change in changes if _badge(change) == word])
    created = [change.endpoint_id for change in changes if change.kind == ChangeKind.CREATE]
    if word == Status.NOT_STARTED:
        return Q(pk__in=created)
    redeployed = [change for change in changes if change.kind == ChangeKind.CHANGE_MODEL and change.sent_at]
    of_service = ~Q(pk__in=[*created, *(change.endpoint_id for change in redeployed)])
    if word == Status.RUNNING:
        deploying = [change.endpoint_id for change in changes if _badge(change) == ChangeState.DEPLOYING]
        return Q(pk__in=deploying) | (of_service & Q(status__in=(Status.NOT_STARTED, Status.RUNNING)))
    before = [change.endpoint_id for change in redeployed if change.before__status == word]
    return Q(pk__in=before) | (of_service & Q(status=word))


def _badge(row: Any) -> str:
    """The word of REQUESTED that the badge of a change says, from its FIELDS."""
    change = Change(state=row.state, attempt=row.attempt, scheduled_for=row.scheduled_for)
    if change.waits_for_its_time:
        return SCHEDULED
    resource = Resource(paused_at=row.endpoint__resource__paused_at)
    return PAUSED if change.waits_for(resource) else str(row.state)
