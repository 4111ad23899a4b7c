"""Restores a backup into an empty installation: all of it or nothing.

The tables are made as they were in the version of the backup, filled, and migrated to this version.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from endpoints.audit import rights
from endpoints.models import encrypted_values
from endpoints.upkeep.backups import archive, keys, settling, stored_logs, tables, versions

# Rows of these are somebody's: a database that has any is not empty. In English, for the sentence.
SOMEBODYS = {
    "auth_user": "people",
    "endpoints_resource": "Speech resources",
    "endpoints_endpoint": "endpoints",
    "endpoints_change": "changes",
    "endpoints_event": "events",
}
LOCK_SECONDS = 10


class NotEmpty(Exception):
    """The database is in use: a sentence."""


class WrongKeys(Exception):
    """A sentence."""


@dataclass
class Restored:
    """What a restore has done, for the person who called it."""

    manifest: dict[str, Any]
    rows: int = 0
    files: int = 0
    missing: int = 0  # content logs that rows name and the storage doesn't have
    unreadable: int = 0  # secrets that no key decrypts
    settled: settling.Settled | None = None


def verify(path: Path, *, encryption_keys: Sequence[str] | None) -> dict[str, Any]:
    """Read a backup once through; returns its manifest. `encryption_keys`: None to take any.

    Raises Damaged, TooNew, WrongKeys, OSError.
    """
    with archive.reading(path) as reader:
        try:
            unknown, needed = versions.unknown(reader.manifest["migrations"]), [*reader.manifest["keys"]]
        except (LookupError, TypeError, ValueError):
            raise archive.Damaged("It was changed since it was written.") from None
        if unknown:
            raise archive.TooNew(archive.newer(reader.manifest))
        if encryption_keys is not None and (why := keys.refusal(needed, encryption_keys)):
            raise WrongKeys(why)
        for _name, _content in reader.members():
            pass
        return reader.manifest


def refuse_unless_empty() -> None:
    """Raises NotEmpty when the database has rows of somebody."""
    with connection.cursor() as cursor:
        present = {*connection.introspection.table_names(cursor)}
        found = []
        for table in SOMEBODYS.keys() & present:
            cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 (our own names)
            if count := cursor.fetchone()[0]:
                found.append(f"{SOMEBODYS[table]}: {count}")
    if found:
        raise NotEmpty(
            f"The database isn't empty ({', '.join(sorted(found))}). A backup is restored into an empty one only: "
            "set DATABASE_URL, or VAR with SQLite, to a new one."
        )


def restore(path: Path, *, application: dict[str, Any]) -> Restored:
    """Restore a verified backup. `application`: the role to grant rights to, as rights.owner_connected gives it.

    Raises NotEmpty, Damaged, StorageFailed, IntegrityError and other errors of the database; then no row has changed.
    """
    with archive.reading(path) as reader, _all_or_nothing():
        done = Restored(reader.manifest)
        then = versions.migrate_to([(app, name) for app, name in reader.manifest["migrations"]])
        with _unchecked():
            _load(reader, then, done)
        tables.set_numbering(then, reader.manifest["numbering"])
        versions.migrate_on()
        with transaction.atomic():
            at = datetime.fromisoformat(reader.manifest["at"])
            done.settled = settling.settle(backup_at=at, version=str(reader.manifest["version"]))
            done.missing = stored_logs.forget_missing()
        done.unreadable = encrypted_values.unreadable()
        if application:
            rights.grant(application["USER"], application["PASSWORD"])
    return done


def _load(reader: archive.Reader, then: Any, done: Restored) -> None:
    models = {tables.label(model): model for model in then.get_models(include_auto_created=True)}
    for model in reversed(tables.kept(then)):  # what migrations have put there
        model._base_manager.all().delete()
    loaded: dict[str, int] = {}
    for name, content in reader.members():
        if name.startswith(archive.LOGS):
            stored_logs.put(name, content)
            done.files += 1
        elif (table := name.removeprefix(archive.ROWS).partition("/")[0]) in models:
            loader = tables.Loader(models[table], reader.manifest["columns"][table])
            loaded[table] = loaded.get(table, 0) + loader.load(archive.rows_in(content))
            if connection.vendor == "postgresql" and not tables.references(models[table]) - loaded.keys():
                connection.check_constraints()  # so that the checks to be done don't pile up
    if loaded != {table: count for table, count in reader.end["rows"].items() if table in models}:
        raise archive.Damaged("It lacks rows.")
    done.rows = sum(loaded.values())


@contextmanager
def _unchecked() -> Iterator[None]:
    """References between rows are checked at the end, in whatever order they are written."""
    if connection.vendor == "postgresql":
        yield
        connection.check_constraints()
        return
    with connection.constraint_checks_disabled(), transaction.atomic():
        yield
    connection.check_constraints()


@contextmanager
def _all_or_nothing() -> Iterator[None]:
    with _in_one_transaction() if connection.vendor == "postgresql" else _in_a_copy():
        yield


@contextmanager
def _in_one_transaction() -> Iterator[None]:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
            _lock(cursor)
            refuse_unless_empty()
            # What `setup` may have made. Our tables only: a database may be shared with other programs.
            names = connection.introspection.table_names(cursor)
            ours = {*connection.introspection.django_table_names(), rights.MIGRATIONS} & {*names}
            for name in sorted(ours):
                cursor.execute(f"DROP TABLE {connection.ops.quote_name(name)} CASCADE")
        yield


def _lock(cursor: Any) -> None:
    """Nobody adds rows between the look and the end."""
    present = {*connection.introspection.table_names(cursor)}
    for table in sorted(SOMEBODYS.keys() & present):
        cursor.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")


@contextmanager
def _in_a_copy() -> Iterator[None]:
    """SQLite: a new database beside the old one, whose content takes its place in one transaction of SQLite's."""
    refuse_unless_empty()
    place = connection.settings_dict
    name = place["NAME"]
    with tempfile.TemporaryDirectory(dir=Path(name).parent, prefix=".restoring-") as directory:
        copy = os.path.join(directory, "db.sqlite3")
        connection.close()
        place["NAME"] = copy
        try:
            yield
        finally:
            connection.close()
            place["NAME"] = name
        refuse_unless_empty()
        connection.close()
        with closing(sqlite3.connect(copy)) as source, closing(sqlite3.connect(name, timeout=LOCK_SECONDS)) as target:
            source.backup(target)
