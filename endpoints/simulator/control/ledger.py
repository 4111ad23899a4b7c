"""The ledger: every request with the ids that it created, changed and removed, recorded while it is executed."""

from __future__ import annotations

from collections import deque
from contextvars import ContextVar
from typing import Any

from msgspec import Struct, field

MAX_ENTRIES = 100_000


class Changes(Struct):
    made: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)


class LedgerEntry(Struct, omit_defaults=True):
    """One request; `status` is null until a response begins, and stays null if the connection is closed instead."""

    time: str
    method: str
    path: str
    status: int | None
    effect: Changes
    note: str | None = None


class Ledger:
    """The latest requests, oldest first."""

    def __init__(self) -> None:
        self.entries: deque[LedgerEntry] = deque(maxlen=MAX_ENTRIES)

    def open(self, time: str, method: str, path: str) -> LedgerEntry:
        entry = LedgerEntry(time, method, path, None, Changes())
        self.entries.append(entry)
        current.set(entry)
        return entry

    def as_json(self) -> list[dict[str, Any]]:
        rows = []
        for entry in self.entries:
            effect = {"made": entry.effect.made, "changed": entry.effect.changed, "removed": entry.effect.removed}
            row = {"time": entry.time, "method": entry.method, "path": entry.path, "status": entry.status}
            rows.append(row | {"effect": effect} | ({"note": entry.note} if entry.note else {}))
        return rows


current: ContextVar[LedgerEntry | None] = ContextVar("current", default=None)


def made(entity_id: str) -> None:
    if entry := current.get():
        entry.effect.made.append(entity_id)


def changed(entity_id: str) -> None:
    if entry := current.get():
        entry.effect.changed.append(entity_id)


def removed(entity_id: str) -> None:
    if entry := current.get():
        entry.effect.removed.append(entity_id)


def note(text: str) -> None:
    if entry := current.get():
        entry.note = text
