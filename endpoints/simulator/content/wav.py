"""WAV files that are generated on the fly: 16 kHz, mono, 16 bit, a hum with the rhythm of speech."""

from __future__ import annotations

import array
import hashlib
import math
import struct
import sys
import tempfile
from collections.abc import Iterator
from functools import lru_cache
from typing import IO, NamedTuple

RATE = 16_000
WIDTH = 2
HEADER = 44
LEAD = 256  # samples of faint noise at the start, so that all files differ
VOICES = 8
REPEATS = 128  # seconds of a voice in the file that large recordings are sent from
_LOW = bytes((value - 128) & 0xFF for value in range(256))  # the two bytes of a faint sample, by its noise
_HIGH = bytes(0xFF if value < 128 else 0 for value in range(256))


PCM = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, RATE, RATE * WIDTH, WIDTH, WIDTH * 8)


class NotWav(ValueError):
    """The bytes are not a WAV file, or not one that can be read."""


class Samples(NamedTuple):
    """Where the samples of a WAV file begin, their size as the file declares it, and its chunk `fmt `."""

    start: int
    size: int
    form: bytes
    bytes_per_second: int


def header(data_bytes: int, form: bytes = PCM) -> bytes:
    """The RIFF header, 44 bytes for PCM; sizes beyond 4 GiB are written as the maximum of the field."""
    rest = len(form) + 12  # "WAVE", and the head of the data chunk
    whole, data = (struct.pack("<I", min(size, 0xFFFFFFFF)) for size in (rest + data_bytes, data_bytes))
    return b"RIFF" + whole + b"WAVE" + form + b"data" + data


@lru_cache(maxsize=VOICES)
def _second(voice: int) -> bytes:
    """One second (32,000 bytes): a tone with two overtones that swells three to five times."""
    pitch = 110 + 20 * voice
    syllables = 3 + voice % 3
    samples = array.array("h")
    for index in range(RATE):
        moment = index / RATE
        swell = max(0.0, math.sin(math.tau * syllables * moment)) ** 2
        turn = math.tau * pitch * moment
        tone = math.sin(turn) + 0.5 * math.sin(2 * turn) + 0.25 * math.sin(3 * turn)
        samples.append(int(4500 * swell * tone))
    if sys.byteorder == "big":
        samples.byteswap()
    return samples.tobytes()


@lru_cache(maxsize=256)
def _lead(name: str) -> bytes:
    noise = hashlib.shake_128(name.encode()).digest(LEAD)
    samples = bytearray(2 * LEAD)
    samples[::2], samples[1::2] = noise.translate(_LOW), noise.translate(_HIGH)
    return bytes(samples)


def generated_size(name: str, about: int) -> int:
    """The size of the file in bytes: `about` plus or minus a quarter, depending on the name; at least one sample."""
    spread = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=4).digest()) / 2**32
    samples = int((about * (0.75 + spread / 2) - HEADER) / WIDTH)
    return HEADER + WIDTH * max(1, samples)


def duration(size: int) -> float:
    """The duration in seconds of a generated file of so many bytes."""
    return (size - HEADER) / (RATE * WIDTH)


def part(name: str, size: int, start: int, stop: int) -> bytes:
    """The bytes from `start` up to `stop` of the generated file, without generating the rest."""
    voice, prefix = _second(_voice(name)), _prefix(name, size)
    offset = (max(start, len(prefix)) - len(prefix)) % len(voice)
    left = max(0, stop - max(start, len(prefix)))
    repeated = voice * ((offset + left) // len(voice) + 1)
    return prefix[start:stop] + repeated[offset : offset + left]


def file_ranges(name: str, size: int, start: int, stop: int) -> Iterator[bytes | tuple[IO[bytes], int, int]]:
    """The same bytes for files of any size: the first bytes, then ranges of one file as (file, offset, count)."""
    prefix = _prefix(name, size)
    if start < len(prefix):
        yield prefix[start:stop]
    file, length = _repeated(_voice(name))
    position = max(start, len(prefix)) - len(prefix)
    end = stop - len(prefix)
    while position < end:
        offset = position % length
        count = min(end - position, length - offset)
        yield file, offset, count
        position += count


def _voice(name: str) -> int:
    return hashlib.blake2b(name.encode(), digest_size=1).digest()[0] % VOICES


def _prefix(name: str, size: int) -> bytes:
    return header(size - HEADER) + _lead(name)[: size - HEADER]


@lru_cache(maxsize=VOICES)
def _repeated(voice: int) -> tuple[IO[bytes], int]:
    """A temporary file with some seconds of a voice, and its length."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - for the whole process
    file.write(_second(voice) * REPEATS)
    file.flush()
    return file, file.tell()


def find_samples(audio: bytes | bytearray) -> Samples:
    """The samples of a WAV file, or of its beginning; raises NotWav."""
    if len(audio) < 12 or audio[:4] != b"RIFF" or audio[8:12] != b"WAVE":
        raise NotWav("no RIFF header")
    position, form, bytes_per_second = 12, b"", 0
    while position + 8 <= len(audio):
        name, size = audio[position : position + 4], int.from_bytes(audio[position + 4 : position + 8], "little")
        if name == b"fmt " and position + 20 <= len(audio):
            form = bytes(audio[position : position + 8 + size])
            bytes_per_second = int.from_bytes(audio[position + 16 : position + 20], "little")
        if name == b"data":
            if not bytes_per_second:
                raise NotWav("no format before the data")
            return Samples(position + 8, size, form, bytes_per_second)
        position += 8 + size + size % 2
    raise NotWav("no data chunk")


def wav_seconds(audio: bytes) -> float:
    """The duration in seconds of a WAV file; a data chunk without a size extends to the end of the bytes."""
    samples = find_samples(audio)
    available = len(audio) - samples.start
    return (min(samples.size, available) if samples.size else available) / samples.bytes_per_second
