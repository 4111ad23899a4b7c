"""Carrying out moves of addresses: at once, when their time or the deployment that they wait for has come."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_noop

from endpoints import audit
from endpoints.models import Address, AddressChange, Endpoint
from endpoints.models.address import AddressChangeKind, AddressChangeState
from endpoints.models.event import Verb
from endpoints.models.status import ChangeKind, ChangeState, Status
from endpoints.models.translatable_text import TranslatableText

GONE = gettext_noop("The endpoint doesn't exist any more.")
NOT_SERVING = gettext_noop("The endpoint isn't deployed yet.")
OTHER_LOCALE = gettext_noop("The endpoint has another locale than the address.")
NOT_DEPLOYED = gettext_noop("The deployment that the move waited for wasn't completed.")


def why_not(endpoint: Endpoint | None, locale: str) -> str:
    """Why programs can't be sent to an endpoint, in English; empty if they can."""
    if endpoint is None or endpoint.gone_at or endpoint.resource.removing_at:
        return GONE
    kind = endpoint.open_change.kind if endpoint.open_change else None
    if kind == ChangeKind.DELETE:
        return GONE
    if not endpoint.remote_id or kind == ChangeKind.CREATE:
        return NOT_SERVING
    if endpoint.status == Status.FAILED:
        return gettext_noop("The endpoint's deployment has failed.")
    return OTHER_LOCALE if endpoint.locale.lower() != locale.lower() else ""


def held(endpoint: Endpoint | None, locale: str) -> str:
    """What why_not says, of an endpoint that nobody deletes until the transaction ends, nor its Speech resource."""
    if endpoint is None:
        return GONE
    locked = Endpoint.objects.select_for_update(no_key=True, of=("self", "resource")).select_related("resource")
    return why_not(locked.filter(pk=endpoint.pk).first(), locale)


def move_now(address: Address, change: AddressChange) -> bool:
    """Let `address` lead to the endpoint of `change`, unless it leads elsewhere by now than when that was asked.

    The second endpoint and the standby stay, except where the address now leads to one of them itself. A standby that
    takes the place of an endpoint that can't be reached changes places with it, so that the way back is short; the
    address moves by itself only if a person allows it again. Call this in the transaction that stores the change as
    done.
    """
    new = change.endpoint
    facts: dict[str, Any] = {"endpoint": new, "moved_by": change.actor_name}
    facts |= dict.fromkeys(("moved_at", "updated_at"), timezone.now())
    if address.second_id and address.second_id == (new.pk if new else None):
        facts |= {"second": None, "share": 0}
    if address.standby_id and address.standby_id == (new.pk if new else None):
        facts |= {"standby": _left_behind(change), "stands_in": False}
    if not Address.objects.filter(pk=address.pk, endpoint=change.from_endpoint_id).update(**facts):
        return False
    verb = Verb.ADDRESS_STOOD_IN if change.kind == AddressChangeKind.STOOD_IN else Verb.ADDRESS_MOVED
    named: dict[str, Any] = {"old": old} if (old := change.from_endpoint_name) else {}
    audit.record(verb, actor=change.actor, endpoint=new, detail=change.reason, address=address.name, **named)
    address.refresh_from_db()
    return True


def _left_behind(change: AddressChange) -> Endpoint | None:
    """The endpoint that the standby stands in for; None where somebody just moved the address to another one."""
    old = change.from_endpoint
    fails = old and not old.gone_at and not old.resource.paused and old.resource.failing_since
    return old if fails else None


def carry_out(pk: str) -> bool:
    """Carry out one move that waited; returns False when it is not due, or has been carried out already."""
    with transaction.atomic():
        rows = AddressChange.objects.ready().filter(pk=pk, due_at__lte=Now())
        # First its address, as people's verbs do: otherwise a move and a worker could wait for each other.
        list(Address.objects.select_for_update(no_key=True).filter(pk__in=rows.values("address")).values_list("pk"))
        change = AddressChange.objects.select_for_update().filter(pk__in=rows.values("pk")).first()
        if change is None:
            return False
        why = _refusal(change)
        if not why and not move_now(change.address, change):
            why = gettext_noop("The address was moved elsewhere in the meantime.")
        state = AddressChangeState.REFUSED if why else AddressChangeState.DONE
        closed = {"state": state, "error": why, "closed_at": Now(), "due_at": None}
        if not AddressChange.objects.waiting().filter(pk=change.pk).update(**closed):
            transaction.set_rollback(True)  # another worker was faster (SQLite has no row locks)
            return False
        if why:
            named: dict[str, Any] = {
                "address": change.address.name,
                "old": change.from_endpoint_name,
                "to": change.endpoint_name,
            }
            audit.record(Verb.ADDRESS_MOVE_REFUSED, endpoint=change.endpoint, detail=TranslatableText(why), **named)
    return True


def _refusal(change: AddressChange) -> str:
    if change.after and change.after.state != ChangeState.DONE:
        return NOT_DEPLOYED
    return held(change.endpoint, change.address.locale)
