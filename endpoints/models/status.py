"""The service's words for how far an entity is (speechtotext-v3.2.json, Status)."""

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _


class Status(models.TextChoices):
    NOT_STARTED = "NotStarted", _("Not started")
    RUNNING = "Running", _("Running")
    SUCCEEDED = "Succeeded", _("Succeeded")
    FAILED = "Failed", _("Failed")


SETTLED = (Status.SUCCEEDED, Status.FAILED)


@dataclass(frozen=True)
class ShownStatus:
    """A status as people see it: the service's word for `value`, ours for what is going on."""

    value: str
    label: str
    icon: str
    detail: str = ""
