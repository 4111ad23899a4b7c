"""Makes a backup: all rows of one moment, then the content logs that those rows say are saved here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import connection

from endpoints import audit
from endpoints.backups import archive, keys, stored_logs, tables, versions
from endpoints.backups.snapshot import snapshot
from endpoints.models.claim import database_now
from endpoints.models.verbs import Verb


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

    `in_between`: called when the moment is fixed and no row has been read. Raises FileExistsError, OSError, NotCurrent.
    """
    missing, current = 0, versions.refuse_unless_current()
    with archive.writing(path) as writer, snapshot():
        if versions.applied() != current:
            raise versions.NotCurrent("DATABASE_URL: the database was migrated at this moment. Start the backup again.")
        writer.add_json(archive.MANIFEST, _manifest(version, encryption_keys, logs))
        in_between()
        for model in tables.kept(apps):
            writer.add_rows(tables.label(model), tables.lines(model))
        if logs == stored_logs.Mode.WHOLE:
            missing = stored_logs.add_all(writer)
        writer.finish(missing=missing)
    made = Made(sum(writer.rows.values()), writer.files, writer.bytes, missing)
    audit.record(Verb.BACKED_UP, rows=made.rows, files=made.files, logs=logs.value)
    return made


def _manifest(version: str, encryption_keys: Sequence[str], logs: stored_logs.Mode) -> dict[str, Any]:
    return {
        "product": "Speech Studio, self-hosted",
        "format": archive.FORMAT,
        "version": version,
        "at": database_now().astimezone(UTC).isoformat(),
        "made_at": datetime.now(UTC).isoformat(),
        "database": connection.vendor,
        "migrations": versions.applied(),
        "keys": keys.fingerprints(encryption_keys),
        "logs": logs.value,
        "columns": {tables.label(model): tables.columns(model) for model in tables.kept(apps)},
        "numbering": tables.numbering(apps),
    }
