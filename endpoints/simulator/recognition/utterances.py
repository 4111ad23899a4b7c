"""One recognized utterance: the model that serves it, its text and its content log, however the audio arrived."""

from __future__ import annotations

import hashlib

from msgspec import Struct

from ..api.errors import ApiError
from ..content import logs
from ..control import ledger
from ..world.entities import Endpoint, Model, RecordedLog
from ..world.world import World, new_id
from . import dialects, sentences

MAX_SECONDS = {"interactive": 15.0, "conversation": 60.0, "dictation": 60.0}  # contract: EndpointLinks
# In a region, and on the domain of a resource ("Use Speech service through a private endpoint").
PATHS = tuple(f"{host}/speech/recognition/{mode}/cognitiveservices/v1" for host in ("", "/stt") for mode in MAX_SECONDS)
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


class Answering(Struct, frozen=True, kw_only=True):
    """Who answers a request. `in_place`: a base model does in place of the endpoint that the request names."""

    endpoint: Endpoint | None
    model: Model | None
    in_place: bool = False

    def stores(self, requested: bool) -> bool:
        """Whether a content log is written; `requested` by the session. Never by a base model in another's place."""
        if self.in_place or (self.endpoint and self.endpoint.logs_nothing):
            return False
        return requested or bool(self.endpoint and self.endpoint.logging)


def answering(world: World, cid: str | None, language: str) -> Answering:
    """Who answers a request that names this endpoint, or none; raises ApiError for an unknown one.

    Without an error the newest base model does if the endpoint's has expired ("Custom speech model lifecycle"), with
    `serves_base`, and with the switch unknown_cid=base if there is no such endpoint or it was never deployed.
    """
    if cid is None:
        return Answering(endpoint=None, model=world.newest_base_model(language))
    now = world.now()
    endpoint = world.endpoints.get(cid.lower())
    if endpoint is None or endpoint.in_service(now) is None:
        if world.options.switches.unknown_cid == "refuse":
            raise bad_request("Invalid cid")
        return Answering(endpoint=None, model=world.newest_base_model(language), in_place=True)
    model = world.model(endpoint.in_service(now) or "")
    if model and model.transcription_until > now and not endpoint.serves_base:
        return Answering(endpoint=endpoint, model=model)
    return Answering(endpoint=endpoint, model=world.newest_base_model(endpoint.locale), in_place=True)


def recognize(world: World, model: Model | None, audio: bytes, seconds: float, locale: str) -> Utterance:
    """The same audio always has the same text; with `dialects` the same for each model, and another for others."""
    name = hashlib.sha256(audio).hexdigest()
    text = sentences.text(name, locale, seconds)
    if world.options.dialects and model:
        text = dialects.heard(text, name, model)
    return Utterance(name=name, text=text, seconds=seconds)


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


def mode_of(path: str) -> str | None:
    """The mode that one of PATHS names; None for any other path."""
    mode = path.split("/")[-3]
    return mode if mode in MAX_SECONDS else None


def locale_of(world: World, language: str) -> str | None:
    """The supported locale of that name in any letter case: the native SDK sends what it reads in a query as en-us."""
    return next((locale for locale in world.locales() if locale.lower() == language.lower()), None)


def bad_request(message: str) -> ApiError:
    return ApiError(400, "InvalidArgument", message)
