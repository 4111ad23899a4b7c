"""Store what was fetched: the rows of files, what their transcripts say, and the counts of each day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone

from endpoints.logs.storage.place import store
from endpoints.models import LogDay, LogEntry, LogFile

if TYPE_CHECKING:
    from endpoints.logs.fetch.transfer import Facts
    from endpoints.logs.transcripts import Transcript

GIVE_UP_AFTER = 5  # failures of one file, for reasons of its own
OF_FILES = ["stored_as", "stored_at", "sha256", "size", "gone_at", "problem", "failures", "lease", "leased_until"]
PLAIN = (str, int, float, type(None))  # what every database takes as it is
OF_ENTRIES = ["outcome", "text", "confidence", "duration"]


def save(results: Sequence[tuple[LogFile, Facts]], lease: UUID, etags: Iterable[tuple[int, str]] = ()) -> int:
    """Save in one transaction, for the files that are still ours. Returns how many are stored now.

    etags: of large files that have begun, by which another worker can continue them.
    """
    with transaction.atomic():
        for pk, etag in etags:
            LogFile.objects.filter(pk=pk, lease=lease).update(etag=etag)
        if not results:
            return 0
        pks = [row.pk for row, _facts in results]
        ours = set(LogFile.objects.select_for_update().filter(lease=lease, pk__in=pks).values_list("pk", flat=True))
        strays = _strays([(row, facts) for row, facts in results if row.pk not in ours])
        kept = [(row, facts) for row, facts in results if row.pk in ours]
        now = timezone.now()
        for row, facts in kept:
            _update(row, facts, now)
        _save_rows(kept)
    for name in strays:
        store().delete(name)
    return sum(bool(facts.get("stored_as")) for _row, facts in kept)


def _strays(late: list[tuple[LogFile, Facts]]) -> list[str]:
    """What was stored after the lease ended, for rows that are gone or that have their file under another name.

    Another worker may be about to store the same file under the same name: that is left alone.
    """
    rows = dict(LogFile.objects.filter(pk__in=[row.pk for row, _facts in late]).values_list("pk", "stored_as"))
    stored = [(row.pk, facts["stored_as"]) for row, facts in late if facts.get("stored_as")]
    return [name for pk, name in stored if pk not in rows or rows[pk] not in ("", name)]


def _update(row: LogFile, facts: Facts, now: datetime) -> None:
    row.lease = row.leased_until = None
    row.problem = ""
    if failure := facts.get("failed"):
        row.failures += 1
        row.problem = failure if row.failures >= GIVE_UP_AFTER else ""
        return
    row.failures = 0
    row.gone_at = facts.get("gone_at")
    if facts.get("stored_as"):
        row.stored_as, row.sha256, row.size = facts["stored_as"], facts["sha256"], facts["size"]
        row.stored_at = now


def _save_rows(results: list[tuple[LogFile, Facts]]) -> None:
    days: dict[date, Counter[str]] = {}
    entries: dict[int, LogEntry] = {}
    for row, facts in results:
        if not facts.get("failed"):
            days.setdefault(row.entry.day, Counter())["archived" if facts.get("stored_as") else "vanished"] += 1
        if said := facts.get("transcript"):
            _add_transcript(entries.setdefault(row.entry_id, row.entry), said)
    _write([row for row, _facts in results], OF_FILES)
    _write(list(entries.values()), OF_ENTRIES)
    if empty := [row.entry_id for row, facts in results if facts.get("size") == 0]:
        LogEntry.objects.filter(pk__in=empty).update(empty=True)
    if results:
        LogDay.objects.add(results[0][0].endpoint, {day: dict(counts) for day, counts in days.items()})


def _add_transcript(entry: LogEntry, said: Transcript) -> None:
    entry.outcome, entry.text, entry.confidence = said.outcome, said.text, said.confidence
    if entry.duration is None and said.seconds is not None:
        entry.duration = timedelta(seconds=said.seconds)


def _write(rows: Sequence[Model], names: Sequence[str]) -> None:
    """Save these fields of rows of one model, each with its own values, by one prepared statement.

    For 2,000 pairs this takes 0.2 s of processor time; bulk_create() as an upsert takes 0.65 s, bulk_update() 6.6 s.
    """
    if not rows:
        return
    quote, meta = connection.ops.quote_name, rows[0]._meta
    fields: list[Any] = [meta.get_field(name) for name in (*names, "id")]
    assigned = ", ".join(f"{quote(field.column)} = %s" for field in fields[:-1])

    def prepared(field: Any, value: Any) -> Any:
        return value if isinstance(value, PLAIN) else field.get_db_prep_save(value, connection)

    values = [[prepared(field, getattr(row, field.attname)) for field in fields] for row in rows]
    with connection.cursor() as cursor:
        cursor.executemany(f"UPDATE {quote(meta.db_table)} SET {assigned} WHERE id = %s", values)  # noqa: S608 (our names)
