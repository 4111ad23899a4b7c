"""Writes many rows of one model by one prepared statement; the ORM prepares each value of each row by itself.

For 2,000 pairs of content logs, bulk_create() takes 0.7 s of processor time and bulk_update() 6.6 s; these take 0.2 s.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.models import Model

PLAIN = (str, int, float, type(None))  # what every database takes as it is


def insert(model: type[Model], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, all with the same names of columns; the columns that they do not name have their defaults."""
    if rows:
        others = {name: field.get_default() for name, field in _fields(model).items() if name not in rows[0]}
        names = [*rows[0], *others]
        columns, places = ", ".join(_columns(model, names)), ", ".join(["%s"] * len(names))
        values = ([*row.values(), *others.values()] for row in rows)
        _execute(model, "INSERT INTO", f"({columns}) VALUES ({places})", names, values)


def update(model: type[Model], rows: Iterable[tuple[int, Mapping[str, Any]]]) -> None:
    """Change rows by their ids, each with its own values."""
    alike: dict[tuple[str, ...], list[list[Any]]] = defaultdict(list)
    for pk, values in rows:
        alike[tuple(values)].append([*values.values(), pk])
    for names, found in alike.items():
        assigned = ", ".join(f"{column} = %s" for column in _columns(model, names))
        _execute(model, "UPDATE", f"SET {assigned} WHERE id = %s", names, found)


def _execute(model: type[Model], verb: str, rest: str, names: Sequence[str], rows: Iterable[list[Any]]) -> None:
    """Values behind those of `names` are ids."""
    fields, columns = [_fields(model)[name] for name in names], list(zip(*rows, strict=True))
    prepared = [*map(_prepared, fields, columns), *columns[len(fields) :]]
    with connection.cursor() as cursor:
        table = connection.ops.quote_name(model._meta.db_table)
        cursor.executemany(f"{verb} {table} {rest}", list(zip(*prepared, strict=True)))


def _prepared(field: Any, column: Sequence[Any]) -> Sequence[Any]:
    """The values of a column for the database; many rows have the same days and times."""
    others = {value for value in column if not isinstance(value, PLAIN)}
    known = {value: field.get_db_prep_save(value, connection) for value in others}
    return [known.get(value, value) for value in column] if known else column


def _columns(model: type[Model], names: Sequence[str]) -> list[str]:
    return [connection.ops.quote_name(_fields(model)[name].column) for name in names]


def _fields(model: type[Model]) -> dict[str, Any]:
    """Those that are written, by the names of their attributes."""
    return {field.attname: field for field in model._meta.concrete_fields if not (field.generated or field.primary_key)}
