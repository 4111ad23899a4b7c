"""Sets the columns of a row to what the service says, as far as that can be read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import models


def readable(
    row: models.Model, values: Mapping[str, Any], unread: frozenset[str], columns: Mapping[str, tuple[str, ...]]
) -> dict[str, Any]:
    """The values without those of fields that could not be read: there, a stored row keeps what it says.

    `columns`: the columns that come from a field, where they do not have its name.
    """
    if row._state.adding:
        return dict(values)
    kept = {column for field in unread for column in columns.get(field, (field,))}
    return {name: value for name, value in values.items() if name not in kept}


def differs(row: models.Model, values: Mapping[str, Any]) -> bool:
    """Whether the row is new, or any of its values is another one."""
    return row._state.adding or any(getattr(row, name) != value for name, value in values.items())


def set_values(row: models.Model, values: Mapping[str, Any]) -> None:
    """Set the values of the row; it is not saved."""
    for name, value in values.items():
        setattr(row, name, value)
