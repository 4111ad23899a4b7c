"""The content logs of an endpoint, or of the base model of a locale: which exist, their sizes and their bytes.

Names ("How to log audio and transcriptions for speech recognition"): a pair of HHMMSS__<guid>.wav and
HHMMSS__<guid>.v2.json; the id begins with the day and has underscores instead of dots. Most logs are generated from the
seed at each request.
"""

from __future__ import annotations

import hashlib
import random
import time
import uuid
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import msgspec
from msgspec import Struct

from ..recognition import sentences
from ..world.entities import DAY, LogOwner, RecordedLog
from ..world.world import World
from . import recordings, wav
from .transfers import FileRange

RETENTION = 30 * DAY  # "How to log audio and transcriptions for speech recognition"
GENERATED_PERIOD = 3 * DAY  # generated logs are from the three days before the endpoint began to log
AUDIO, TRANSCRIPT = "_wav", "_v2_json"  # endings of ids
MAX_STORED_BYTES = 8_000_000  # audio of recognition requests, for each endpoint or locale


class LogPair(Struct, frozen=True):
    """Audio and transcript of one utterance; `recorded` is the recognition request, None for a generated pair."""

    guid: str
    created: float
    recorded: RecordedLog | None = None


LogKey = tuple[str, LogPair, bool]  # id, pair, whether it is the audio


class Log(Struct, frozen=True, kw_only=True):
    """One file. `size` in bytes, `duration` in seconds; without `content` and `path` the bytes are generated."""

    id: str
    name: str
    audio: bool
    created: float
    size: int
    duration: float
    content: bytes | None = None
    path: str | None = None

    def part(self, start: int, stop: int) -> bytes:
        if self.content is not None:
            return self.content[start:stop]
        if self.path is not None:
            with Path(self.path).open("rb") as file:
                file.seek(start)
                return file.read(stop - start)
        return wav.part(self.id, self.size, start, stop)

    def file_ranges(self, start: int, stop: int) -> Iterator[bytes | FileRange]:
        if self.content is not None:
            yield self.content[start:stop]
        elif self.path is not None:
            with Path(self.path).open("rb") as file:
                yield file, start, stop - start
        else:
            yield from wav.file_ranges(self.id, self.size, start, stop)

    @property
    def media(self) -> str:
        return "audio/wav" if self.audio else "application/json"

    @property
    def day(self) -> str:
        return self.id[:10]

    @property
    def etag(self) -> str:
        return f'"0x{hashlib.blake2b(f"{self.id}/{self.size}".encode(), digest_size=8).hexdigest().upper()}"'


@lru_cache(maxsize=512)
def _generated(seed: int, endpoint_id: str, until: float, count: int) -> dict[str, LogKey]:
    """The keys of the generated logs by id; cached, because clients request log after log."""
    rng = random.Random(f"{seed}/{endpoint_id}/logs")  # noqa: S311 - not a secret
    step = GENERATED_PERIOD / max(1, count)
    first = until - GENERATED_PERIOD
    pairs = (
        LogPair(str(uuid.UUID(int=rng.getrandbits(128), version=4)), first + (index + rng.random()) * step)
        for index in range(count)
    )
    return {key[0]: key for pair in pairs for key in _keys_of(pair)}


@lru_cache(maxsize=4096)
def _transcript(guid: str, text: str | None, locale: str, duration: float) -> bytes:
    """The bytes of a transcript; cached, because listing needs the size and reading the bytes."""
    text = text or sentences.text(guid, locale, duration)
    return msgspec.json.encode(sentences.transcription(guid, text, locale, duration))


def _keys_of(pair: LogPair) -> Iterator[LogKey]:
    day, stem = _day_and_stem(pair)
    for audio, ending in ((True, AUDIO), (False, TRANSCRIPT)):
        yield f"{day}_{stem}{ending}", pair, audio


def _day_and_stem(pair: LogPair) -> tuple[str, str]:
    """Day and file name without extension: ("2026-03-02", "101503__<guid>")."""
    moment = time.gmtime(pair.created)
    return time.strftime("%Y-%m-%d", moment), f"{time.strftime('%H%M%S', moment)}__{pair.guid}"


def sort_key(log_id: str) -> tuple[str, bool]:
    """The sort key of a log: by time, the audio of a pair before its transcript."""
    transcript = log_id.endswith(TRANSCRIPT)
    return log_id.removesuffix(TRANSCRIPT if transcript else AUDIO), transcript


def keys(world: World, owner: LogOwner) -> list[LogKey]:
    """The keys of all logs that exist now: generated ones, then those of recognition requests."""
    earliest = _oldest_kept(world, owner)
    found = list(_generated_now(world, owner).values())
    found += [key for one in owner.recorded for key in _keys_of(LogPair(one.guid, one.created, one))]
    return [key for key in found if key[1].created >= earliest and key[0] not in owner.removed_logs]


def _generated_now(world: World, owner: LogOwner) -> dict[str, LogKey]:
    if owner.logs_from is None or owner.logs_from > world.now():
        return {}
    return _generated(world.options.seed, owner.id, owner.logs_from, world.options.logs)


def _oldest_kept(world: World, owner: LogOwner) -> float:
    now = world.now()
    cutoff = max((purge.cutoff for purge in owner.purges if purge.effective <= now), default=0.0)
    return max(cutoff, now - RETENTION)


def build(world: World, owner: LogOwner, pair: LogPair, audio: bool) -> Log:
    """The log with its exact size; a transcript is generated for that, audio is not."""
    day, stem = _day_and_stem(pair)
    sound_id = f"{day}_{stem}{AUDIO}"
    recording = recordings.pick(world.options.logs_from, pair.guid) if pair.recorded is None else None
    if pair.recorded:
        size, duration = len(pair.recorded.audio), pair.recorded.duration
    elif recording:
        size, duration = recording.size, recording.duration
    else:
        size = wav.generated_size(sound_id, world.options.log_bytes)
        duration = wav.duration(size)
    if audio:
        return Log(
            id=sound_id,
            name=f"{stem}.wav",
            audio=True,
            created=pair.created,
            size=size,
            duration=duration,
            content=pair.recorded.audio if pair.recorded else None,
            path=recording.path if recording else None,
        )
    if recording and recording.json:
        content = recording.json
    else:
        text = pair.recorded.text if pair.recorded else recording.text if recording else None
        content = _transcript(pair.guid, text, owner.locale, duration)
    name = f"{stem}.v2.json"
    return Log(
        id=f"{day}_{stem}{TRANSCRIPT}",
        name=name,
        audio=False,
        created=pair.created,
        size=len(content),
        duration=duration,
        content=content,
    )


def find(world: World, owner: LogOwner, log_id: str) -> Log | None:
    if log_id in owner.removed_logs:
        return None
    key = _generated_now(world, owner).get(log_id)
    if key is None:
        recorded = (key for one in owner.recorded for key in _keys_of(LogPair(one.guid, one.created, one)))
        key = next((one for one in recorded if one[0] == log_id), None)
    if key is None or key[1].created < _oldest_kept(world, owner):
        return None
    return build(world, owner, key[1], key[2])


def store(world: World, owner: LogOwner, recorded: RecordedLog) -> None:
    """Store the pair of a recognition request; beyond MAX_STORED_BYTES the oldest pairs are dropped."""
    owner.recorded.append(recorded)
    total = sum(len(one.audio) for one in owner.recorded)
    while total > MAX_STORED_BYTES and len(owner.recorded) > 1:
        total -= len(owner.recorded.pop(0).audio)
    world.mark_changed()
