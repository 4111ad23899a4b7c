"""Recordings that can be recognized: WAV files with one channel of PCM samples of 16 bits.

A WAV file is a RIFF header and chunks: four letters, a size of 32 bits, and so many bytes, filled to an even number
("Multimedia Programming Interface and Data Specifications 1.0"). "Speech to text REST API for short audio" takes PCM
with 16 kHz, mono, 16 bits; telephone recordings have 8 kHz.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext_noop

from endpoints.changes.refusals import NotPossible
from endpoints.models.probe import LONGEST_SECONDS

RATES = (16_000, 8_000)  # samples a second
SHORTEST_SECONDS = 0.5
ROOM = 65_536  # bytes for other chunks than the samples
LARGEST = 2 * RATES[0] * int(LONGEST_SECONDS) + ROOM  # bytes
LONGEST_TRY_SECONDS = 60.0  # "Speech to text REST API for short audio"
LARGEST_TRY = 2 * RATES[0] * int(LONGEST_TRY_SECONDS) + ROOM
SILENCE = 200  # of 32,767: a recording that is nowhere louder has no speech
PCM, EXTENSIBLE = 1, 0xFFFE
RIFF, CHUNK = 12, 8  # bytes of the headers
NEEDED = 16  # bytes of the format that are the same in all WAV files


class Unusable(NotPossible):
    """The recording can't be recognized; the message is the reason, for people."""


class NotWav(Unusable):
    pass


class TooLong(Unusable):
    pass


class TooShort(Unusable):
    pass


class Silent(Unusable):
    pass


@dataclass(frozen=True)
class Speech:
    """`wav` is the file without whatever else it told, such as names; `seconds` its duration."""

    wav: bytes
    seconds: float


def speech_in(wav: bytes, longest: float = LONGEST_SECONDS) -> Speech:
    """The speech in a WAV file of at most `longest` seconds. Raises Unusable."""
    too_long = gettext_noop("The recording is too long. Use one of at most 15 seconds.")
    if longest > LONGEST_SECONDS:
        too_long = gettext_noop("The recording is too long. Use one of at most 60 seconds.")
    if len(wav) > 2 * RATES[0] * int(longest) + ROOM:
        raise TooLong(too_long)
    if len(wav) < RIFF or wav[:4] != b"RIFF" or wav[8:12] != b"WAVE":
        raise NotWav(gettext_noop("This isn't a WAV file."))
    chunks = dict(reversed([*_chunks(wav)]))  # the first of each
    form, samples = chunks.get(b"fmt ", b""), chunks.get(b"data", b"")
    if len(form) < NEEDED:
        raise NotWav(gettext_noop("This isn't a WAV file."))
    kind, channels, rate, _bytes, _frame, bits = struct.unpack("<HHIIHH", form[:NEEDED])
    if kind == EXTENSIBLE and len(form) >= 26:
        kind = int.from_bytes(form[24:26], "little")
    if (kind, channels, bits) != (PCM, 1, 16) or rate not in RATES:
        raise NotWav(gettext_noop("Use a WAV file with PCM samples of 16 bits, mono, 16 kHz or 8 kHz."))
    samples = samples[: len(samples) // 2 * 2]
    seconds = len(samples) / 2 / rate
    if seconds > longest:
        raise TooLong(too_long)
    if seconds < SHORTEST_SECONDS:
        raise TooShort(gettext_noop("The recording is too short. Use one of at least half a second."))
    if _loudest(samples) < SILENCE:
        raise Silent(gettext_noop("The recording is silent. Use one in which someone speaks."))
    return Speech(_file(samples, rate), seconds)


def _chunks(wav: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and contents of each; one that was written before its size was known goes to the end of the file."""
    at = RIFF
    while at + CHUNK <= len(wav):
        name, size = wav[at : at + 4], int.from_bytes(wav[at + 4 : at + CHUNK], "little")
        if name == b"data" and not size:
            size = len(wav)
        yield name, wav[at + CHUNK : at + CHUNK + size]
        at += CHUNK + size + size % 2


def _loudest(samples: bytes) -> int:
    values = array("h", samples)
    if sys.byteorder == "big":
        values.byteswap()
    highest, lowest = max(values), min(values)
    return max(highest, -lowest)


def _file(samples: bytes, rate: int) -> bytes:
    form = struct.pack("<HHIIHH", PCM, 1, rate, 2 * rate, 2, 16)
    body = b"WAVEfmt " + len(form).to_bytes(4, "little") + form + b"data" + len(samples).to_bytes(4, "little") + samples
    return b"RIFF" + len(body).to_bytes(4, "little") + body
