"""The tables of a backup and their rows, in values of JSON that fit either database."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any
from uuid import UUID

from django.apps.registry import Apps
from django.db import connection, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.duration import duration_iso_string

from endpoints.models.secret import Secret, SecretField

BATCH = 1000  # rows that are read at once
# Tables that belong to one running installation. Everything else is in a backup, also what is added later.
LEFT_OUT = {
    "sessions.Session": "everybody signs in again",
    "usersessions.UserSession": "as sessions",
    "account.EmailConfirmation": "links that are valid for a short time",
    "endpoints.HookCall": "calls of the service in the last days, so that a repeated one does nothing",
    "endpoints.LogReading": "of the current quarter of an hour",
    "endpoints.Sweep": "the heartbeats of its workers",
}
Model = type[models.Model]


def kept(apps: Any) -> list[Model]:
    """The models of a backup, those first that others refer to."""
    found = [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy and label(model) not in LEFT_OUT
    ]
    ordered: list[Model] = []
    while found:
        free = [model for model in found if not references(model) & {label(other) for other in found}] or found
        ordered += free
        found = [model for model in found if model not in free]
    return ordered


def label(model: Model) -> str:
    return model._meta.label


def references(model: Model) -> set[str]:
    """The other tables that a table refers to."""
    return {label(field.related_model) for field in stored_fields(model) if field.is_relation} - {label(model)}


def stored_fields(model: Model) -> list[Any]:
    """The fields with columns that are written, and not computed by the database."""
    return [field for field in model._meta.concrete_fields if not field.generated]


def columns(model: Model) -> list[str]:
    return [field.attname for field in stored_fields(model)]


def lines(model: Model) -> Iterator[bytes]:
    """The rows of a table as lines of JSON, in the order of the primary key, BATCH at a time."""
    names, rows, last = columns(model), model._base_manager.order_by("pk"), None
    at = names.index(model._meta.pk.attname)
    while batch := list((rows if last is None else rows.filter(pk__gt=last)).values_list(*names)[:BATCH]):
        for row in batch:
            yield json.dumps(row, default=_text, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        last = batch[-1][at]


def _text(value: Any) -> Any:
    match value:
        case datetime() | date():
            return value.isoformat()
        case Secret():
            return value.sealed
        case timedelta():
            return duration_iso_string(value)
        case bytes() | memoryview():
            return base64.b64encode(value).decode()
        case UUID() | Decimal():
            return str(value)
    raise TypeError(f"A value of a row has the type {type(value).__name__}.")


class Loader:
    """Writes rows of a backup into one empty table. `names`: their columns in the backup.

    A column that this version of the table doesn't have is left out, one that the backup doesn't have gets its default.
    """

    def __init__(self, model: Model, names: Sequence[str], using: BaseDatabaseWrapper = connection) -> None:
        fields = {field.attname: field for field in stored_fields(model)}
        self._using = using
        self._reading = [(n, _reader(fields[name], using)) for n, name in enumerate(names) if name in fields]
        quote = using.ops.quote_name
        listed = ", ".join(quote(fields[name].column) for name in names if name in fields)
        self._into = f"{quote(model._meta.db_table)} ({listed})"
        self._places = ", ".join(["%s"] * len(self._reading))

    def load(self, rows: Iterator[list[Any]]) -> int:
        """Write them; returns how many."""
        count = 0

        def counted() -> Iterator[list[Any]]:
            nonlocal count
            for row in rows:
                count += 1
                yield [read(row[n]) for n, read in self._reading]

        with self._using.cursor() as cursor:
            if self._using.vendor == "postgresql":
                with cursor.copy(f"COPY {self._into} FROM STDIN") as copy:
                    for row in counted():
                        copy.write_row(row)
            else:
                statement = f"INSERT INTO {self._into} VALUES ({self._places})"  # noqa: S608 (our own names)
                every = counted()
                while batch := list(islice(every, BATCH)):
                    cursor.executemany(statement, batch)
        return count


def _reader(field: Any, using: BaseDatabaseWrapper) -> Callable[[Any], Any]:
    """From a value of JSON to what the database takes."""
    is_json, is_secret = isinstance(field, models.JSONField), isinstance(field, SecretField)
    postgresql = using.vendor == "postgresql"

    def read(value: Any) -> Any:
        if value is None:
            return using.ops.adapt_json_value(None, field.encoder) if is_json and not field.null else None
        if postgresql and not isinstance(value, int | float | bool):
            value = _without_nul(value)
        if is_json:
            return using.ops.adapt_json_value(value, field.encoder)
        return field.get_db_prep_save(Secret(value) if is_secret else field.to_python(value), using)

    return read


def _without_nul(value: Any) -> Any:
    """SQLite stores the character NUL, PostgreSQL refuses it: it becomes the one that stands for unreadable ones."""
    if isinstance(value, str):
        return value.replace("\0", "\ufffd") if "\0" in value else value
    if isinstance(value, dict):
        return {_without_nul(name): _without_nul(one) for name, one in value.items()}
    return [_without_nul(one) for one in value] if isinstance(value, list) else value


def numbering(apps: Apps | Any) -> dict[str, int]:
    """The highest number that each table has given away, so that no id is used for something else again."""
    found = {}
    with connection.cursor() as cursor:
        given = {}
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name, seq FROM sqlite_sequence")
            given = dict(cursor.fetchall())
        for model in kept(apps):
            if not isinstance(model._meta.pk, models.AutoField):
                continue
            table = model._meta.db_table
            if connection.vendor == "postgresql":
                cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [table, model._meta.pk.column])
                (sequence,) = cursor.fetchone()
                cursor.execute(f"SELECT last_value FROM {sequence} WHERE is_called")  # noqa: S608 (our own names)
                given[table] = (cursor.fetchone() or [0])[0]
            found[label(model)] = given.get(table, 0)
    return found


def set_numbering(apps: Apps | Any, given: dict[str, int]) -> None:
    """New rows are numbered behind both the rows that are there and the numbers that were given away."""
    with connection.cursor() as cursor:
        for model in kept(apps):
            if not isinstance(model._meta.pk, models.AutoField):
                continue
            table = model._meta.db_table
            last = max(model._base_manager.aggregate(last=models.Max("pk"))["last"] or 0, given.get(label(model), 0))
            if not last:
                continue
            if connection.vendor == "postgresql":
                place = [table, model._meta.pk.column, last]
                cursor.execute("SELECT setval(pg_get_serial_sequence(%s, %s), %s)", place)
            else:
                cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table])
                cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, last])
