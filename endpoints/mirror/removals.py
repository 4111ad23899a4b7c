"""Removing a Speech resource from this app: a person requests it, and a worker deletes its rows in batches."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext_noop

from endpoints import audit
from endpoints.models import Address, Change, Download, Endpoint, LogEntry, LogFile, Resource
from endpoints.models.event import Verb
from endpoints.models.translatable_text import TranslatableText

ENTRIES_AT_ONCE, ENDPOINTS_AT_ONCE, ROWS_AT_ONCE = 500, 50, 200
BATCHES = 20  # of one task, so that others have their turn between


class Reached(Exception):
    """Addresses lead to endpoints of the resource; the message names them, for people."""


def addresses_of(resource: Resource) -> list[str]:
    """The names of the addresses that lead to one of its endpoints."""
    led = Q(endpoint__resource=resource) | Q(second__resource=resource) | Q(standby__resource=resource)
    return list(Address.objects.filter(led).order_by("name").values_list("name", flat=True))


@transaction.atomic
def request_removal(resource: Resource, *, actor: User | None, reason: str = "", even_if_reached: bool = False) -> bool:
    """Request that a worker removes a resource with all that we have of it; False when somebody has done so already.

    In Azure nothing changes. From now on nothing is sent to the resource, and its secrets are gone. The event names
    the endpoints with content logs, whose files in the storage are then deleted by the next night. Raises Reached.
    """
    who = actor.get_username() if actor else ""
    facts: dict[str, Any] = {
        "removing_at": Now(),
        "removing_by": who,
        "paused_at": Coalesce("paused_at", Now()),
        "key": None,
        "log_container": None,
        # A worker that refreshes it at this moment notices that its lease has ended.
        "due_at": Now(),
        "lease": None,
        "leased_until": None,
    }
    if not Resource.objects.present().filter(pk=resource.pk).update(**facts):
        return False
    if not even_if_reached and (names := addresses_of(resource)):
        why = gettext_noop("Addresses lead to endpoints of this Speech resource: %(addresses)s. Move them first.")
        raise Reached(TranslatableText(why, addresses=", ".join(names)))
    stored = [Exists(rows.filter(endpoint=OuterRef("pk"))) for rows in (LogFile.objects, Download.objects)]
    with_logs = resource.endpoints.filter(stored[0] | stored[1])
    folders = [{"endpoint": str(pk)} for pk in with_logs.values_list("pk", flat=True)]
    audit.record(Verb.RESOURCE_REMOVED, actor=actor, resource=resource, detail=reason, folders=folders)
    return True


def remove_resource(resource: Resource, *, actor: User | None, reason: str = "") -> None:
    """Remove a resource at once: for the start of the product, when no worker is running."""
    request_removal(resource, actor=actor, reason=reason, even_if_reached=True)
    while step(resource) is not None:
        pass


def step(resource: Resource, _client: object = None) -> float | None:
    """Delete some batches; returns 0 when there is more to do, and None when the resource is gone.

    Each batch is a transaction, and what is left is found by the rows, so the successor of a killed worker goes on.
    """
    for _batch in range(BATCHES):
        if not _delete_batch(resource):
            resource.delete()
            return None
    return 0.0


def _delete_batch(resource: Resource) -> bool:
    """Whether there was something to delete. Endpoints leave the lists first; what they own is deleted next."""
    return _hide(resource) or _delete_entries(resource) or _delete_endpoints(resource) or _delete_rest(resource)


def _hide(resource: Resource) -> bool:
    shown = list(resource.endpoints.present().values_list("pk", flat=True)[:ENTRIES_AT_ONCE])
    return bool(shown) and bool(Endpoint.objects.filter(pk__in=shown).update(gone_at=Now(), updated_at=Now()))


def _delete_entries(resource: Resource) -> bool:
    endpoint = resource.endpoints.filter(Exists(LogEntry.objects.filter(endpoint=OuterRef("pk")))).first()
    if endpoint is None:
        return False
    batch = list(endpoint.log_entries.order_by("at", "pk").values_list("pk", flat=True)[:ENTRIES_AT_ONCE])
    with transaction.atomic():
        # Whoever adds files of these entries waits for this lock, as for any other deletion of content logs.
        list(Endpoint.objects.select_for_update(no_key=True).filter(pk=endpoint.pk).values_list("pk"))
        LogEntry.objects.filter(pk__in=batch).delete()
        Resource.objects.filter(pk=resource.pk).update(removed_entries=F("removed_entries") + len(batch))
    return True


def _delete_endpoints(resource: Resource) -> bool:
    """Open changes are due at once, and the next sweep closes them."""
    batch = list(resource.endpoints.order_by("pk").values_list("pk", flat=True)[:ENDPOINTS_AT_ONCE])
    with transaction.atomic():
        Change.objects.open().filter(endpoint__in=batch).update(due_at=Now())
        Endpoint.objects.filter(pk__in=batch).delete()
    return bool(batch)


def _delete_rest(resource: Resource) -> bool:
    for rows in (resource.models, resource.projects):
        if batch := list(rows.order_by("pk").values_list("pk", flat=True)[:ROWS_AT_ONCE]):
            rows.filter(pk__in=batch).delete()
            return True
    return False
