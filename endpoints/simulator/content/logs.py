"""The content logs of an endpoint, or of a language's base model: which there are, their sizes and their bytes.

Names as the service gives them (service-facts 5): a pair of HHMMSS__<guid>.wav and HHMMSS__<guid>.v2.json; the id
puts the day in front and has underscores for dots. Most logs are computed from the seed whenever they are asked for.
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
from ..world.entities import DAY, Logging, Recorded
from ..world.world import World
from . import recordings, wav
from .transfers import Stretch

RETENTION = 30 * DAY  # service-facts 5
SPREAD = 3 * DAY  # computed logs lie in the three days before the endpoint began to log
AUDIO, TRANSCRIPT = "_wav", "_v2_json"  # how ids end
STORED = 8_000_000  # bytes of recognised audio that are kept for each endpoint or language


class Pair(Struct, frozen=True):
    """Audio and transcript of one utterance; `recorded` holds the audio when somebody really sent it."""

    guid: str
    created: float
    recorded: Recorded | None = None


Named = tuple[str, Pair, bool]  # id, pair, is it the audio


class Log(Struct, frozen=True, kw_only=True):
    """One file. `size` in bytes, `duration` in seconds; the bytes come from `part`."""

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

    def stretches(self, start: int, stop: int) -> Iterator[bytes | Stretch]:
        if self.content is not None:
            yield self.content[start:stop]
        elif self.path is not None:
            with Path(self.path).open("rb") as file:
                yield file, start, stop - start
        else:
            yield from wav.stretches(self.id, self.size, start, stop)

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
def _computed(seed: int, endpoint_id: str, until: float, count: int) -> dict[str, Named]:
    """The logs by id; they are asked for one by one, so that none of them is computed twice."""
    chance = random.Random(f"{seed}/{endpoint_id}/logs")  # noqa: S311 - not a secret
    step = SPREAD / max(1, count)
    first = until - SPREAD
    pairs = (
        Pair(str(uuid.UUID(int=chance.getrandbits(128), version=4)), first + (index + chance.random()) * step)
        for index in range(count)
    )
    return {named[0]: named for pair in pairs for named in _halves(pair)}


@lru_cache(maxsize=4096)
def _written(guid: str, said: str | None, locale: str, duration: float) -> bytes:
    """A transcript, as it is listed and read a moment later."""
    text = said or sentences.text(guid, locale, duration)
    return msgspec.json.encode(sentences.transcription(guid, text, locale, duration))


def _halves(pair: Pair) -> Iterator[Named]:
    day, stem = _names(pair)
    for audio, ending in ((True, AUDIO), (False, TRANSCRIPT)):
        yield f"{day}_{stem}{ending}", pair, audio


def _names(pair: Pair) -> tuple[str, str]:
    """Day and stem: ("2026-03-02", "101503__<guid>")."""
    moment = time.gmtime(pair.created)
    return time.strftime("%Y-%m-%d", moment), f"{time.strftime('%H%M%S', moment)}__{pair.guid}"


def order(log_id: str) -> tuple[str, bool]:
    """Logs lie in the order of their time, the audio of a pair before its transcript."""
    transcript = log_id.endswith(TRANSCRIPT)
    return log_id.removesuffix(TRANSCRIPT if transcript else AUDIO), transcript


def ids(world: World, holder: Logging) -> list[Named]:
    """(id, pair, is it the audio) of every log that is there now, oldest first."""
    earliest = _earliest(world, holder)
    found = list(_seeded(world, holder).values())
    found += [named for one in holder.recorded for named in _halves(Pair(one.guid, one.created, one))]
    return [named for named in found if named[1].created >= earliest and named[0] not in holder.removed_logs]


def _seeded(world: World, holder: Logging) -> dict[str, Named]:
    if holder.logs_from is None or holder.logs_from > world.now():
        return {}
    return _computed(world.options.seed, holder.id, holder.logs_from, world.options.logs)


def _earliest(world: World, holder: Logging) -> float:
    now = world.now()
    cutoff = max((purge.cutoff for purge in holder.purges if purge.effective <= now), default=0.0)
    return max(cutoff, now - RETENTION)


def build(world: World, holder: Logging, pair: Pair, audio: bool) -> Log:
    """The log with its exact size; a transcript is written out for that, audio is not."""
    day, stem = _names(pair)
    sound_id = f"{day}_{stem}{AUDIO}"
    recording = recordings.choice(world.options.logs_from, pair.guid) if pair.recorded is None else None
    if pair.recorded:
        size, duration = len(pair.recorded.audio), pair.recorded.duration
    elif recording:
        size, duration = recording.size, recording.duration
    else:
        size = wav.size_for(sound_id, world.options.log_bytes)
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
        said = pair.recorded.text if pair.recorded else recording.text if recording else None
        content = _written(pair.guid, said, holder.locale, duration)
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


def find(world: World, holder: Logging, log_id: str) -> Log | None:
    if log_id in holder.removed_logs:
        return None
    named = _seeded(world, holder).get(log_id)
    if named is None:
        recorded = (named for one in holder.recorded for named in _halves(Pair(one.guid, one.created, one)))
        named = next((one for one in recorded if one[0] == log_id), None)
    if named is None or named[1].created < _earliest(world, holder):
        return None
    return build(world, holder, named[1], named[2])


def record(world: World, holder: Logging, recorded: Recorded) -> None:
    """Keep a pair that recognition made; when its audio grows too much, the oldest pairs go."""
    holder.recorded.append(recorded)
    total = sum(len(one.audio) for one in holder.recorded)
    while total > STORED and len(holder.recorded) > 1:
        total -= len(holder.recorded.pop(0).audio)
    world.touch()
