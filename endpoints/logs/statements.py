"""Many rows with their own values by one prepared statement: the ORM takes longer for them than the fetching does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.models import Field, GeneratedField, Model

AS_THEY_ARE = (str, int, float, bool, type(None))  # what the database takes without any work of ours


def update(model: type[Model], names: Sequence[str], rows: Iterable[Model]) -> None:
    """Write these fields of each row."""
    fields = [_field(model, name) for name in (*names, _pk(model))]
    assigned = ", ".join(f"{_quoted(field)} = %s" for field in fields[:-1])
    sql = f"UPDATE {_table(model)} SET {assigned} WHERE {_quoted(fields[-1])} = %s"  # noqa: S608 (our own names)
    _execute(sql, fields, ([getattr(row, field.attname) for field in fields] for row in rows))


def put(
    model: type[Model], rows: Iterable[Mapping[str, Any]], *, unique: Sequence[str], renewed: Sequence[str] = ()
) -> None:
    """Insert rows, all with the same names of columns; of one that is there, renew what is named."""
    rows = list(rows)
    if not rows:
        return
    usual = model()
    fields: list[Any] = [
        field for field in model._meta.concrete_fields if not (field.primary_key or isinstance(field, GeneratedField))
    ]
    rest = {field.attname: getattr(usual, field.attname) for field in fields if field.attname not in rows[0]}
    names = ", ".join(map(_quoted, fields))
    places = ", ".join(["%s"] * len(fields))
    once = ", ".join(_quoted(_field(model, name)) for name in unique)
    new = ", ".join(f"{_quoted(_field(model, name))} = excluded.{_quoted(_field(model, name))}" for name in renewed)
    sql = f"INSERT INTO {_table(model)} ({names}) VALUES ({places}) ON CONFLICT ({once}) "  # noqa: S608 (as above)
    sql += f"DO UPDATE SET {new}" if new else "DO NOTHING"
    order = [field.attname for field in fields]
    _execute(sql, fields, ([row[name] if name in row else rest[name] for name in order] for row in rows))


def _execute(sql: str, fields: Sequence[Field[Any, Any]], rows: Iterable[list[Any]]) -> None:
    @lru_cache(maxsize=512)
    def prepared(number: int, value: Any) -> Any:
        return fields[number].get_db_prep_save(value, connection)

    def adapted(number: int, value: Any) -> Any:
        if isinstance(value, AS_THEY_ARE):
            return value
        return (
            prepared(number, value) if isinstance(value, date) else fields[number].get_db_prep_save(value, connection)
        )

    numbers = range(len(fields))
    if values := [list(map(adapted, numbers, row)) for row in rows]:
        with connection.cursor() as cursor:
            cursor.executemany(sql, values)


def _field(model: type[Model], name: str) -> Any:
    return model._meta.get_field(name)


def _pk(model: type[Model]) -> str:
    pk = model._meta.pk
    assert pk is not None  # noqa: S101 (each model of ours has one)
    return pk.name


def _table(model: type[Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def _quoted(field: Any) -> str:
    return connection.ops.quote_name(field.column)
