"""The content logs of an endpoint, or of a language's base model: which there are, their sizes and their bytes.

Names as the service gives them (service-facts 5): a pair of HHMMSS__<guid>.wav and HHMMSS__<guid>.v2.json; the id
puts the day in front and has underscores for dots. Most logs are computed from the seed whenever they are asked for.
"""

from __future__ import annotations

import hashlib
import random
import time
import uuid
from functools import lru_cache
from pathlib import Path

import msgspec
from msgspec import Struct

from . import recordings, sound, speaking
from .entities import DAY, Logging, Recorded
from .world import World

RETENTION = 30 * DAY  # service-facts 5
SPREAD = 3 * DAY  # computed logs lie in the three days before the endpoint began to log
AUDIO, TRANSCRIPT = "_wav", "_v2_json"  # how ids end
STORED = 8_000_000  # bytes of recognised audio that are kept for each endpoint or language


class Pair(Struct, frozen=True):
    """Audio and transcript of one utterance; `recorded` holds the audio when somebody really sent it."""

    guid: str
    created: float
    recorded: Recorded | None = None


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
        return sound.part(self.id, self.size, start, stop)

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
def _computed(seed: int, endpoint_id: str, until: float, count: int) -> tuple[Pair, ...]:
    chance = random.Random(f"{seed}/{endpoint_id}/logs")  # noqa: S311 - not a secret
    step = SPREAD / max(1, count)
    first = until - SPREAD
    return tuple(
        Pair(str(uuid.UUID(int=chance.getrandbits(128), version=4)), first + (index + chance.random()) * step)
        for index in range(count)
    )


def _names(pair: Pair) -> tuple[str, str]:
    """Day and stem: ("2026-03-02", "101503__<guid>")."""
    moment = time.gmtime(pair.created)
    return time.strftime("%Y-%m-%d", moment), f"{time.strftime('%H%M%S', moment)}__{pair.guid}"


def order(log_id: str) -> tuple[str, bool]:
    """Logs lie in the order of their time, the audio of a pair before its transcript."""
    transcript = log_id.endswith(TRANSCRIPT)
    return log_id.removesuffix(TRANSCRIPT if transcript else AUDIO), transcript


def ids(world: World, holder: Logging) -> list[tuple[str, Pair, bool]]:
    """(id, pair, is it the audio) of every log that is there now, oldest first."""
    now = world.now()
    pairs: list[Pair] = []
    if holder.logs_from is not None and holder.logs_from <= now:
        options = world.options
        pairs.extend(_computed(options.seed, holder.id, holder.logs_from, options.logs))
    pairs.extend(Pair(one.guid, one.created, one) for one in holder.recorded)
    cutoff = max((purge.cutoff for purge in holder.purges if purge.effective <= now), default=0.0)
    earliest = max(cutoff, now - RETENTION)
    found = []
    for pair in pairs:
        if pair.created < earliest:
            continue
        day, stem = _names(pair)
        for audio, ending in ((True, AUDIO), (False, TRANSCRIPT)):
            log_id = f"{day}_{stem}{ending}"
            if log_id not in holder.removed_logs:
                found.append((log_id, pair, audio))
    return found


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
        size = sound.size_for(sound_id, world.options.log_bytes)
        duration = sound.duration(size)
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
        said = said or speaking.text(pair.guid, holder.locale, duration)
        content = msgspec.json.encode(speaking.transcription(pair.guid, said, holder.locale, duration))
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
    for one, pair, audio in ids(world, holder):
        if one == log_id:
            return build(world, holder, pair, audio)
    return None


def record(world: World, holder: Logging, recorded: Recorded) -> None:
    """Keep a pair that recognition made; when its audio grows too much, the oldest pairs go."""
    holder.recorded.append(recorded)
    total = sum(len(one.audio) for one in holder.recorded)
    while total > STORED and len(holder.recorded) > 1:
        total -= len(holder.recorded.pop(0).audio)
    world.touch()
