"""Recognition of short audio: one utterance, final results only ("Speech to text REST API for short audio")."""

from __future__ import annotations

import hashlib

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..api import authentication
from ..api.errors import ApiError, invalid_request
from ..content import logs, wav
from ..control import ledger
from ..routes.base import json_response
from ..simulation import Simulation
from ..world.entities import Endpoint, Model, RecordedLog
from ..world.world import World, new_id
from . import sentences

MAX_SECONDS = {"interactive": 15.0, "conversation": 60.0, "dictation": 60.0}  # contract: EndpointLinks
MAX_BODY_BYTES = 8_000_000
OPUS_BYTES_PER_SECOND = 4_000  # an estimate, because Opus is not decoded


class RecognitionRoutes:
    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation

    def routes(self) -> list[Route]:
        paths = [f"/speech/recognition/{mode}/cognitiveservices/v1" for mode in MAX_SECONDS]
        token = Route("/sts/v1.0/issueToken", self.token, methods=["POST"])
        return [token, *(Route(path, self.recognize, methods=["POST"]) for path in paths)]

    async def token(self, _request: Request) -> Response:
        """An access token for the key, valid for ten minutes of the world's clock ("Authenticate requests to Azure AI
        services")."""
        world = self.simulation.world
        return Response(authentication.token(world.secret, world.now()), media_type="application/jwt")

    async def recognize(self, request: Request) -> Response:
        world = self.simulation.world
        world.remove_expired()
        query = request.query_params
        locale = query.get("language", "")
        if locale not in world.locales():
            raise _bad_request("The query parameter 'language' is required and has to be a supported locale.")
        audio = await _audio(request)
        seconds = _duration(request, audio)
        mode = request.url.path.split("/")[3]
        if seconds > MAX_SECONDS[mode]:
            raise _bad_request(f"The audio is longer than {MAX_SECONDS[mode]:.0f} seconds.")
        endpoint = _endpoint_of(world, query["cid"]) if "cid" in query else None
        model = serving_model(world, endpoint, locale)
        name = hashlib.sha256(audio).hexdigest()
        text = sentences.text(name, locale, seconds)
        ticks = round(seconds * sentences.TICKS)
        body = {"RecognitionStatus": "Success", "Offset": 0, "Duration": ticks}
        if query.get("format", "simple") == "detailed":
            alternatives = sentences.alternatives(name, text, seconds)
            for alternative in alternatives:
                del alternative["Words"]
            shape = body | {"DisplayText": text, "NBest": alternatives}
        else:
            shape = body | {"DisplayText": text}
        if (endpoint and endpoint.logging) or query.get("storeAudio", "").lower() == "true":
            recorded = RecordedLog(guid=new_id(), created=world.now(), audio=audio, duration=seconds, text=text)
            logs.store(world, endpoint or world.base_model_logs(locale), recorded)
            ledger.made(recorded.guid)
        return json_response(shape, headers={"X-Simulator-Model": model.id} if model else {})


def serving_model(world: World, endpoint: Endpoint | None, locale: str) -> Model | None:
    """The model that serves a request: without an error the newest base model if the endpoint's has expired.

    Source: "Custom speech model lifecycle".
    """
    now = world.now()
    model = world.model(endpoint.in_service(now) or "") if endpoint else None
    if model and model.transcription_until > now:
        return model
    return world.newest_base_model(endpoint.locale if endpoint else locale)


def _endpoint_of(world: World, cid: str) -> Endpoint:
    """The endpoint of a request; the same error whether it does not exist or was never deployed."""
    endpoint = world.endpoints.get(cid.lower())
    if endpoint is None or endpoint.in_service(world.now()) is None:
        raise _bad_request("Invalid cid")
    return endpoint


def _bad_request(message: str) -> ApiError:
    return ApiError(400, "InvalidArgument", message)


async def _audio(request: Request) -> bytes:
    """The body; its size is checked while it is received."""
    audio = bytearray()
    async for chunk in request.stream():
        audio += chunk
        if len(audio) > MAX_BODY_BYTES:
            raise _bad_request("The audio is too large.")
    if not audio:
        raise invalid_request("EmptyRequest", "The request has no audio.")
    return bytes(audio)


def _duration(request: Request, audio: bytes) -> float:
    media = request.headers.get("content-type", "audio/wav").partition(";")[0].strip().lower()
    if media == "audio/ogg":
        return len(audio) / OPUS_BYTES_PER_SECOND
    try:
        return wav.wav_seconds(audio)
    except wav.NotWav as error:
        raise _bad_request(f"The audio cannot be read: {error}.") from None
