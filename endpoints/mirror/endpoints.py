"""Keeps our copies of endpoints up to date; no other module writes what the service says of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from endpoints import audit, azure
from endpoints.mirror import columns
from endpoints.mirror.local_rows import LocalRows
from endpoints.mirror.open_changes import correct_verdict, needs_decision
from endpoints.models import Change, Endpoint, Resource, SpeechModel, Status
from endpoints.models.automatic_deletion import parse_time_to_live
from endpoints.models.change import MARK
from endpoints.models.claim import database_now
from endpoints.models.event import Verb
from endpoints.models.status import OPEN, UNSTARTED, ChangeKind, ChangeState
from endpoints.models.unreadable import STATUS

ABSENCE = timedelta(minutes=10)
# The columns that come from a field of azure.Endpoint, where the names differ.
COLUMNS = {
    "status": ("status", "error"),
    "model_id": ("model", *SpeechModel.UNKNOWN),
    "project_id": ("project",),
    "custom_properties": ("mark",),
    "created": ("created_at",),
    "last_action": ("last_action_at",),
}


@transaction.atomic
def store_endpoint(
    resource: Resource,
    remote: azure.Endpoint,
    *,
    began: datetime | None = None,
    local: LocalRows | None = None,
    record_found: bool = True,
) -> Endpoint | None:
    """Store one endpoint as the service returned it; an older response never overwrites a newer one.

    `began`: when the response was requested, by the database's clock; None for the answer to a change of ours. A
    response that was requested before a change of the endpoint was sent or completed is ignored.
    Returns the row, or None when the response was too old. `record_found`: record an Event for a new endpoint.
    """
    local = local or LocalRows(resource)
    row = local.endpoints.get(remote.id) or _existing_or_new(resource, remote)
    if row.last_action_at and remote.last_action and remote.last_action < row.last_action_at:
        return None
    new = row._state.adding
    model = local.models.get((remote.model_kind or "", remote.model_id or ""))
    values = {
        "remote_id": remote.id,
        "unreadable": STATUS if "status" in remote.unread else "",
        "display_name": remote.display_name,
        "description": remote.description,
        "locale": remote.locale,
        "model": model,
        **(model.for_endpoint if model else SpeechModel.UNKNOWN),
        "project": local.projects.get(remote.project_id or ""),
        "status": remote.status,
        "error": _error_text(remote.error) if remote.status == Status.FAILED else "",
        "logging_enabled": remote.logging_enabled,
        "links": remote.links,
        "time_to_live": parse_time_to_live(remote.time_to_live),
        "mark": remote.custom_properties.get(MARK, "")[:36],
        "created_at": remote.created or row.created_at,
        "last_action_at": remote.last_action,
        "gone_at": None,
    }
    values = columns.readable(row, values, remote.unread, COLUMNS)
    if columns.differs(row, values):
        if began and not new and not _confirmed_before(row, began):
            return None
        created_late = not new and row.remote_id is None
        before, model_before = {} if new or created_late else row.facts, row.model_name
        columns.set_values(row, values)
        row.confirmed_at = began or database_now()
        # Only the service's values: the other columns may have been written since the row was read.
        row.save(update_fields=None if new else [*values, "confirmed_at", "updated_at"])
        _record_outside_changes(row, before, model_before)
        if created_late:
            _resume_creation(row)
        elif not new:
            correct_verdict(row)
    if new and record_found:
        audit.record(Verb.FOUND, endpoint=row)
    return row


def _confirmed_before(row: Endpoint, began: datetime) -> bool:
    """Whether our last word about the endpoint is older; read again, because another worker may just have had it."""
    newest = Endpoint.objects.select_for_update(no_key=True).filter(pk=row.pk).values_list("confirmed_at", flat=True)
    row.confirmed_at = newest.first()
    if row.confirmed_at is None or row.confirmed_at <= began:
        return True
    return row.confirmed_at > database_now()  # the clock was set back since


def _resume_creation(row: Endpoint) -> None:
    """The endpoint exists, so its creation needs no decision any more; the next poll gets its status."""
    for change in row.changes.filter(state=ChangeState.UNDECIDED, kind=ChangeKind.CREATE):
        Change.objects.move(change, ChangeState.DEPLOYING, accepted_at=Now(), due_at=Now(), error="")


def _record_outside_changes(row: Endpoint, before: dict[str, Any], model_before: str) -> None:
    """Record an Event when the service shows a change that was not requested here."""
    differing = {name for name, value in before.items() if row.facts[name] != value}
    if not differing:
        return
    latest = list(row.changes.exclude(sent_at=None).order_by("-sent_at")[:2])
    # Until a change is closed, the service may show what the one requested that it replaces.
    if len(latest) == 2 and not (latest[1].state == ChangeState.REPLACED and latest[0].state in OPEN):
        latest.pop()
    now = {name: row.facts[name] for name in differing}
    # While a change is open, the service may go back to what was before; the verdict on the change says so.
    went_back = any(change.state in OPEN and now.items() <= change.before.items() for change in latest)
    if not went_back and not any(change.requests(now) for change in latest):
        old, new = before | {"model": model_before}, row.facts | {"model": row.model_name}
        fields = [audit.field_change(name, old[name], new[name]) for name in before if name in differing]
        audit.record(Verb.CHANGED_OUTSIDE, endpoint=row, fields=fields)
        row.changed_by = ""
        row.save(update_fields=["changed_by"])


@transaction.atomic
def mark_gone(endpoint: Endpoint, *, requested_here: bool = False) -> None:
    """The endpoint is gone: its row leaves the list. `requested_here`: by a change of ours, which records it."""
    if endpoint.gone_at is None:
        endpoint.gone_at = timezone.now()
        endpoint.confirmed_at = database_now()
        endpoint.save(update_fields=["gone_at", "confirmed_at", "updated_at"])
        if not requested_here:
            audit.record(Verb.VANISHED, endpoint=endpoint)
        # Changes that have not started, scheduled ones too, have no endpoint any more.
        for change in endpoint.changes.filter(UNSTARTED).exclude(kind=ChangeKind.DELETE):
            needs_decision(change, _("The endpoint was deleted in Azure."))
        # A deletion whose outcome was unknown has happened.
        for change in endpoint.changes.filter(state=ChangeState.UNDECIDED, kind=ChangeKind.DELETE):
            if Change.objects.move(change, ChangeState.DONE, error=""):
                audit.record(Verb.DELETED, endpoint=endpoint, change=change)


def absent_for_long(endpoint: Endpoint) -> bool:
    """Whether two complete listings, ten minutes apart, did not have the endpoint.

    Together with any 404 this counts as gone, in case the service's 404 is not in the contract's format.
    """
    gone_at = Endpoint.objects.values_list("gone_at", flat=True).get(pk=endpoint.pk)
    resource = Resource.objects.get(pk=endpoint.resource_id)
    if gone_at is None or resource.mirrored_at is None or "endpoints" in resource.unreadable:
        return False
    return resource.mirrored_at >= gone_at + ABSENCE


def _existing_or_new(resource: Resource, remote: azure.Endpoint) -> Endpoint:
    """The row for an unknown id: that of the change whose mark the endpoint has, or a new one.

    The id may have become known since our rows were read, when the worker of the change had its answer. A row without
    an id is looked for first: what gets its id in between is found by the id then.
    """
    if mark := remote.custom_properties.get(MARK):
        without_id = Change.objects.filter(
            endpoint__resource=resource, endpoint__remote_id=None, pk__in=_uuids(mark)
        ).select_related("endpoint")
        if change := without_id.first():
            return Endpoint.of(change)
        if known := resource.endpoints.filter(remote_id=remote.id).first():
            return known
    return Endpoint(resource=resource)


def _error_text(error: azure.EntityError | None) -> str:
    return error.message or error.code if error else ""


def _uuids(mark: str) -> list[UUID]:
    """The UUID that a mark is; none for a mark that somebody else has given."""
    try:
        return [UUID(mark)]
    except ValueError:
        return []
