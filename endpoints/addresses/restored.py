"""Moves of addresses that waited in a backup that was restored.

Since the backup, the old installation may have carried one out, and people may have moved the address on: which
endpoint it led to is known nowhere else. So a move whose time is over isn't done again; a person decides.
"""

from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_noop

from endpoints import audit
from endpoints.models import AddressChange
from endpoints.models.address import AddressChangeState
from endpoints.models.event import Verb
from endpoints.models.status import OPEN
from endpoints.models.translatable_text import TranslatableText

PERHAPS_MOVED = gettext_noop(
    "The database was restored from a backup, and the address might have been moved since then. Check it, then move it."
)


def begin() -> int:
    """Refuse the moves that may have been carried out since the backup; returns how many.

    Those that are scheduled for later stay, and those whose deployment is. Call it in the transaction of the restore.
    """
    deployment_is_later = Q(after__state__in=OPEN, after__scheduled_for__gt=Now())
    waiting = AddressChange.objects.waiting().exclude(Q(scheduled_for__gt=Now()) | deployment_is_later)
    refused = list(waiting.select_related("address", "endpoint"))
    for change in refused:
        AddressChange.objects.filter(pk=change.pk).update(
            state=AddressChangeState.REFUSED, error=PERHAPS_MOVED, closed_at=Now(), due_at=None
        )
        audit.record(
            Verb.ADDRESS_MOVE_REFUSED,
            endpoint=change.endpoint,
            detail=TranslatableText(PERHAPS_MOVED),
            address=change.address.name,
            old=change.from_endpoint_name,
            to=change.endpoint_name,
        )
    return len(refused)
