"""Real recordings as the content of logs (--logs-from): *.wav, each with an optional .txt or .json of the same name."""

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
        seconds = wav.wav_seconds(path.read_bytes())
    except wav.NotWav:
        return None
    text_file, json_file = path.with_suffix(".txt"), path.with_suffix(".json")
    return Recording(
        path=str(path),
        size=path.stat().st_size,
        duration=seconds,
        text=text_file.read_text("utf-8").strip() if text_file.is_file() else None,
        json=json_file.read_bytes() if json_file.is_file() else None,
    )


@lru_cache(maxsize=16)
def _recordings(directory: str) -> tuple[Recording, ...]:
    paths = sorted(Path(directory).glob("*.wav"))
    return tuple(recording for path in paths if (recording := _read(path)))


def pick(directory: str | None, name: str) -> Recording | None:
    """The recording for a log, always the same for the same name; None if there are no recordings."""
    recordings = _recordings(directory) if directory else ()
    if not recordings:
        return None
    return recordings[int.from_bytes(hashlib.blake2b(name.encode(), digest_size=4).digest()) % len(recordings)]
