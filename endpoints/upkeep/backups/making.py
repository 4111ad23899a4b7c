"""Makes a backup: all rows of one moment, then the content logs that those rows say are saved here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import connection

from endpoints import audit
from endpoints.models.claim import database_now
from endpoints.models.verbs import Verb
from endpoints.upkeep.backups import archive, keys, stored_logs, tables, versions
from endpoints.upkeep.backups.snapshot import snapshot


@dataclass
class Made:
    """What is in a backup: rows, content logs with their bytes, and how many of these were removed meanwhile."""

    rows: int = 0
    files: int = 0
    bytes: int = 0
    missing: int = 0


def make(
    path: Path,
    *,
    version: str,
    encryption_keys: Sequence[str],
    logs: stored_logs.Mode,
    in_between: Callable[[], Any] = lambda: None,
) -> Made:
    """Write a backup to `path`, which must not exist, while others work. Records an event when it is whole.

    `in_between`: called when the moment is fixed and no row has been read. Raises FileExistsError, OSError, NotCurrent,
    StorageFailed.
    """
    current = versions.refuse_unless_current()
    with archive.writing(path) as writer, snapshot():
        if versions.applied() != current:
            raise versions.NotCurrent("DATABASE_URL: the database was migrated at this moment. Start the backup again.")
        in_between()
        missing = write(writer, apps, version=version, encryption_keys=encryption_keys, logs=logs)
    made = Made(sum(writer.rows.values()), writer.files, writer.bytes, missing)
    audit.record(Verb.BACKED_UP, rows=made.rows, files=made.files, logs=logs.value)
    return made


def write(
    writer: archive.Writer, models: Any, *, version: str, encryption_keys: Sequence[str], logs: stored_logs.Mode
) -> int:
    """Write all of it. `models`: Django's apps of the version that the database has.

    Returns how many content logs are missing, because they were removed meanwhile.
    """
    writer.add_json(archive.MANIFEST, _manifest(models, version, encryption_keys, logs))
    for model in tables.kept(models):
        writer.add_rows(tables.label(model), tables.lines(model))
    missing = stored_logs.add_all(writer) if logs == stored_logs.Mode.WHOLE else 0
    writer.finish(missing=missing)
    return missing


def _manifest(models: Any, version: str, encryption_keys: Sequence[str], logs: stored_logs.Mode) -> dict[str, Any]:
    return {
        "product": "Speech Studio, self-hosted",
        "format": archive.FORMAT,
        "version": version,
        "at": database_now().astimezone(UTC).isoformat(),
        "database": connection.vendor,
        "migrations": versions.applied(),
        "keys": keys.fingerprints(encryption_keys),
        "logs": logs.value,
        "columns": {tables.label(model): tables.columns(model) for model in tables.kept(models)},
        "numbering": tables.numbering(models),
    }
