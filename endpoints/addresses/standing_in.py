"""When an endpoint can't be reached, its address can lead to another one, its standby, in another Speech resource.

A person moves it with one press; a worker moves it by itself only where a person has allowed that, and once: the
endpoint that it leaves becomes the standby, and a person has to allow the next move. Nothing moves back by itself.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import models, transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from endpoints.addresses.moving import held, move_now, why_not
from endpoints.addresses.submit import asked_before, lock, move, record
from endpoints.changes.refusals import NotPossible
from endpoints.models import Address, AddressChange, Endpoint, Resource
from endpoints.models.address import FAILING_FOR, AddressChangeKind
from endpoints.models.status import Status
from endpoints.models.translatable_text import TranslatableText

UNREACHABLE = gettext_noop("Its Speech resource can't be reached.")
PAUSED = gettext_noop("Its Speech resource is paused.")
NOT_PROPOSED = gettext_noop("The move to the standby isn't proposed any more. Check the address, then try again.")
SAME_RESOURCE = gettext_noop(
    "The standby is in the same Speech resource as the endpoint, so both stop answering when that resource does."
)
NOT_ASKED = gettext_noop("Its Speech resource hasn't answered since the other one stopped answering.")


class Trouble(models.TextChoices):
    """Why the endpoint of an address can't answer the programs that are sent to it."""

    MISSING = "missing", _("The address leads to no endpoint.")
    GONE = "gone", _("The endpoint doesn't exist any more.")
    FAILED = "failed", _("The endpoint's deployment has failed.")
    UNREACHABLE = "unreachable", _("The endpoint's Speech resource hasn't answered for 10 minutes.")


def trouble_of(address: Address, now: datetime | None = None) -> Trouble | None:
    """None while the endpoint can answer, as far as is known. A resource that a person has paused isn't failing.

    Give it an address of `for_page`.
    """
    endpoint = address.endpoint
    if endpoint is None:
        return Trouble.MISSING
    if endpoint.gone_at or endpoint.resource.removing:
        return Trouble.GONE
    since = failing_since(endpoint.resource)
    if since and since <= (now or timezone.now()) - FAILING_FOR:
        return Trouble.UNREACHABLE
    return Trouble.FAILED if endpoint.status == Status.FAILED else None


def failing_since(resource: Resource) -> datetime | None:
    return None if resource.paused else resource.failing_since


def proposal(address: Address, now: datetime | None = None) -> Endpoint | None:
    """The standby, if the address should be moved to it: its endpoint can't answer, and the standby can."""
    found = trouble_of(address, now) is not None and not why_not_standby(address)
    return address.standby if found else None


def why_not_standby(address: Address) -> str:
    """Why the standby can't take the place of the endpoint now, in English; empty if it can, or there is none.

    Its own Speech resource must have answered since the other one began to fail: otherwise it may be this installation
    that can't reach either.
    """
    standby = address.standby
    if standby is None:
        return ""
    if why := why_not(standby, address.locale):
        return why
    resource = standby.resource
    if resource.paused:
        return PAUSED
    if resource.failing_since:
        return UNREACHABLE
    since = failing_since(address.endpoint.resource) if address.endpoint else None
    answered = resource.mirrored_at
    return "" if answered and (since is None or answered > since) else NOT_ASKED


def shares_resource(address: Address) -> bool:
    """Whether the standby is of no use when the endpoint's Speech resource can't be reached, because it is its own."""
    endpoint, standby = address.endpoint, address.standby
    return endpoint is not None and standby is not None and endpoint.resource_id == standby.resource_id


@transaction.atomic
def move_to_proposed(
    *,
    key: UUID,
    actor: User | None,
    address: Address,
    standby: UUID | None = None,
    reason: str = "",
    fingerprint: str = "",
) -> AddressChange:
    """Move `address` to its standby as long as that is proposed, which whoever may go back may ask.

    `key` names the request: asked again, the first one is returned. `standby`: the endpoint that the person's page
    showed. Raises NotPossible, KeyTaken.
    """
    lock(address)
    if asked := asked_before(key, actor, address):
        return asked
    proposed = proposal(address)
    if proposed is None or standby not in (None, proposed.pk):
        raise NotPossible(TranslatableText(NOT_PROPOSED))
    return move(key=key, actor=actor, address=address, endpoint=proposed, reason=reason, fingerprint=fingerprint)


def stand_in(now: datetime | None = None) -> list[str]:
    """Move the addresses that may move by themselves and have to; returns their names.

    Workers that do this at the same time move each address once.
    """
    now = now or timezone.now()
    failing = Address.objects.failing(now - FAILING_FOR).filter(stands_in=True).exclude(standby=None)
    return [address.name for address in failing.for_page() if _must_move(address, now) and move_to_standby(address)]


def ask_standbys() -> int:
    """Have the Speech resources of standbys polled whose first one fails and that haven't answered since.

    Those with a working web hook are polled rarely. Returns how many.
    """
    standing_by = Address.objects.exclude(standby=None).filter(endpoint__resource__in=Resource.objects.failing())
    facts = standing_by.values_list("standby__resource", "endpoint__resource__failing_since")
    asked = 0
    for resource, since in facts:
        late = Resource.objects.active().present().filter(pk=resource, failing_since=None, mirrored_at__lte=since)
        asked += late.filter(due_at__gt=Now(), leased_until=None).update(due_at=Now())
    return asked


@transaction.atomic
def move_to_standby(address: Address) -> bool:
    """Move an address by itself, as a person has allowed; returns False when it isn't as it was read any more."""
    as_read: dict[str, Any] = {"endpoint": address.endpoint, "standby": address.standby, "stands_in": True}
    mine = Address.objects.select_for_update(no_key=True).filter(pk=address.pk, **as_read).values_list("pk")
    if not mine or held(address.standby, address.locale):
        return False
    names = AddressChange.names(address.standby, address.endpoint)
    if not move_now(address, record(address, AddressChangeKind.STOOD_IN, **names)):
        transaction.set_rollback(True)  # another worker was faster (SQLite has no row locks)
        return False
    return True


def _must_move(address: Address, now: datetime) -> bool:
    return trouble_of(address, now) == Trouble.UNREACHABLE and proposal(address, now) is not None
