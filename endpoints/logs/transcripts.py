"""What a transcript says. The API description does not define its format: known ones are read, others are kept unread.

| Format | Of | Its phrases |
| --- | --- | --- |
| `RecognitionStatus`, `DisplayText`, `NBest` | "Speech to text REST API for short audio" | the object itself |
| `combinedRecognizedPhrases`, `recognizedPhrases` | "Get batch transcription results" | each with `nBest` |
| `AudioFileResults` | the same of version 2 | its `SegmentResults`, each with `NBest` |
| `combinedPhrases`, `phrases` | "Use the fast transcription API" | each with `text` and `confidence` |

Several of them may stand in an array, or one on each line (JSON lines). Names are compared without regard to case.
Offsets and durations are counted in ticks of 100 ns, or, where a name says so, in milliseconds or seconds; batch
transcription also writes them in the format of ISO 8601.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.utils.dateparse import parse_duration

from endpoints.models.log import Outcome

TICKS = 10_000_000  # a second
UNITS = (("milliseconds", 1000), ("inticks", TICKS), ("inseconds", 1), ("", TICKS))  # endings of names
LONGEST = 100_000_000  # seconds: what lasts longer is a mistake
TEXTS = ("display", "displaytext", "text", "maskeditn", "itn", "lexical")  # the best first
PHRASES = ("recognizedphrases", "segmentresults", "phrases")
COMBINED = ("combinedrecognizedphrases", "combinedresults", "combinedphrases")
SINGLE = ("recognitionstatus", "displaytext", "nbest")  # what an object has that is a phrase itself
FAILED = ("error", "failure")
Object = dict[str, Any]  # of JSON, with its names in lower case


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


@dataclass(frozen=True)
class _Part:
    """One object of a known format."""

    phrases: list[Object]
    whole: str  # the text of all phrases, if it is given
    seconds: float | None

    @property
    def text(self) -> str:
        return self.whole or _joined(_text_of(phrase) for phrase in self.phrases)


UNREADABLE = Transcript(Outcome.UNREADABLE)


def read(data: bytes, *, words: bool = True) -> Transcript:
    """The transcript in these bytes, with its single words or without; UNREADABLE for anything else."""
    files = [file for one in _objects(data) for file in _list(one.get("audiofileresults")) or [one]]
    parts = [part for file in files if (part := _part(file))]
    if not parts:
        return UNREADABLE
    phrases = [phrase for part in parts for phrase in part.phrases]
    text = _joined(part.text for part in parts)
    sure = [value for one in phrases if (value := _number(_best(one).get("confidence"))) is not None]
    failed = any(_text(one, "recognitionstatus").lower() in FAILED for one in phrases)
    return Transcript(
        outcome=Outcome.RECOGNIZED if text else Outcome.ERROR if failed else Outcome.NOTHING,
        text=text,
        confidence=min(max(sum(sure) / len(sure), 0.0), 1.0) if sure and text else None,
        seconds=parts[0].seconds if len(parts) == 1 else _end(phrases),
        words=[word for one in phrases for word in _words(_best(one))] if words else [],
    )


def _objects(data: bytes) -> list[Object]:
    """The objects of a JSON text or of JSON lines; none for anything else."""
    try:
        text = data.decode(json.detect_encoding(data))
        try:
            said = json.loads(text)
        except json.JSONDecodeError:
            said = [json.loads(line) for line in text.split("\n") if line.strip()]
    except (ValueError, RecursionError):
        return []
    return _list(said if isinstance(said, list) else [said])


def _part(said: Object) -> _Part | None:
    """What this object is in one of the formats; None when it is in none."""
    if any(name in said for name in (*PHRASES, *COMBINED)):
        phrases = [one for name in PHRASES for one in _list(said.get(name))]
        whole = _joined(_text(one, *TEXTS) for name in COMBINED for one in _list(said.get(name)))
        return _Part(phrases, whole, _seconds(said, "duration", "audiolength") or _end(phrases))
    if any(name in said for name in SINGLE):
        return _Part([said], _text(said, "displaytext"), _seconds(said, "duration"))
    return None


def _best(phrase: Object) -> Object:
    """Its best alternative, or the phrase itself where it has no alternatives."""
    return next(iter(_list(phrase.get("nbest"))), phrase)


def _text_of(phrase: Object) -> str:
    return _text(_best(phrase), *TEXTS) or _text(phrase, *TEXTS)


def _words(best: Object) -> list[Word]:
    found = []
    for one in _list(best.get("displaywords")) or _list(best.get("words")):
        text = _text(one, "displaytext", "word", "text")
        start, length = _seconds(one, "offset"), _seconds(one, "duration")
        if text and start is not None and length is not None:
            found.append(Word(text, start, start + length))
    return found


def _end(phrases: list[Object]) -> float | None:
    """When the last of these phrases ends."""
    spans = ((_seconds(one, "offset") or 0.0, _seconds(one, "duration")) for one in phrases)
    return max((start + length for start, length in spans if length is not None), default=None)


def _list(value: Any) -> list[Object]:
    """The objects in an array, with their names in lower case."""
    found = (one for one in value if isinstance(one, dict)) if isinstance(value, list) else ()
    return [{name.lower(): inner for name, inner in one.items()} for one in found]


def _joined(texts: Iterable[str]) -> str:
    return " ".join(filter(None, texts))


def _text(one: Object, *names: str) -> str:
    """As the database can store it: JSON may contain lone surrogates and NUL."""
    found = next((value for name in names if isinstance(value := one.get(name), str) and value), "")
    return found.replace("\0", "").encode(errors="replace").decode()


def _number(value: Any) -> float | None:
    usable = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e18
    return float(value) if usable else None


def _seconds(one: Object, *names: str) -> float | None:
    for name in names:
        for unit, scale in UNITS:
            value = one.get(name + unit)
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
