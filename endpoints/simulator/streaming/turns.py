"""One turn: the messages that answer the audio of one request of the client."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct, field

from ..recognition import sentences, utterances
from ..world.world import World, new_id
from .audio import AudioStream, Phrase
from .frames import InvalidFrame

Message = tuple[str, dict[str, Any]]  # its path and its body
INTERACTIVE = "interactive"  # ends after one phrase


class Settings(Struct, kw_only=True):
    """What the address says, and what `speech.context` then replaces."""

    mode: str
    locale: str
    detailed: bool = False
    store_audio: bool = False


class PhraseDetection(Struct):
    mode: str | None = None
    language: str | None = None


class PhraseOutput(Struct):
    format: str | None = None


class SpeechContext(Struct, rename="camel"):
    """The part of `speech.context` that is used."""

    phrase_detection: PhraseDetection = field(default_factory=PhraseDetection)
    phrase_output: PhraseOutput = field(default_factory=PhraseOutput)


def apply_context(settings: Settings, body: bytes) -> None:
    """Take mode, language and format from a `speech.context`; raises InvalidFrame."""
    try:
        context = msgspec.json.decode(body, type=SpeechContext)
    except msgspec.DecodeError as error:
        raise InvalidFrame(f"speech.context cannot be read: {error}") from None
    settings.mode = (context.phrase_detection.mode or settings.mode).lower()
    settings.locale = context.phrase_detection.language or settings.locale
    if context.phrase_output.format:
        settings.detailed = context.phrase_output.format.lower() == "detailed"


class Turn:
    """`request_id` is the client's; `ended` once `turn.end` has been produced."""

    def __init__(self, request_id: str, world: World, who: utterances.Answering, settings: Settings) -> None:
        self.request_id = request_id
        self.ended = False
        self._world = world
        self._who = who
        self._settings = settings
        self._audio = AudioStream()
        self._started = False
        self._end = 0  # of the latest recognized phrase, in units of 100 ns

    def add(self, audio: bytes) -> Iterator[Message]:
        """The messages for a part of the audio; an empty one ends it. Raises audio.TooLarge."""
        if self.ended:
            return
        if not self._started:
            self._started = True
            yield "turn.start", {"context": {"serviceTag": new_id().replace("-", "")}}
        phrases = list(self._audio.add(audio))
        if not audio and (rest := self._audio.end()):
            phrases.append(rest)
        for phrase in phrases[:1] if self._settings.mode == INTERACTIVE else phrases:
            yield from self._silence(phrase) if phrase.silent else self._recognized(phrase)
        if not audio or (phrases and self._settings.mode == INTERACTIVE):
            yield from self._ending(bool(phrases))

    def _recognized(self, phrase: Phrase) -> Iterator[Message]:
        utterance = utterances.recognize(
            self._world, self._who.model, phrase.audio, phrase.seconds, self._settings.locale
        )
        offset = _ticks(phrase.offset)
        if not self._end:
            yield "speech.startDetected", {"Offset": offset}
        words = utterance.text.split()
        partial = sentences.lexical(" ".join(words[: max(1, len(words) // 2)]))
        yield "speech.hypothesis", _result(offset, utterance.ticks // 2) | {"Text": partial}
        self._end = offset + utterance.ticks
        if self._settings.mode == INTERACTIVE:
            yield "speech.endDetected", {"Offset": self._end}
        body = _phrase("Success", offset, utterance.ticks) | {"DisplayText": utterance.text}
        if self._settings.detailed:
            body["NBest"] = utterances.alternatives(utterance)
        yield "speech.phrase", body
        if self._who.stores(self._settings.store_audio):
            utterances.store_log(self._world, self._who.endpoint, self._settings.locale, phrase.audio, utterance)

    def _silence(self, phrase: Phrase) -> Iterator[Message]:
        yield "speech.phrase", _phrase("InitialSilenceTimeout", _ticks(phrase.offset), _ticks(phrase.seconds))

    def _ending(self, heard: bool) -> Iterator[Message]:
        if self._settings.mode != INTERACTIVE:
            if self._end:
                yield "speech.endDetected", {"Offset": self._end}
            yield "speech.phrase", _phrase("EndOfDictation", self._end, 0)
        elif not heard:
            yield "speech.phrase", _phrase("InitialSilenceTimeout", 0, 0)
        self.ended = True
        yield "turn.end", {}


def _ticks(seconds: float) -> int:
    return round(seconds * sentences.TICKS)


def _result(offset: int, duration: int) -> dict[str, Any]:
    return {"Id": new_id().replace("-", ""), "Offset": offset, "Duration": duration}


def _phrase(status: str, offset: int, duration: int) -> dict[str, Any]:
    return _result(offset, duration) | {"RecognitionStatus": status}
