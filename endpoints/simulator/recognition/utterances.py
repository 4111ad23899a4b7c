"""One recognized utterance: the model that serves it, its text and its content log, however the audio arrived."""

from __future__ import annotations

import hashlib

from msgspec import Struct

from ..api.errors import ApiError
from ..content import logs
from ..control import ledger
from ..world.entities import Endpoint, Model, RecordedLog
from ..world.world import World, new_id
from . import sentences

MAX_SECONDS = {"interactive": 15.0, "conversation": 60.0, "dictation": 60.0}  # contract: EndpointLinks
ENCODED_BYTES_PER_SECOND = 4_000  # an estimate, because only WAV is decoded


class Utterance(Struct, frozen=True, kw_only=True):
    """`name` identifies the audio; `seconds` is its duration."""

    name: str
    text: str
    seconds: float

    @property
    def ticks(self) -> int:
        """Its duration in units of 100 ns."""
        return round(self.seconds * sentences.TICKS)


def recognize(audio: bytes, seconds: float, locale: str) -> Utterance:
    """The same audio always has the same text."""
    name = hashlib.sha256(audio).hexdigest()
    return Utterance(name=name, text=sentences.text(name, locale, seconds), seconds=seconds)


def alternatives(utterance: Utterance) -> list[dict[str, object]]:
    """NBest of the detailed format, without words."""
    found = sentences.alternatives(utterance.name, utterance.text, utterance.seconds)
    for alternative in found:
        del alternative["Words"]
    return found


def store_log(world: World, endpoint: Endpoint | None, locale: str, audio: bytes, utterance: Utterance) -> None:
    """Store audio and text as a content log of the endpoint, or of the base model of the locale."""
    recorded = RecordedLog(
        guid=new_id(), created=world.now(), audio=audio, duration=utterance.seconds, text=utterance.text
    )
    logs.store(world, endpoint or world.base_model_logs(locale), recorded)
    ledger.made(recorded.guid)


def serving_model(world: World, endpoint: Endpoint | None, locale: str) -> Model | None:
    """The model that serves a request: without an error the newest base model if the endpoint's has expired.

    Source: "Custom speech model lifecycle".
    """
    now = world.now()
    model = world.model(endpoint.in_service(now) or "") if endpoint else None
    if model and model.transcription_until > now:
        return model
    return world.newest_base_model(endpoint.locale if endpoint else locale)


def endpoint_of(world: World, cid: str | None) -> Endpoint | None:
    """The endpoint of a request; the same error whether it does not exist or was never deployed."""
    if cid is None:
        return None
    endpoint = world.endpoints.get(cid.lower())
    if endpoint is None or endpoint.in_service(world.now()) is None:
        raise bad_request("Invalid cid")
    return endpoint


def locale_of(world: World, language: str) -> str | None:
    """The supported locale of that name in any letter case: the native SDK sends what it reads in a query as en-us."""
    return next((locale for locale in world.locales() if locale.lower() == language.lower()), None)


def bad_request(message: str) -> ApiError:
    return ApiError(400, "InvalidArgument", message)
