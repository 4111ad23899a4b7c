"""The changes that a change replaces, whose effect the service may still show."""

from __future__ import annotations

from django.db.models.functions import Now

from endpoints import azure
from endpoints.changes.sending import shows
from endpoints.models import Change

LONGEST_CHAIN = 20


def sent_before(change: Change) -> list[Change]:
    """Those that were sent, the newest first: the service may have accepted each of them."""
    found: list[Change] = []
    one = change.replaces
    while one is not None and len(found) < LONGEST_CHAIN:
        found += [one] if one.sent_at else []
        one = one.replaces
    return found


def being_sent(replaced: list[Change]) -> bool:
    """Whether a worker may be sending one at this moment: the service must not get it after the newer one."""
    return Change.objects.filter(pk__in=[one.pk for one in replaced], leased_until__gt=Now()).exists()


def shown(remote: azure.Endpoint, replaced: list[Change]) -> bool:
    """Whether the service shows what one of them requested."""
    return any(shows(remote, one.desired) for one in replaced)
