"""Write down what was fetched: the files, what their transcripts say, and the ledger of each day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from endpoints.logs import statements
from endpoints.logs.storage import store
from endpoints.models import LogDay, LogEntry, LogFile

if TYPE_CHECKING:
    from endpoints.logs.reading import Transcript
    from endpoints.logs.transfer import Facts

GIVE_UP_AFTER = 5  # failures of one file, for reasons of its own
OF_FILES = ["stored_as", "stored_at", "sha256", "size", "gone_at", "problem", "failures", "lease", "leased_until"]
OF_ENTRIES = ["outcome", "text", "confidence", "duration"]


def write_down(
    results: Sequence[tuple[LogFile, Facts]], lease: UUID, begun: Iterable[tuple[int, str]] = ()
) -> list[int]:
    """In one transaction, for the files that are still ours. Returns the sizes of those that are here now.

    begun: the etags of large files, by which somebody else can go on with them.
    """
    with transaction.atomic():
        for pk, etag in begun:
            LogFile.objects.filter(pk=pk, lease=lease).update(etag=etag)
        if not results:
            return []
        pks = [row.pk for row, _facts in results]
        ours = set(LogFile.objects.select_for_update().filter(lease=lease, pk__in=pks).values_list("pk", flat=True))
        strays = _strays([(row, facts) for row, facts in results if row.pk not in ours])
        kept = [(row, facts) for row, facts in results if row.pk in ours]
        now = timezone.now()
        for row, facts in kept:
            _tell(row, facts, now)
        _write([row for row, _facts in kept], kept)
    for name in strays:
        store().delete(name)
    return [facts["size"] for _row, facts in kept if facts.get("stored_as")]


def _strays(late: list[tuple[LogFile, Facts]]) -> list[str]:
    """What was stored too late, for rows that are gone or that have their file under another name.

    What another worker is about to store may get the same name: it is left alone, and swept when nobody wants it.
    """
    rows = dict(LogFile.objects.filter(pk__in=[row.pk for row, _facts in late]).values_list("pk", "stored_as"))
    stored = [(row.pk, facts["stored_as"]) for row, facts in late if facts.get("stored_as")]
    return [name for pk, name in stored if pk not in rows or rows[pk] not in ("", name)]


def _tell(row: LogFile, facts: Facts, now: datetime) -> None:
    """Put on the row what is known of it now."""
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


def _write(files: list[LogFile], results: list[tuple[LogFile, Facts]]) -> None:
    days: dict[date, Counter[str]] = {}
    entries: dict[int, LogEntry] = {}
    for row, facts in results:
        if not facts.get("failed"):
            days.setdefault(row.entry.day, Counter())["archived" if facts.get("stored_as") else "vanished"] += 1
        if said := facts.get("transcript"):
            entries[row.entry_id] = _read(row.entry, said)
    statements.update(LogFile, OF_FILES, files)
    statements.update(LogEntry, OF_ENTRIES, entries.values())
    if empty := [row.entry_id for row, facts in results if facts.get("size") == 0]:
        LogEntry.objects.filter(pk__in=empty).update(empty=True)
    if files:
        LogDay.objects.add(files[0].endpoint, {day: dict(counts) for day, counts in days.items()})


def _read(entry: LogEntry, said: Transcript) -> LogEntry:
    entry.outcome, entry.text, entry.confidence = said.outcome, said.text, said.confidence
    if entry.duration is None and said.seconds is not None:
        entry.duration = timedelta(seconds=said.seconds)
    return entry
