"""How what an event tells has ended. A verb of a newer version has no result."""

from django.db import models
from django.utils.translation import gettext_lazy

from endpoints.models.status import ChangeState
from endpoints.models.verbs import Verb


class EventResult(models.TextChoices):
    """The words of the states in which a change ends."""

    DONE = ChangeState.DONE.value, ChangeState.DONE.label
    FAILED = ChangeState.FAILED.value, ChangeState.FAILED.label
    REFUSED = ChangeState.REFUSED.value, ChangeState.REFUSED.label
    CANCELED = ChangeState.CANCELED.value, ChangeState.CANCELED.label
    REPLACED = ChangeState.REPLACED.value, gettext_lazy("Replaced")


RESULTS = {
    EventResult.DONE: (
        *(Verb.DEPLOYED, Verb.EDITED, Verb.DELETED, Verb.TOOK_EFFECT, Verb.DISMISSED),
        *(Verb.LOGS_READY, Verb.LOGS_DOWNLOADED, Verb.LOGS_KEPT, Verb.LOG_FOLDER_CHANGED, Verb.PURGED),
        *(Verb.RESOURCE_ADDED, Verb.RESOURCE_CHANGED, Verb.RESOURCE_REMOVED),
        *(Verb.RESOURCE_PAUSED, Verb.RESOURCE_RESUMED),
        *(Verb.ADDRESS_ADDED, Verb.ADDRESS_MOVED, Verb.ADDRESS_STOOD_IN, Verb.ADDRESS_DESCRIBED, Verb.ADDRESS_DELETED),
        *(Verb.ADDRESS_SHARED, Verb.ADDRESS_SHARE_ENDED, Verb.ADDRESS_STANDBY, Verb.ADDRESS_STANDBY_ENDED),
        *(Verb.PROBE_SET, Verb.PROBE_REMOVED),
    ),
    EventResult.FAILED: (Verb.FAILED, Verb.EDIT_FAILED, Verb.GAVE_UP),
    EventResult.REFUSED: (Verb.REFUSED, Verb.SIGN_IN_REFUSED, Verb.ADDRESS_MOVE_REFUSED),
    EventResult.CANCELED: (Verb.CANCELED, Verb.DOWNLOAD_CANCELED, Verb.ADDRESS_MOVE_CANCELED),
    EventResult.REPLACED: (Verb.REPLACED,),
}
# Requests, and what was decided about one: the result is that of the change, and an event of its own tells it.
OF_CHANGE = (
    *(Verb.REQUESTED_CREATE, Verb.REQUESTED_CHANGE_MODEL, Verb.REQUESTED_EDIT, Verb.REQUESTED_DELETE),
    *(Verb.TRIED_AGAIN, Verb.UNDECIDED),
)
