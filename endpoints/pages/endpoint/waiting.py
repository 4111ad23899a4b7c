"""Why an open change waits, and when it is tried again, in words."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from endpoints.models import Change, Resource, times
from endpoints.models.service_errors import in_words
from endpoints.models.status import ChangeState
from endpoints.pages.directions import isolated

TRIED, CHECKED = (ChangeState.QUEUED,), (ChangeState.UNKNOWN, ChangeState.DEPLOYING)


def words(change: Change, resource: Resource) -> str:
    """The reason, if there is one, and the time of the next attempt, if a worker makes one by itself."""
    if resource.paused_at and change.state in (*TRIED, *CHECKED):
        time = {"who": resource.paused_by, "time": times.zoned(resource.paused_at)}
        return isolated(_("Waiting: the Speech resource has been paused by %(who)s since %(time)s."), time)
    now = timezone.now()
    at = _next(change, resource, now)
    sentences = [_why(change, resource, now if at else None)]
    if at:
        time = {"time": times.exact_clock(at)}
        tried = change.state in TRIED
        sentences.append(_("Next attempt at %(time)s.") % time if tried else _("Next check at %(time)s.") % time)
    return " ".join(sentence for sentence in sentences if sentence)


def _next(change: Change, resource: Resource, now: datetime) -> datetime | None:
    """When a worker goes on; None when it works on it now, when a person decides, or when nothing is in the way.

    A change without a problem is polled every few seconds, and one that has no turn asks again in a second or two.
    """
    if change.state not in (*TRIED, *CHECKED) or change.waits_for_its_time:
        return None
    problem = change.error or change.state == ChangeState.UNKNOWN or resource.failing_since or _paused(resource, now)
    return change.due_at if problem and change.due_at and change.due_at > now else None


def _why(change: Change, resource: Resource, now: datetime | None) -> str:
    """`now`: None when no worker goes on by itself, so that only the change's own reason counts."""
    if now and _paused(resource, now):
        return _("The service received too many requests.")
    if now and resource.failing_since and not change.error:
        return _("The Speech resource is unreachable.")
    return in_words(change.error)


def _paused(resource: Resource, now: datetime) -> bool:
    return resource.paused_until is not None and resource.paused_until > now
