"""What every request did: made, changed and removed ids, noted while it is carried out."""

from __future__ import annotations

from collections import deque
from contextvars import ContextVar
from typing import Any

from msgspec import Struct, field

LONGEST = 100_000


class Effect(Struct):
    made: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)


class Entry(Struct, omit_defaults=True):
    """One request; `status` is null while it has none, and stays null when the connection was closed instead."""

    time: str
    method: str
    path: str
    status: int | None
    effect: Effect
    note: str | None = None


class Ledger:
    """The newest requests, oldest first."""

    def __init__(self) -> None:
        self.entries: deque[Entry] = deque(maxlen=LONGEST)

    def open(self, time: str, method: str, path: str) -> Entry:
        entry = Entry(time, method, path, None, Effect())
        self.entries.append(entry)
        current.set(entry)
        return entry

    def plain(self) -> list[dict[str, Any]]:
        rows = []
        for entry in self.entries:
            effect = {"made": entry.effect.made, "changed": entry.effect.changed, "removed": entry.effect.removed}
            row = {"time": entry.time, "method": entry.method, "path": entry.path, "status": entry.status}
            rows.append(row | {"effect": effect} | ({"note": entry.note} if entry.note else {}))
        return rows


current: ContextVar[Entry | None] = ContextVar("current", default=None)


def made(thing: str) -> None:
    if entry := current.get():
        entry.effect.made.append(thing)


def changed(thing: str) -> None:
    if entry := current.get():
        entry.effect.changed.append(thing)


def removed(thing: str) -> None:
    if entry := current.get():
        entry.effect.removed.append(thing)


def note(text: str) -> None:
    if entry := current.get():
        entry.note = text
