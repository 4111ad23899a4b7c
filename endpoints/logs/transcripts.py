"""What a transcript says. The API description does not define its format: two are known, others are kept unread.

The one of short audio has DisplayText and NBest ("Speech to text REST API for short audio"); the one of batch
transcription combinedRecognizedPhrases and recognizedPhrases ("Get batch transcription results"). Offsets and durations
are counted in ticks of 100 ns, or, where a name says so, in milliseconds; batch transcription also writes them in the
format of ISO 8601.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.utils.dateparse import parse_duration

from endpoints.models.log import Outcome

TICKS = 10_000_000  # a second
LONGEST = 100_000_000  # seconds: what lasts longer is a mistake
WAVE_HEAD = 12  # bytes that tell a WAV file


@dataclass(frozen=True)
class Word:
    """One word as it was recognized; `start` and `end` in seconds from the beginning of the recording."""

    text: str
    start: float
    end: float


@dataclass(frozen=True)
class Transcript:
    outcome: Outcome
    text: str = ""
    confidence: float | None = None  # 0 to 1
    seconds: float | None = None
    words: list[Word] = field(default_factory=list)


UNREADABLE = Transcript(Outcome.UNREADABLE)


def is_wave(head: bytes) -> bool:
    """Whether these bytes begin a recording that browsers can play."""
    return len(head) >= WAVE_HEAD and head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE"


def read(data: bytes, *, words: bool = True) -> Transcript:
    """The transcript in these bytes, with its single words or without; UNREADABLE for anything else."""
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        return UNREADABLE
    if not isinstance(said, dict):
        return UNREADABLE
    if "recognizedPhrases" in said or "combinedRecognizedPhrases" in said:
        phrases = _list(said.get("recognizedPhrases"))
        whole = " ".join(filter(None, (_text(one, "display") for one in _list(said.get("combinedRecognizedPhrases")))))
    elif "RecognitionStatus" in said or "DisplayText" in said or "NBest" in said:
        phrases, whole = [said], _text(said, "DisplayText")
    else:
        return UNREADABLE
    best = [_best(phrase) for phrase in phrases]
    text = whole or " ".join(filter(None, (_text(one, "Display", "display") for one in best)))
    sure = [value for one in best if (value := _number(one.get("Confidence", one.get("confidence")))) is not None]
    return Transcript(
        outcome=Outcome.RECOGNIZED if text else Outcome.NOTHING,
        text=text,
        confidence=min(max(sum(sure) / len(sure), 0.0), 1.0) if sure and text else None,
        seconds=_seconds(said, "Duration", "duration"),
        words=[word for one in best for word in _words(one)] if words else [],
    )


def _best(phrase: dict[str, Any]) -> dict[str, Any]:
    return next(iter(_list(phrase.get("NBest", phrase.get("nBest")))), {})


def _words(best: dict[str, Any]) -> list[Word]:
    found = []
    for one in _list(best.get("DisplayWords") or best.get("displayWords") or best.get("Words") or best.get("words")):
        text = _text(one, "DisplayText", "displayText", "Word", "word")
        start, length = _seconds(one, "Offset", "offset"), _seconds(one, "Duration", "duration")
        if text and start is not None and length is not None:
            found.append(Word(text, start, start + length))
    return found


def _list(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _text(one: dict[str, Any], *names: str) -> str:
    """As the database can store it: JSON may contain lone surrogates and NUL."""
    found = next((value for name in names if isinstance(value := one.get(name), str) and value), "")
    return found.replace("\0", "").encode(errors="replace").decode()


def _number(value: Any) -> float | None:
    usable = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e18
    return float(value) if usable else None


def _seconds(one: dict[str, Any], *names: str) -> float | None:
    for name in names:
        for key, scale in ((f"{name}Milliseconds", 1000), (f"{name}InTicks", TICKS), (name, TICKS)):
            value = one.get(key)
            number = _number(value)
            seconds = _iso(value) if isinstance(value, str) else None if number is None else number / scale
            if seconds is not None and seconds <= LONGEST:
                return seconds
    return None


def _iso(text: str) -> float | None:
    """A duration like PT1.25S."""
    try:
        span = parse_duration(text) if text.startswith("P") and len(text) < 40 else None
    except (OverflowError, ValueError):
        return None
    return span.total_seconds() if span is not None and span >= timedelta() else None
