"""A person becomes anonymous: their account goes, and their name goes from what they did and what was done to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from endpoints import audit
from endpoints.access.sessions import end_others
from endpoints.audit import erasing, sealing
from endpoints.models import (
    Address,
    AddressChange,
    Change,
    ConnectionCheck,
    Download,
    Endpoint,
    Event,
    Probe,
    Purge,
    Trial,
)
from endpoints.models.search import EVENTS
from endpoints.models.verbs import Verb

NAME = erasing.ANONYMOUS["actor_name"]
# Columns with nothing but a name.
NAMED: tuple[tuple[Any, str], ...] = (
    *((Endpoint, name) for name in ("owner", "changed_by")),
    *((Address, name) for name in ("created_by", "moved_by")),
    (Probe, "set_by"),
)


@dataclass(frozen=True)
class Identity:
    """`ids`: those under which the person did something; `names`: the usernames that they have had."""

    account: User | None
    ids: frozenset[int]
    names: frozenset[str]

    def events(self) -> int:
        """How many events name the person, as the one who did it or to whom it was done."""
        return erasing.done_by(self.ids).count() + erasing.about(self.names, self.ids).count()


def identity(name: str) -> Identity | None:
    """Of the account of this name, or else of those who had it and whose account is gone; None if there is nobody."""
    account = User.objects.filter(username=name).first()
    if account:
        ids = {account.pk}
    else:
        living = [0, *User.objects.values_list("pk", flat=True)]
        gone = Event.objects.filter(actor_name=name).exclude(actor_id__in=living).order_by()
        ids = {pk for pk in gone.values_list("actor_id", flat=True).distinct() if pk is not None}
    names = {name, *erasing.done_by(ids).order_by().values_list("actor_name", flat=True).distinct()}
    others = User.objects.filter(username__in=names).exclude(pk__in=ids)
    found = Identity(account, frozenset(ids), frozenset(names - {*others.values_list("username", flat=True)}))
    return found if account or ids or found.events() else None


def anonymize(person: Identity) -> int:
    """Delete the account, and erase the person's name; returns how many events were changed.

    It can be interrupted and run again. What someone typed, such as a reason, stays.
    """
    _delete_account(person)
    sealing.seal_all()  # only what is sealed can be erased
    changed = erasing.anonymize(person.ids, person.names)
    EVENTS.erase_deleted()
    return changed


@transaction.atomic
def _delete_account(person: Identity) -> None:
    theirs = Q(actor__in=person.ids) | Q(actor=None, actor_name__in=person.names)
    for model in (Change, Download, Purge, ConnectionCheck, AddressChange, Trial):
        model.objects.filter(theirs).update(actor_name=NAME)
    for kind, name in NAMED:  # a new version, because processes keep rows as they have shown them
        kind.objects.filter(**{f"{name}__in": person.names}).update(**{name: NAME}, updated_at=Now())
    audit.record(Verb.PERSON_ANONYMIZED, events=person.events())
    if person.account:
        end_others(person.account)
        person.account.delete()
