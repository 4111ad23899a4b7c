"""Records which items of the service's listings could not be read, for the row that each belongs to if there is one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from endpoints.models import Endpoint, Resource

if TYPE_CHECKING:
    from endpoints import azure

MOST = 20  # items that are named


def record(
    resource: Resource, kind: str, items: Sequence[azure.UnreadableItem], shown: Sequence[bool] | None = None
) -> None:
    """Store the unreadable items of a listing of `kind`; `shown`: which of them a row shows."""
    rows = shown or [False] * len(items)
    _store(
        resource,
        kind,
        [
            {"name": item.display_name, "reason": item.reason, "row": row}
            for item, row in zip(items[:MOST], rows, strict=False)
        ],
    )


def record_list(resource: Resource, kind: str, why: str) -> None:
    """Store why the whole listing of `kind` could not be read: a sentence."""
    _store(resource, kind, [{"name": "", "reason": why.removesuffix("."), "whole": True}])


def _store(resource: Resource, kind: str, named: list[dict[str, Any]]) -> None:
    found = {**resource.unreadable, kind: named} if named else {**resource.unreadable}
    if not named:
        found.pop(kind, None)
    if found != resource.unreadable:
        resource.unreadable = found
        Resource.objects.filter(pk=resource.pk).update(unreadable=found)


def record_endpoints(resource: Resource, items: Sequence[azure.UnreadableItem], listed: set[str]) -> None:
    """The same for endpoints: an item whose row can be told is shown there; the row keeps what it says."""
    absent = (
        {
            row.remote_id.lower(): row
            for row in resource.endpoints.present().exclude(remote_id=None)
            if row.remote_id and row.remote_id.lower() not in listed
        }
        if items
        else {}
    )
    shown = []
    for item in items:
        row = _row_of(item, absent)
        shown.append(row is not None)
        if row is not None and row.unreadable != item.reason:
            Endpoint.objects.filter(pk=row.pk).update(unreadable=item.reason, updated_at=timezone.now())
    record(resource, "endpoints", items, shown)


def _row_of(item: azure.UnreadableItem, absent: dict[str, Endpoint]) -> Endpoint | None:
    """The row of an endpoint that is not listed, by an id within the item, or by its name when only one has it."""
    rows = [absent[identity] for identity in item.ids if identity in absent]
    rows = rows or [row for row in absent.values() if item.display_name and row.display_name == item.display_name]
    return rows[0] if len(rows) == 1 else None
