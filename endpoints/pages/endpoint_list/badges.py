"""What has been requested for an endpoint, as the badge of its row. What serves is the line above the badge."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from endpoints.models import Endpoint
from endpoints.models.status import ChangeKind, ChangeState

LEVELS = {  # those of other states are neutral
    ChangeState.SENDING: "going",
    ChangeState.DEPLOYING: "going",
    ChangeState.UNKNOWN: "warning",
    ChangeState.UNDECIDED: "warning",
}
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class RequestBadge:
    """`coming`: the requested model, or the kind of another change. `passed` and `usual` are minutes, for a bar."""

    level: str
    icon: str
    label: str
    coming: str
    detail: str
    passed: int | None = None
    usual: int = 0

    @property
    def progress(self) -> str:
        """How long it has taken, beside how long it usually takes; empty when that is not known."""
        return "" if self.passed is None else _("%(passed)s of ~%(usual)s min") % vars(self)

    @property
    def title(self) -> str:
        return ". ".join(part for part in (f"{self.label}: {self.coming}", self.progress, self.detail) if part)


def badge(endpoint: Endpoint, usual: timedelta | None) -> RequestBadge | None:
    """Of the open change; None without one. `usual`: how long deployments of this endpoint take."""
    change = endpoint.open_change
    if change is None:
        return None
    status = change.shown_status(endpoint.status, endpoint.resource)
    deploys = change.kind in (ChangeKind.CREATE, ChangeKind.CHANGE_MODEL)
    coming = change.model_name if deploys and change.model_name else change.kind_label
    paused = change.waits_for(endpoint.resource)
    level = "" if paused else LEVELS.get(ChangeState(change.state), "")
    known = change.state == ChangeState.DEPLOYING and not change.late and not paused
    if not usual or not known or change.accepted_at is None:
        return RequestBadge(level, status.icon, status.label, coming, status.detail)
    passed = max(0, round((timezone.now() - change.accepted_at) / MINUTE))
    return RequestBadge(level, status.icon, status.label, coming, status.detail, passed, max(1, round(usual / MINUTE)))
