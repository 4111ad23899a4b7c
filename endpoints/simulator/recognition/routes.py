"""Recognition of short audio: one utterance, final results only ("Speech to text REST API for short audio")."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..api import authentication
from ..api.errors import invalid_request
from ..content import wav
from ..routes.base import json_response
from ..simulation import Simulation
from . import utterances
from .utterances import ENCODED_BYTES_PER_SECOND, MAX_SECONDS, PATHS, bad_request

MAX_BODY_BYTES = 8_000_000


class RecognitionRoutes:
    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation

    def routes(self) -> list[Route]:
        token = Route("/sts/v1.0/issueToken", self.token, methods=["POST"])
        return [token, *(Route(path, self.recognize, methods=["POST"]) for path in PATHS)]

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
            raise bad_request("The query parameter 'language' is required and has to be a supported locale.")
        audio = await _audio(request)
        seconds = _duration(request, audio)
        mode = utterances.mode_of(request.url.path) or "conversation"
        if seconds > MAX_SECONDS[mode]:
            raise bad_request(f"The audio is longer than {MAX_SECONDS[mode]:.0f} seconds.")
        who = utterances.answering(world, query.get("cid"), locale)
        utterance = utterances.recognize(world, who.model, audio, seconds, locale)
        shape = {
            "RecognitionStatus": "Success",
            "Offset": 0,
            "Duration": utterance.ticks,
            "DisplayText": utterance.text,
        }
        if query.get("format", "simple") == "detailed":
            shape["NBest"] = utterances.alternatives(utterance)
        if who.stores(query.get("storeAudio", "").lower() == "true"):
            utterances.store_log(world, who.endpoint, locale, audio, utterance)
        return json_response(shape, headers={"X-Simulator-Model": who.model.id} if who.model else {})


async def _audio(request: Request) -> bytes:
    """The body; its size is checked while it is received."""
    audio = bytearray()
    async for chunk in request.stream():
        audio += chunk
        if len(audio) > MAX_BODY_BYTES:
            raise bad_request("The audio is too large.")
    if not audio:
        raise invalid_request("EmptyRequest", "The request has no audio.")
    return bytes(audio)


def _duration(request: Request, audio: bytes) -> float:
    media = request.headers.get("content-type", "audio/wav").partition(";")[0].strip().lower()
    if media == "audio/ogg":
        return len(audio) / ENCODED_BYTES_PER_SECOND
    try:
        return wav.wav_seconds(audio)
    except wav.NotWav as error:
        raise bad_request(f"The audio cannot be read: {error}.") from None
