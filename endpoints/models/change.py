"""A change request: the state that a person wants an endpoint to have, and how far that is.

Rows are never deleted: the closed ones are the history.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Self
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, When
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from endpoints.models import times
from endpoints.models.claim import Claimable, ClaimQuerySet
from endpoints.models.counter import counting
from endpoints.models.resource import Resource
from endpoints.models.service_errors import in_words
from endpoints.models.status import CLOSED, OPEN, PAUSED, ChangeKind, ChangeState, ShownStatus, Status, deploying_for

USUAL = timedelta(minutes=30)  # "Deploy a custom speech model": a deployment takes up to 30 minutes
LONGEST = timedelta(hours=2)  # what a worker waits for; then a person decides
SHOWN_WAIT = 5.0  # seconds
MARK = "speechStudioChange"  # the key in customProperties whose value is the id of the Change that made the endpoint


@dataclass(frozen=True)
class ProgressStep:
    """One stage of a change, as the progress bar of its endpoint's page shows it."""

    label: str
    at: datetime | None
    state: str


class ChangeQuerySet(ClaimQuerySet["Change"]):
    def open(self) -> Self:
        return self.filter(state__in=OPEN)

    def release(self, lease: UUID, *, seconds: float | None, **facts: Any) -> None:
        """As of every row; a wait that the page of the endpoint shows counts as news, so that open pages show it."""
        if seconds is not None and seconds >= SHOWN_WAIT:
            polled = When(state=ChangeState.DEPLOYING, error="", then=F("updated_at"))
            facts = {"updated_at": Case(polled, default=Now()), **facts}
        super().release(lease, seconds=seconds, **facts)

    def move(self, change: "Change", state: ChangeState, **facts: Any) -> bool:
        """Set the state of `change`, unless it changed after we read it.

        Returns whether it was set: a worker whose lease ended while it waited must not overwrite newer states.
        """
        now_closed = {"closed_at": Now(), "due_at": None} if state in CLOSED else {}
        values: dict[str, Any] = {"state": state, "updated_at": Now(), **now_closed, **facts}
        unchanged = self.filter(pk=change.pk, state=change.state, attempt=change.attempt)
        if unchanged.update(**values) != 1:
            return False
        change.refresh_from_db()
        count_closed(change)
        return True

    def usual_durations(self, endpoints: Iterable[uuid.UUID]) -> dict[uuid.UUID, timedelta]:
        """The median duration of the last nine deployments of each endpoint that has had any."""
        kinds = (ChangeKind.CREATE, ChangeKind.CHANGE_MODEL)
        done = self.filter(endpoint__in=list(endpoints), kind__in=kinds, state=ChangeState.DONE, sent_at__isnull=False)
        spans: dict[uuid.UUID, list[timedelta]] = {}
        for endpoint, sent, closed in done.order_by("-closed_at").values_list("endpoint_id", "sent_at", "closed_at"):
            of_one = spans.setdefault(endpoint, [])
            if sent and closed and len(of_one) < 9:
                of_one.append(closed - sent)
        # The end of a longer one was noticed late.
        usual = {pk: sorted(span for span in of_one if span <= LONGEST) for pk, of_one in spans.items()}
        return {pk: of_one[len(of_one) // 2] for pk, of_one in usual.items() if of_one}


def count_closed(change: "Change") -> None:
    """Count the end of a change, once it is committed; nothing of one that is open."""
    if change.state in CLOSED:
        counting.add_once_committed("changes_closed", kind=change.kind, outcome=change.state)


class Change(Claimable):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # The names outlive the rows that they belong to: a closed change is history.
    endpoint = models.ForeignKey("endpoints.Endpoint", null=True, on_delete=models.SET_NULL, related_name="changes")
    endpoint_name = models.TextField(blank=True)
    resource_name = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=20, choices=ChangeKind)
    state = models.CharField(max_length=20, choices=ChangeState, default=ChangeState.QUEUED)
    model = models.ForeignKey("endpoints.SpeechModel", null=True, on_delete=models.SET_NULL, related_name="+")
    model_name = models.TextField(blank=True)
    from_model = models.ForeignKey("endpoints.SpeechModel", null=True, on_delete=models.SET_NULL, related_name="+")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    actor_name = models.CharField(max_length=150, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    fingerprint = models.CharField(max_length=64, blank=True, db_default="")  # of the form that requested it
    # Actual and desired state with the keys of Endpoint.facts, so that both can be compared with what the service says;
    # `before` also has the status.
    before = models.JSONField(default=dict)
    desired = models.JSONField(default=dict)
    scheduled_for = models.DateTimeField(null=True)
    replaces = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")  # open until this one
    bulk = models.ForeignKey("endpoints.Bulk", null=True, on_delete=models.SET_NULL, related_name="changes")

    requested_at = models.DateTimeField(auto_now_add=True, db_index=True)
    sent_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    # What the answers since the acceptance showed: since when it is in progress or in effect, and since when they show
    # the values from before. Endpoints_Update may show the old model for as long as it still serves.
    progress_at = models.DateTimeField(null=True)
    unchanged_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(auto_now=True, db_index=True)

    attempt = models.PositiveIntegerField(default=0)
    lost_answers = models.PositiveIntegerField(default=0)  # how often an answer was lost
    polls = models.PositiveIntegerField(default=0)
    empty_listings = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    # It was open in a backup that was restored then, so only the service knows what has become of it.
    restored_at = models.DateTimeField(null=True)

    objects = ChangeQuerySet.as_manager()

    class Meta:
        ordering = ["-requested_at", "-pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["endpoint"], condition=Q(state__in=OPEN), name="one_open_change"),
        ]
        indexes = [models.Index(fields=["due_at"], condition=Q(state__in=OPEN), name="open_changes_by_time")]

    def __str__(self) -> str:
        return f"{self.kind_label}: {self.endpoint_name}"

    @property
    def kind_label(self) -> str:
        """The label, or the stored value itself when a newer version of the product wrote it."""
        return str(self.get_kind_display())

    @property
    def state_label(self) -> str:
        return str(self.get_state_display())

    @property
    def result_icon(self) -> str:
        """The icon of a closed change: success, failed or ended."""
        failed = (ChangeState.REFUSED, ChangeState.FAILED)
        return "success" if self.state == ChangeState.DONE else "failed" if self.state in failed else "ended"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def needs_decision(self) -> bool:
        """A person has to say what happens next."""
        return self.state == ChangeState.UNDECIDED

    @property
    def can_be_canceled(self) -> bool:
        """Nothing has been sent, and no worker has started to send it."""
        return self.state == ChangeState.QUEUED and self.attempt == 0

    @property
    def waits_for_its_time(self) -> bool:
        return self.can_be_canceled and self.scheduled_for is not None and self.scheduled_for > timezone.now()

    @property
    def late(self) -> bool:
        """Accepted by the service, but not finished within the time that a deployment is documented to take."""
        late = self.accepted_at is not None and timezone.now() - self.accepted_at > USUAL
        return self.state == ChangeState.DEPLOYING and late

    @property
    def can_be_replaced(self) -> bool:
        """Another model may be requested although this change is open."""
        return self.state in OPEN and self.kind == ChangeKind.CHANGE_MODEL

    @property
    def accepted_at_once(self) -> bool:
        """The first answer showed the new model, so nothing tells when it began to serve."""
        model = self.kind in (ChangeKind.CREATE, ChangeKind.CHANGE_MODEL)
        return self.state == ChangeState.DONE and model and self.sent_at is not None and self.polls == 0

    @property
    def took(self) -> timedelta | None:
        """From sending the request until the service showed the desired state."""
        return self.closed_at - self.sent_at if self.closed_at and self.sent_at else None

    def waits_for(self, resource: Resource) -> bool:
        """A person has paused the Speech resource, so that no worker sends the change or checks on it."""
        waits = self.state in (ChangeState.QUEUED, ChangeState.UNKNOWN, ChangeState.DEPLOYING)
        return waits and resource.paused and not self.waits_for_its_time

    def shown_status(self, remote: str, resource: Resource) -> ShownStatus:
        """The endpoint's status while this change is open; `remote` is the last status from the service."""
        shown = self._status_in_progress(remote)
        return replace(shown, label=str(PAUSED), icon="waiting", detail="") if self.waits_for(resource) else shown

    def _status_in_progress(self, remote: str) -> ShownStatus:
        waiting = in_words(self.error)
        if self.scheduled_for and self.attempt == 0:
            waiting = _("Starts on %(time)s") % {"time": times.zoned(self.scheduled_for)}
            if self.waits_for_its_time:
                return ShownStatus(remote or Status.NOT_STARTED, _("Scheduled"), "waiting", waiting)
        match self.state:
            case ChangeState.DEPLOYING if self.late and self.accepted_at:
                since = timesince(self.accepted_at, depth=1)
                detail = _("%(time)s so far. Deployments usually take up to 30 minutes.") % {"time": since}
                return ShownStatus(Status.RUNNING, _("Taking longer than usual"), "running", detail)
            case ChangeState.DEPLOYING:
                value = remote if remote in (Status.NOT_STARTED, Status.RUNNING) else Status.RUNNING
                return ShownStatus(value, self.state_label, "running", deploying_for(self.accepted_at))
            case ChangeState.UNKNOWN:
                detail = _("The response was lost. Verifying whether the change was made.")
                if self.restored_at:
                    detail = _("The database was restored from a backup. Verifying whether the change was made.")
                return ShownStatus(Status.NOT_STARTED, self.state_label, "unknown", detail)
            case ChangeState.UNDECIDED:
                return ShownStatus("Unknown", self.state_label, "unknown", in_words(self.error))
            case _:
                return ShownStatus(Status.NOT_STARTED, self.state_label, "waiting", waiting)

    @property
    def steps(self) -> list[ProgressStep]:
        """Queued, sent, deploying, verified: each done, current or todo."""
        stages_reached: dict[str, int] = {
            ChangeState.QUEUED: 0,
            ChangeState.SENDING: 1,
            ChangeState.UNKNOWN: 1,
            ChangeState.UNDECIDED: 1,
            ChangeState.DEPLOYING: 2,
            ChangeState.DONE: 4,
        }
        reached = stages_reached.get(self.state, 3)
        stages = [
            (_("Queued"), self.requested_at),
            (_("Sent"), self.sent_at),
            (_("Deploying"), self.accepted_at),
            (_("Verified"), self.closed_at),
        ]
        return [
            ProgressStep(label, at, "done" if n < reached else "current" if n == reached else "todo")
            for n, (label, at) in enumerate(stages)
        ]

    def requests(self, facts: dict[str, Any]) -> bool:
        """Whether all these facts are what was requested."""
        return all(name in self.desired and self.desired[name] == value for name, value in facts.items())

    def count_poll(self) -> int:
        """Count one more poll of the service; returns how many there were."""
        Change.objects.filter(pk=self.pk).update(polls=F("polls") + 1)
        self.polls += 1
        return self.polls
