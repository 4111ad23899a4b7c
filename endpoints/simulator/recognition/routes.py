"""Short audio recognition (service-facts 8): REST, one utterance, final results only."""

from __future__ import annotations

import hashlib

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..api import authentication
from ..api.errors import Refusal, unreadable
from ..content import logs, wav
from ..control import ledger
from ..routes.base import answer
from ..simulation import Simulation
from ..world.entities import Endpoint, Model, Recorded
from ..world.world import World, new_id
from . import sentences

LONGEST = {"interactive": 15.0, "conversation": 60.0, "dictation": 60.0}  # EndpointLinks
LARGEST = 8_000_000  # bytes of one request
OPUS_BYTES_PER_SECOND = 4_000  # a guess for audio that is not decoded here


class RecognitionRoom:
    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation

    def routes(self) -> list[Route]:
        paths = [f"/speech/recognition/{mode}/cognitiveservices/v1" for mode in LONGEST]
        token = Route("/sts/v1.0/issueToken", self.token, methods=["POST"])
        return [token, *(Route(path, self.recognize, methods=["POST"]) for path in paths)]

    async def token(self, _request: Request) -> Response:
        """An access token for the key (service-facts 6), valid for ten minutes of the world's clock."""
        world = self.simulation.world
        return Response(authentication.token(world.secret, world.now()), media_type="application/jwt")

    async def recognize(self, request: Request) -> Response:
        world = self.simulation.world
        world.sweep()
        query = request.query_params
        locale = query.get("language", "")
        if locale not in world.locales():
            raise _wrong("The query parameter 'language' is required and has to be a supported locale.")
        audio = await _audio(request)
        seconds = _seconds(request, audio)
        mode = request.url.path.split("/")[3]
        if seconds > LONGEST[mode]:
            raise _wrong(f"The audio is longer than {LONGEST[mode]:.0f} seconds.")
        endpoint = _asked(world, query["cid"]) if "cid" in query else None
        model = serving(world, endpoint, locale)
        name = hashlib.sha256(audio).hexdigest()
        said = sentences.text(name, locale, seconds)
        ticks = round(seconds * sentences.TICKS)
        body = {"RecognitionStatus": "Success", "Offset": 0, "Duration": ticks}
        if query.get("format", "simple") == "detailed":
            guesses = sentences.alternatives(name, said, seconds)
            for guess in guesses:
                del guess["Words"]
            shape = body | {"DisplayText": said, "NBest": guesses}
        else:
            shape = body | {"DisplayText": said}
        if (endpoint and endpoint.logging) or query.get("storeAudio", "").lower() == "true":
            recorded = Recorded(guid=new_id(), created=world.now(), audio=audio, duration=seconds, text=said)
            logs.record(world, endpoint or world.journal(locale), recorded)
            ledger.made(recorded.guid)
        return answer(shape, headers={"X-Simulator-Model": model.id} if model else {})


def serving(world: World, endpoint: Endpoint | None, locale: str) -> Model | None:
    """The model that answers: an expired one gives way to the newest base model, silently (service-facts 1)."""
    now = world.now()
    model = world.model(endpoint.in_service(now) or "") if endpoint else None
    if model and model.transcription_until > now:
        return model
    return world.newest_base(endpoint.locale if endpoint else locale)


def _asked(world: World, cid: str) -> Endpoint:
    """An endpoint that has never been deployed is as unknown as one that does not exist (service-facts 0.6)."""
    endpoint = world.endpoints.get(cid.lower())
    if endpoint is None or endpoint.in_service(world.now()) is None:
        raise _wrong("Invalid cid")
    return endpoint


def _wrong(words: str) -> Refusal:
    return Refusal(400, "InvalidArgument", words)


async def _audio(request: Request) -> bytes:
    """The whole body; the size is looked at while it comes."""
    audio = bytearray()
    async for piece in request.stream():
        audio += piece
        if len(audio) > LARGEST:
            raise _wrong("The audio is too large.")
    if not audio:
        raise unreadable("EmptyRequest", "The request has no audio.")
    return bytes(audio)


def _seconds(request: Request, audio: bytes) -> float:
    media = request.headers.get("content-type", "audio/wav").partition(";")[0].strip().lower()
    if media == "audio/ogg":
        return len(audio) / OPUS_BYTES_PER_SECOND
    try:
        return wav.measured(audio)
    except wav.NotAudio as error:
        raise _wrong(f"The audio cannot be read: {error}.") from None
