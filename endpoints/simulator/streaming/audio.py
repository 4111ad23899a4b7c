"""The audio of one turn, cut into phrases."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from ..content import wav
from ..recognition.utterances import ENCODED_BYTES_PER_SECOND

PHRASE_SECONDS = 15  # a longer phrase is cut; pauses are not detected
MAX_BYTES = 16_000_000  # that are kept until a phrase is complete


class TooLarge(ValueError):
    """The audio is larger than what a turn may have."""


class Phrase(Struct, frozen=True):
    """`audio` is a whole WAV file, if the stream was one; `offset` and `seconds` are seconds of the stream."""

    audio: bytes
    offset: float
    seconds: float
    silent: bool = False


class AudioStream:
    """Clients send the RIFF header first, without sizes, then the samples; or audio in another format."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._samples: wav.Samples | None = None
        self._offset = 0.0

    def add(self, audio: bytes) -> Iterator[Phrase]:
        """The phrases that are complete with this part; raises TooLarge."""
        self._received += audio
        if self._samples is None:
            try:
                self._samples = wav.find_samples(self._received)
            except wav.NotWav:
                self._check()
                return
            del self._received[: self._samples.start]
        size = PHRASE_SECONDS * self._samples.bytes_per_second
        while len(self._received) >= size:
            yield self._cut(self._samples, size)
        self._check()

    def _check(self) -> None:
        """A header can promise any rate, and so a phrase of any size."""
        if len(self._received) > MAX_BYTES:
            raise TooLarge

    def end(self) -> Phrase | None:
        """The rest; None if there is none."""
        if not self._received:
            return None
        if self._samples:
            return self._cut(self._samples, len(self._received))
        return Phrase(bytes(self._received), 0.0, len(self._received) / ENCODED_BYTES_PER_SECOND)

    def _cut(self, samples: wav.Samples, size: int) -> Phrase:
        data = bytes(self._received[:size])
        del self._received[:size]
        seconds = len(data) / samples.bytes_per_second
        silent = data.count(0) == len(data)
        phrase = Phrase(wav.header(len(data), samples.form) + data, self._offset, seconds, silent)
        self._offset += seconds
        return phrase
