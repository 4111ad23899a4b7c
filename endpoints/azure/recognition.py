"""One recognition of short audio ("Speech to text REST API for short audio"): up to 60 seconds, final results only."""

import math
import time
from typing import Any
from urllib.parse import urlencode

from msgspec import Struct

from .base_client import BaseClient
from .reading import Fields, Malformed, as_text

OPERATION = "Recognition"
PATH = "/speech/recognition/conversation/cognitiveservices/v1"
WAV = "audio/wav; codecs=audio/pcm; samplerate=16000"
TICKS = 10_000_000  # Offset and Duration are in units of 100 ns


class Recognition(Struct, frozen=True, kw_only=True):
    """The result of one recording.

    `status` is the RecognitionStatus (Success, NoMatch, InitialSilenceTimeout ...; "" if it was missing) and `text`
    what was heard. `confidence` is between 0 and 1, `seconds` how long speech was recognized; None if the service does
    not say so. `took` seconds passed from the request to the end of the answer. `phrases`: the seconds of each, if the
    service has cut the recording into several.
    """

    status: str
    text: str
    confidence: float | None = None
    seconds: float | None = None
    took: float = 0.0
    phrases: tuple[float, ...] = ()


def recognize(client: BaseClient, host: str, audio: bytes, locale: str, endpoint_id: str | None = None) -> Recognition:
    """Have `audio`, a WAV file, recognized by a custom endpoint, or by the base model without `endpoint_id`.

    `host`: protocol and host of the recognition service, which gets the key of the resource; it must not come from a
    link. Raises SpeechError: TooManyRequests, Unauthorized, another Refused ("Invalid cid" for an unknown endpoint),
    NotSent, OutcomeUnknown. The request is sent once.
    """
    query = {"language": locale, "format": "detailed"} | ({"cid": endpoint_id} if endpoint_id else {})
    began = time.monotonic()
    response = client._sender.sending(WAV).send(OPERATION, "POST", f"{host}{PATH}?{urlencode(query)}", audio)
    took = time.monotonic() - began
    return client.parse(OPERATION, response, lambda value, _: result(value, took))


def result(value: Any, took: float = 0.0) -> Recognition:
    """The answer to short audio, or one phrase of the Speech SDK's protocol, in the simple or the detailed format.

    The detailed format has the text in NBest, and in DisplayText only in some answers. Raises Malformed.
    """
    if not isinstance(value, dict):
        raise Malformed("it isn't a result of recognition")
    fields = Fields(value)
    others = value.get("NBest")
    best = others[0] if isinstance(others, list) and others and isinstance(others[0], dict) else {}
    ticks = fields.whole("Duration")
    return Recognition(
        status=fields.text("RecognitionStatus") or "",
        text=fields.text("DisplayText") or as_text(best.get("Display")) or "",
        confidence=_share(best.get("Confidence")),
        seconds=None if ticks is None else ticks / TICKS,
        took=took,
    )


def _share(value: object) -> float | None:
    """A number between 0 and 1, also as a text; None for anything else."""
    try:
        number = float(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else math.nan
    except (ValueError, OverflowError):
        return None
    return number if 0 <= number <= 1 else None
