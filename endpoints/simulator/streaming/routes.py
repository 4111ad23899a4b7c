"""The addresses to which the Speech SDK connects, and one connection: its handshake, its turns and its end."""

from __future__ import annotations

from msgspec import structs
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from ..api.errors import ApiError
from ..recognition import utterances
from ..recognition.utterances import PATHS, Answering
from ..routes.base import json_response
from ..simulation import Simulation
from ..world.world import World
from . import frames
from .audio import TooLarge
from .frames import ReceivedFrame
from .turns import Settings, Turn, apply_context

SUBPROTOCOL = "USP"  # the native SDKs offer it
INVALID_DATA, TOO_LARGE = 1007, 1009  # close codes of RFC 6455


class StreamingRoutes:
    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation

    def routes(self) -> list[WebSocketRoute]:
        return [WebSocketRoute(path, self.connect) for path in (*PATHS, "/stt/speech/universal/v2")]

    async def connect(self, socket: WebSocket) -> None:
        """Refuse the handshake as short audio refuses a request, or answer until the client disconnects."""
        world = self.simulation.world
        world.remove_expired()
        query = socket.query_params
        try:
            named = world.endpoints.get(query.get("cid", "").lower())
            language = query.get("language") or (named.locale if named else "en-US")
            locale = utterances.locale_of(world, language)
            if locale is None:
                raise utterances.bad_request("The language is not supported.")
            who = utterances.answering(world, query.get("cid"), locale)
        except ApiError as error:
            await socket.send_denial_response(json_response(error.body, error.status))
            return
        settings = Settings(
            # The universal address has the mode in the context.
            mode=utterances.mode_of(socket.url.path) or "conversation",
            locale=locale,
            detailed=query.get("format") == "detailed",
            store_audio=query.get("storeAudio", "").lower() == "true",
        )
        await socket.accept(
            SUBPROTOCOL if SUBPROTOCOL in socket.scope["subprotocols"] else None,
            [(b"x-simulator-model", who.model.id.encode())] if who.model else [],
        )
        await Connection(socket, world, who, settings).run()


class Connection:
    """An accepted connection. Turns follow each other; each has the request id of its audio.

    The model that serves at the handshake does until the end, whatever is deployed meanwhile.
    """

    def __init__(self, socket: WebSocket, world: World, who: Answering, settings: Settings) -> None:
        self._socket = socket
        self._world = world
        self._who = who
        self._settings = settings
        self._turn: Turn | None = None

    async def run(self) -> None:
        try:
            while (message := await self._socket.receive())["type"] != "websocket.disconnect":
                text = message.get("text")
                await self._handle(frames.read_text(text) if text is not None else frames.read_binary(message["bytes"]))
        except frames.InvalidFrame as error:
            await self._socket.close(INVALID_DATA, str(error)[:120])
        except TooLarge:
            await self._socket.close(TOO_LARGE, "The audio is too large.")
        except WebSocketDisconnect:
            pass  # the client has left while it was answered

    async def _handle(self, frame: ReceivedFrame) -> None:
        """Use the context and the audio; `speech.config`, telemetry and other messages have no effect."""
        if frame.path == "speech.context":
            apply_context(self._settings, frame.body)
            locale = utterances.locale_of(self._world, self._settings.locale)
            if locale is None:
                raise frames.InvalidFrame("The language is not supported.")
            self._settings.locale = locale
            if self._who.endpoint is None:  # the base model of the language that is spoken
                self._who = structs.replace(self._who, model=self._world.newest_base_model(locale))
        elif frame.path == "audio":
            if self._turn is None or self._turn.request_id != frame.request_id:
                self._turn = Turn(frame.request_id, self._world, self._who, self._settings)
            for path, body in self._turn.add(frame.body):
                await self._socket.send_text(frames.write_text(path, frame.request_id, body))
