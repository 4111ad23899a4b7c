"""What people ask of addresses: each stores its AddressChange and its Event in one transaction.

A move that is neither scheduled nor waits for a deployment is carried out in the same transaction, because no service
has to be asked.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext_noop

from endpoints import audit
from endpoints.addresses.moving import move_now, why_not
from endpoints.changes.refusals import KeyTaken, NotPossible
from endpoints.models import Address, AddressChange, Change, Endpoint
from endpoints.models.address import AddressChangeKind, AddressChangeState
from endpoints.models.event import Verb

TAKEN = gettext_noop("Another address has this name.")
WAITING = gettext_noop("A move of this address is scheduled. Cancel it first.")
ELSEWHERE = gettext_noop("The address has been moved since you opened this page. Check it, then try again.")


@transaction.atomic
def add(*, actor: User | None, name: str, endpoint: Endpoint, description: str = "") -> Address:
    """Raises NotPossible when the name is taken, or programs can't be sent to the endpoint."""
    _refuse_unless(why_not(endpoint, endpoint.locale))
    by = _name(actor)
    facts = {"locale": endpoint.locale, "endpoint": endpoint, "description": description, "created_by": by}
    address, new = Address.objects.get_or_create(name=name, defaults=facts)
    if not new:
        raise NotPossible(TAKEN)
    record(address, AddressChangeKind.ADDED, actor=actor, **AddressChange.names(endpoint, None))
    audit.record(Verb.ADDRESS_ADDED, actor=actor, endpoint=endpoint, detail=description, address=name)
    return address


def move(
    *,
    key: UUID,
    actor: User | None,
    address: Address,
    endpoint: Endpoint,
    reason: str = "",
    seen: UUID | None = None,
    at: datetime | None = None,
    after: Change | None = None,
    fingerprint: str = "",
) -> AddressChange:
    """Move `address` to `endpoint`: now, at a time, or once `after`, the endpoint's deployment, is done.

    `key` names the request: asked again, the first one is returned. `seen`: the endpoint that the person's page showed.
    Raises NotPossible, KeyTaken.
    """
    if asked := _asked(key, actor, address):
        return asked
    if after is None:
        _refuse_unless(why_not(endpoint, address.locale))
    if endpoint == address.endpoint:
        raise NotPossible(gettext_noop("The address leads to this endpoint already."))
    if seen and seen != address.endpoint_id:
        raise NotPossible(ELSEWHERE)
    waits = at is not None or after is not None
    facts: dict[str, Any] = {
        "pk": key,
        "actor": actor,
        "reason": reason,
        "fingerprint": fingerprint,
        **AddressChange.names(endpoint, address.endpoint),
    }
    try:
        with transaction.atomic():
            if not waits:
                change = record(address, AddressChangeKind.MOVED, **facts)
                if not move_now(address, change):
                    raise NotPossible(ELSEWHERE)
                return change
            facts |= {"state": AddressChangeState.WAITING, "scheduled_for": at, "after": after}
            change = record(address, AddressChangeKind.MOVED, **facts | ({"due_at": at} if at else {}))
            _tell(Verb.ADDRESS_MOVE_REQUESTED, change)
    except IntegrityError:
        if asked := _asked(key, actor, address):
            return asked
        raise NotPossible(WAITING) from None
    return change


@transaction.atomic
def cancel(change: AddressChange, *, actor: User | None) -> bool:
    """Cancel a move that waits; returns False when it has been carried out or canceled already."""
    closed = {"state": AddressChangeState.CANCELED, "closed_at": Now(), "due_at": None}
    if not AddressChange.objects.waiting().filter(pk=change.pk).update(**closed):
        return False
    name = change.address.name
    audit.record(Verb.ADDRESS_MOVE_CANCELED, actor=actor, endpoint=change.endpoint, address=name)
    return True


@transaction.atomic
def share(
    *, actor: User | None, address: Address, second: Endpoint | None, percent: int, reason: str = ""
) -> AddressChange:
    """Send `percent` of new sessions to `second`; 0, or no second endpoint, takes all back. Raises NotPossible."""
    if second is None or percent == 0:
        second, percent = None, 0
    else:
        _refuse_unless(why_not(second, address.locale))
        if second == address.endpoint:
            raise NotPossible(gettext_noop("Choose another endpoint than the one that the address leads to."))
    address.second, address.share = second, percent
    address.save(update_fields=["second", "share", "updated_at"])
    names = AddressChange.names(second or address.endpoint, address.endpoint)
    change = record(address, AddressChangeKind.SHARED, actor=actor, reason=reason, share=percent, **names)
    verb = Verb.ADDRESS_SHARED if second else Verb.ADDRESS_SHARE_ENDED
    _tell(verb, change, share=percent)
    return change


@transaction.atomic
def set_standby(
    *, actor: User | None, address: Address, standby: Endpoint | None, stands_in: bool = False
) -> AddressChange:
    """Name the endpoint that stands in, or none. `stands_in`: the address may move to it by itself. NotPossible."""
    if standby is not None:
        _refuse_unless(why_not(standby, address.locale))
        if standby == address.endpoint:
            raise NotPossible(gettext_noop("Choose another endpoint than the one that the address leads to."))
    address.standby, address.stands_in = standby, bool(standby and stands_in)
    address.save(update_fields=["standby", "stands_in", "updated_at"])
    names = AddressChange.names(standby, address.endpoint)
    change = record(address, AddressChangeKind.STANDBY, actor=actor, **names)
    _tell(Verb.ADDRESS_STANDBY if standby else Verb.ADDRESS_STANDBY_ENDED, change)
    return change


@transaction.atomic
def describe(*, actor: User | None, address: Address, description: str) -> None:
    address.description = description
    address.save(update_fields=["description", "updated_at"])
    names = AddressChange.names(address.endpoint, None)
    change = record(address, AddressChangeKind.DESCRIBED, actor=actor, reason=description[:500], **names)
    _tell(Verb.ADDRESS_DESCRIBED, change)


@transaction.atomic
def delete(*, actor: User | None, address: Address, reason: str = "") -> None:
    """Programs that ask it are told from then on that it doesn't exist; Activity keeps what happened to it."""
    name = address.name
    audit.record(Verb.ADDRESS_DELETED, actor=actor, endpoint=address.endpoint, detail=reason, address=name)
    address.delete()


def record(address: Address, kind: AddressChangeKind, *, actor: User | None = None, **facts: Any) -> AddressChange:
    """Store a change of an address; one that doesn't wait is done."""
    done = {} if facts.get("state") == AddressChangeState.WAITING else {"closed_at": Now(), "due_at": None}
    named: dict[str, Any] = {"kind": kind, "actor": actor, "actor_name": _name(actor)}
    return AddressChange.objects.create(address=address, **named, **done, **facts)


def _tell(verb: Verb, change: AddressChange, **facts: Any) -> None:
    about = change.endpoint or change.from_endpoint
    name, old = change.address.name, change.from_endpoint_name
    audit.record(verb, actor=change.actor, endpoint=about, detail=change.reason, address=name, old=old, **facts)


def _asked(key: UUID, actor: User | None, address: Address) -> AddressChange | None:
    asked = AddressChange.objects.filter(pk=key).first()
    if asked and (asked.actor != actor or asked.address_id != address.pk):
        raise KeyTaken
    return asked


def _refuse_unless(why: str) -> None:
    if why:
        raise NotPossible(why)


def _name(actor: User | None) -> str:
    return actor.get_username() if actor else ""
