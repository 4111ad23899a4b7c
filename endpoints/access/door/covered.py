"""Rows of any noun that a person's grants cover."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.db.models import Model, Q, QuerySet
from django.shortcuts import get_object_or_404

from endpoints.access import grants
from endpoints.access.door import within
from endpoints.access.grants import Person, Scope
from endpoints.access.roles import VIEW

Row = TypeVar("Row", bound=Model)
Rows = TypeVar("Rows", bound="QuerySet[Any, Any]")


def scope(person: Person, permission: str = VIEW) -> Scope:
    """What a permission of a person covers.

    Part of the key of whatever is cached of rows that this module returned, so that two people share a cached result
    only when they see the same rows.
    """
    return grants.scope(person, permission)


def visible(rows: Rows, person: Person, permission: str, inside: Callable[[Scope], Q] = within.of_endpoints) -> Rows:
    held = scope(person, permission)
    if held.everywhere:
        return rows
    return rows.filter(inside(held)) if held else rows.none()


def one(rows: "QuerySet[Row, Row]", person: Person, permission: str, pk: Any) -> Row:
    if not scope(person, permission):
        raise PermissionDenied
    return get_object_or_404(rows, pk=pk)


def staying(rows: Rows) -> Rows:
    """Without what belongs to a resource that is being removed."""
    return rows.filter(resource__removing_at=None)
