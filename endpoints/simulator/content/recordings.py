"""Real recordings as the content of logs (--logs-from): *.wav, with a .txt or .json of the same stem beside it."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from msgspec import Struct

from . import wav


class Recording(Struct, frozen=True):
    path: str
    size: int
    duration: float
    text: str | None
    json: bytes | None


def _read(path: Path) -> Recording | None:
    try:
        seconds = wav.measured(path.read_bytes())
    except wav.NotAudio:
        return None
    said, written = path.with_suffix(".txt"), path.with_suffix(".json")
    return Recording(
        path=str(path),
        size=path.stat().st_size,
        duration=seconds,
        text=said.read_text("utf-8").strip() if said.is_file() else None,
        json=written.read_bytes() if written.is_file() else None,
    )


@lru_cache(maxsize=16)
def _found(directory: str) -> tuple[Recording, ...]:
    paths = sorted(Path(directory).glob("*.wav"))
    return tuple(recording for path in paths if (recording := _read(path)))


def choice(directory: str | None, name: str) -> Recording | None:
    """The recording for a log, always the same for the same name; none without recordings."""
    found = _found(directory) if directory else ()
    if not found:
        return None
    return found[int.from_bytes(hashlib.blake2b(name.encode(), digest_size=4).digest()) % len(found)]
