"""Statuses: of entities of the service (Status), of changes (ChangeState), and as pages show them (ShownStatus)."""

from dataclasses import dataclass
from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class Status(models.TextChoices):
    NOT_STARTED = "NotStarted", _("Not started")
    RUNNING = "Running", _("Running")
    SUCCEEDED = "Succeeded", _("Succeeded")
    FAILED = "Failed", _("Failed")


def unknown(word: str) -> str:
    """The label of a status that is none of these: the service's own word, if there is one."""
    return gettext("Unknown (%(word)s)") % {"word": word} if word else gettext("Unknown")


SETTLED = (Status.SUCCEEDED, Status.FAILED)


@dataclass(frozen=True)
class ShownStatus:
    """A status as pages show it. `value` is the service's status; label, icon and detail say what is in progress."""

    value: str
    label: str
    icon: str
    detail: str = ""


class ChangeKind(models.TextChoices):
    CREATE = "create", _("Deploy model")
    CHANGE_MODEL = "change-model", _("Change model")
    EDIT = "edit", _("Edit")
    DELETE = "delete", _("Delete endpoint")


class ChangeState(models.TextChoices):
    QUEUED = "queued", _("Queued")
    SENDING = "sending", _("Sending")
    UNKNOWN = "unknown", _("Verifying")
    DEPLOYING = "deploying", _("Deploying")
    UNDECIDED = "undecided", _("Needs a decision")
    DONE = "done", _("Done")
    REFUSED = "refused", _("Refused")
    FAILED = "failed", _("Failed")
    CANCELED = "canceled", _("Canceled")
    REPLACED = "replaced", _("Replaced by a newer change")


OPEN = (ChangeState.QUEUED, ChangeState.SENDING, ChangeState.UNKNOWN, ChangeState.DEPLOYING, ChangeState.UNDECIDED)
PAUSED = _("Waiting: resource paused")  # what an open change shows whose Speech resource a person has paused
CLOSED = (ChangeState.DONE, ChangeState.REFUSED, ChangeState.FAILED, ChangeState.CANCELED, ChangeState.REPLACED)
UNSTARTED = Q(state=ChangeState.QUEUED, attempt=0)  # nothing was sent, and no worker has started


def deploying_for(since: datetime | None) -> str:
    """How long a deployment has been running; "Deploy a custom speech model" says up to 30 minutes."""
    if since is None or (timezone.now() - since).total_seconds() < 60:
        return gettext("Can take up to 30 minutes")
    return gettext("%(time)s so far. Can take up to 30 minutes") % {"time": timesince(since, depth=1)}
