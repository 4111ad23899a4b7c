"""What was said, as a table: CSV for a spreadsheet and JSON lines for a program, a row for each entry.

The CSV is written in the language of the person who requested it, the JSON lines are the same for everybody.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.models import User
from django.utils import translation

from endpoints.logs import transcripts
from endpoints.logs.download.zip_file import Spool
from endpoints.messages import spreadsheet
from endpoints.models import Preferences
from endpoints.models.log import FileKind

as_json = json.JSONEncoder(ensure_ascii=False).encode
COLUMNS = ("time", "duration", "text", "confidence", "outcome", "audio", "transcript")


class Tables:
    def __init__(self, spools: ExitStack, language: str) -> None:
        self.language = language
        self._csv, self._lines = Spool(spools), Spool(spools)
        with translation.override(language):
            self._csv.add(spreadsheet.csv_head(COLUMNS))

    def add(self, entry: Any, names: Mapping[str, str], said: bytes = b"") -> None:
        """A LogEntry, or a row of it. `names`: of its files in the zip, by kind. `said`: an unread transcript."""
        found = transcripts.read(said) if said else entry
        facts = {
            "time": moment(entry.at),
            "duration": round(entry.duration.total_seconds(), 3) if entry.duration is not None else None,
            "text": found.text,
            "confidence": None if found.confidence is None else round(found.confidence, 4),
            "outcome": str(found.outcome) or "unread",
        }
        audio, transcript = names.get(FileKind.AUDIO, ""), names.get(FileKind.TRANSCRIPTION, "")
        with translation.override(self.language):
            self._csv.add(spreadsheet.csv_row([*facts.values(), audio, transcript]))
        files = {"audio": audio or None, "transcript": transcript or None}
        self._lines.add(f"{as_json({**facts, **files})}\n")

    def parts(self) -> list[tuple[str, Spool]]:
        return [("transcripts.csv", self._csv), ("transcripts.jsonl", self._lines)]


def language_of(person: User | None) -> str:
    """The language that somebody has chosen, or else that of the installation: a worker knows no browser."""
    chosen = Preferences.objects.filter(user=person).first() if person else None
    return (chosen and chosen.language) or translation.get_language()


def moment(at: datetime | None) -> str | None:
    """In the format of the service."""
    return f"{at.astimezone(UTC).isoformat(timespec='seconds')[:19]}Z" if at else None
