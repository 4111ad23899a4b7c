"""What people ask of addresses: each stores its AddressChange and its Event in one transaction.

A move that is neither scheduled nor waits for a deployment is carried out in the same transaction, because no service
has to be asked. Each verb waits for the address's row, so that two people at once are one after the other.
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
from endpoints.addresses.moving import GONE, OTHER_LOCALE, held, move_now
from endpoints.changes.refusals import KeyTaken, NotPossible
from endpoints.models import Address, AddressChange, Change, Endpoint
from endpoints.models.address import AddressChangeKind, AddressChangeState
from endpoints.models.event import Verb
from endpoints.models.translatable_text import TranslatableText

TAKEN = gettext_noop("Another address has this name.")
WAITING = gettext_noop("A move of this address is scheduled. Cancel it first.")
ELSEWHERE = gettext_noop("The address has been moved since you opened this page. Check it, then try again.")
ALREADY = gettext_noop("The address leads to this endpoint already.")
SAME = gettext_noop("Choose another endpoint than the one that the address leads to.")
DELETED = gettext_noop("The address doesn't exist any more.")


def add(
    *, actor: User | None, name: str, endpoint: Endpoint, description: str = "", key: UUID | None = None
) -> Address:
    """Add an address; asked again with the same `key`, the first one is returned.

    Raises NotPossible when the name is taken, or programs can't be sent to the endpoint; KeyTaken.
    """
    if key and (asked := asked_before(key, actor)):
        return asked.address
    try:
        with transaction.atomic():
            _refuse_unless(held(endpoint, endpoint.locale))
            facts: dict[str, Any] = {"locale": endpoint.locale, "description": description, "created_by": _name(actor)}
            address, new = Address.objects.get_or_create(name=name, defaults={"endpoint": endpoint, **facts})
            _refuse_unless("" if new else TAKEN)
            facts = {"pk": key} if key else {}
            record(address, AddressChangeKind.ADDED, actor=actor, **AddressChange.names(endpoint, None), **facts)
            audit.record(Verb.ADDRESS_ADDED, actor=actor, endpoint=endpoint, detail=description, address=name)
    except (IntegrityError, NotPossible):
        # The same key at the same moment, from a second press: the first one counts.
        if key and (asked := asked_before(key, actor)):
            return asked.address
        raise
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
    if asked := asked_before(key, actor, address):
        return asked
    facts: dict[str, Any] = {"pk": key, "actor": actor, "reason": reason, "fingerprint": fingerprint}
    try:
        with transaction.atomic():
            lock(address)
            if seen and seen != address.endpoint_id:
                raise NotPossible(TranslatableText(ELSEWHERE))
            _refuse_unless(_misfit(endpoint, address) if after else held(endpoint, address.locale))
            _refuse_unless(ALREADY if endpoint.pk == address.endpoint_id else "")
            facts |= AddressChange.names(endpoint, address.endpoint)
            if at is None and after is None:
                change = record(address, AddressChangeKind.MOVED, **facts)
                _refuse_unless("" if move_now(address, change) else ELSEWHERE)
                return change
            facts |= {"state": AddressChangeState.WAITING, "scheduled_for": at, "after": after}
            change = record(address, AddressChangeKind.MOVED, **facts | ({"due_at": at} if at else {}))
            _tell(Verb.ADDRESS_MOVE_REQUESTED, change)
    except (IntegrityError, NotPossible) as error:
        if asked := asked_before(key, actor, address):
            return asked
        if isinstance(error, NotPossible):
            raise
        raise NotPossible(TranslatableText(WAITING)) from None
    return change


@transaction.atomic
def cancel(change: AddressChange, *, actor: User | None) -> bool:
    """Cancel a move that waits; returns False when it has been carried out or canceled already."""
    closed = {"state": AddressChangeState.CANCELED, "closed_at": Now(), "due_at": None}
    if not AddressChange.objects.waiting().filter(pk=change.pk).update(**closed):
        return False
    named: dict[str, Any] = {"address": change.address.name, "to": change.endpoint_name}
    audit.record(Verb.ADDRESS_MOVE_CANCELED, actor=actor, endpoint=change.endpoint, **named)
    return True


@transaction.atomic
def share(
    *, actor: User | None, address: Address, second: Endpoint | None, percent: int, reason: str = ""
) -> AddressChange | None:
    """Send `percent` of new sessions to `second`; 0, or no second endpoint, takes all back. Raises NotPossible.

    Returns None, and stores nothing, when it is so already.
    """
    lock(address)
    if second is None or percent == 0:
        second, percent = None, 0
    else:
        _refuse_unless(held(second, address.locale) or (SAME if second.pk == address.endpoint_id else ""))
    if (address.second_id, address.share) == (second.pk if second else None, percent):
        return None
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
) -> AddressChange | None:
    """Name the endpoint that stands in, or none. `stands_in`: the address may move to it by itself. NotPossible.

    Returns None, and stores nothing, when it is so already.
    """
    lock(address)
    if standby is not None:
        _refuse_unless(held(standby, address.locale) or (SAME if standby.pk == address.endpoint_id else ""))
    wanted = (standby.pk if standby else None, bool(standby and stands_in))
    if (address.standby_id, address.stands_in) == wanted:
        return None
    address.standby, address.stands_in = standby, wanted[1]
    address.save(update_fields=["standby", "stands_in", "updated_at"])
    names = AddressChange.names(standby, address.endpoint)
    change = record(address, AddressChangeKind.STANDBY, actor=actor, **names)
    _tell(Verb.ADDRESS_STANDBY if standby else Verb.ADDRESS_STANDBY_ENDED, change)
    return change


@transaction.atomic
def describe(*, actor: User | None, address: Address, description: str) -> None:
    """Change the description, if it is another one. Raises NotPossible when the address is gone."""
    lock(address)
    if address.description == description:
        return
    address.description = description
    address.save(update_fields=["description", "updated_at"])
    names = AddressChange.names(address.endpoint, None)
    change = record(address, AddressChangeKind.DESCRIBED, actor=actor, reason=description[:500], **names)
    _tell(Verb.ADDRESS_DESCRIBED, change)


@transaction.atomic
def delete(*, actor: User | None, address: Address, reason: str = "") -> bool:
    """Delete an address with its history; returns False when somebody has done so already.

    Programs that ask it are told from then on that it doesn't exist; Activity keeps what happened to it.
    """
    found = Address.objects.select_for_update().filter(pk=address.pk).first()
    if found is None:
        return False
    audit.record(Verb.ADDRESS_DELETED, actor=actor, endpoint=found.endpoint, detail=reason, address=found.name)
    found.delete()
    return True


def record(address: Address, kind: AddressChangeKind, *, actor: User | None = None, **facts: Any) -> AddressChange:
    """Store a change of an address; one that doesn't wait is done."""
    done = {} if facts.get("state") == AddressChangeState.WAITING else {"closed_at": Now(), "due_at": None}
    named: dict[str, Any] = {"kind": kind, "actor": actor, "actor_name": _name(actor)}
    return AddressChange.objects.create(address=address, **named, **done, **facts)


def lock(address: Address) -> None:
    """Wait for the row, and read it again: somebody may have changed it since the person's page was loaded."""
    if not Address.objects.select_for_update(no_key=True).filter(pk=address.pk).values_list("pk"):
        raise NotPossible(TranslatableText(DELETED))
    address.refresh_from_db()


def _misfit(endpoint: Endpoint, address: Address) -> str:
    """Of an endpoint that is still to be deployed."""
    if endpoint.gone_at:
        return GONE
    return "" if endpoint.locale.lower() == address.locale.lower() else OTHER_LOCALE


def _tell(verb: Verb, change: AddressChange, **facts: Any) -> None:
    about = change.endpoint or change.from_endpoint
    facts |= {"address": change.address.name} | ({"old": old} if (old := change.from_endpoint_name) else {})
    audit.record(verb, actor=change.actor, endpoint=about, detail=change.reason, **facts)


def asked_before(key: UUID, actor: User | None, address: Address | None = None) -> AddressChange | None:
    """What this person has requested by this key already, of this address if one is given."""
    asked = AddressChange.objects.filter(pk=key).select_related("address").first()
    if asked and (asked.actor != actor or (address and asked.address_id != address.pk)):
        raise KeyTaken
    return asked


def _refuse_unless(why: str) -> None:
    if why:
        raise NotPossible(TranslatableText(why))


def _name(actor: User | None) -> str:
    return actor.get_username() if actor else ""
