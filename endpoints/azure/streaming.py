"""Recognition by the WebSocket protocol of the Speech SDK, for versions without short audio for custom models.

There is no published description. It does what the SDK does (tried: Python 1.53 against a stand-in): the universal
address, one turn, the samples behind a header without sizes, five seconds of them at once and the rest at twice the
speed of speech, because a service that expects the SDK may refuse more.
"""

import io
import json
import time
import wave
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import httpx

from .addresses import checked_endpoint
from .base_client import BaseClient
from .deadline import Deadline
from .reading import Malformed
from .recognition import OPERATION, Recognition, result
from .sending import VERSION, unreadable
from .web_socket import WebSocket, web_socket

UNIVERSAL = "/stt/speech/universal/v2"
SUBPROTOCOL = "USP"
FRAME_BYTES = 3_200  # of samples
LONGEST = 60.0  # seconds of speech that the deadline is extended for
AT_ONCE, SPEED = 5.0, 2.0  # seconds of speech that are sent at once; then how much faster than it was spoken
_NO_SPEECH = ("EndOfDictation", "")
_LOGGED = ("Success", "NoMatch")  # phrases of which content logs have an entry
_USUAL_RATE = 32_000  # bytes a second: 16 kHz, 16 bit, mono


def recognize_by_web_socket(
    client: BaseClient, host: str, audio: bytes, locale: str, endpoint_id: str | None = None
) -> Recognition:
    """The same as recognition.recognize, by a WebSocket: `host` is the same, too, and it alone gets the key.

    All phrases are heard. `confidence` is the lowest of them, `seconds` their sum. Raises SpeechError; the deadline is
    the client's, and the time that it takes to send the audio.
    """
    query = {"language": locale, "format": "detailed"} | ({"cid": endpoint_id} if endpoint_id else {})
    # A resource's own domain has /stt in front of short audio; it is in this path already.
    base = host.rstrip("/").removesuffix("/stt")
    return recognize_at(client, f"{base}{UNIVERSAL}?{urlencode(query)}", audio, locale)


def recognize_at(client: BaseClient, address: str, audio: bytes, locale: str) -> Recognition:
    """Recognition at a whole address (https:// or wss://), which gets the key: check first that its host is known.

    ValueError: an address that is not encrypted and not on this machine. Otherwise as recognize_by_web_socket.
    """
    url = _checked(address)
    header, samples, rate = _parts(audio)
    began = time.monotonic()
    deadline = Deadline(client._sender._seconds + (min(max(len(samples) / rate, AT_ONCE), LONGEST) - AT_ONCE) / SPEED)
    turn = _Turn(uuid4().hex)
    identity = {"X-ConnectionId": uuid4().hex}
    with web_socket(client._sender, OPERATION, url, deadline, identity, SUBPROTOCOL) as socket:
        for frame in turn.begin(locale, header):
            socket.send(frame)
        _send_samples(socket, turn, samples, rate)
        while not turn.ended:
            turn.take(socket.receive())
    return turn.recognition(time.monotonic() - began)


def _send_samples(socket: WebSocket, turn: "_Turn", samples: bytes, rate: float) -> None:
    """Send all samples at the SDK's pace, and take what the service says meanwhile; it may end the turn before."""
    began = time.monotonic()
    for start in range(0, len(samples), FRAME_BYTES):
        due = began + (start / rate - AT_ONCE) / SPEED
        message = socket.receive(0)
        while message is not None or time.monotonic() < due:
            turn.take(message)
            if turn.ended:
                return
            message = socket.receive(max(0.0, due - time.monotonic()))
        socket.send(turn.audio(samples[start : start + FRAME_BYTES]))
    socket.send(turn.audio(b""))


class _Turn:
    """One request of the client and the answers to it."""

    def __init__(self, request_id: str) -> None:
        self.ended = False
        self._id = request_id
        self._phrases: list[Recognition] = []

    def begin(self, locale: str, header: bytes) -> Iterator[str | bytes]:
        """The first frames: who asks, for what, and the header of the audio."""
        system = {"name": "speechstudio", "version": VERSION, "build": "Python", "lang": "Python"}
        yield self._text("speech.config", {"context": {"system": system}})
        detection = {"mode": "CONVERSATION", "language": locale}
        yield self._text("speech.context", {"phraseDetection": detection, "phraseOutput": {"format": "Detailed"}})
        if header:  # an empty frame would end the audio
            yield self.audio(header, "Content-Type:audio/x-wav\r\n")

    def audio(self, data: bytes, more: str = "") -> bytes:
        """A frame of audio; an empty one ends it."""
        headers = f"Path:audio\r\n{more}X-RequestId:{self._id}\r\nX-StreamId:1\r\n".encode()
        return len(headers).to_bytes(2, "big") + headers + data

    def take(self, message: str | bytes | None) -> None:
        """Read a message of the service. What is not about the result has no effect."""
        if not isinstance(message, str):
            return
        head, _, body = message.partition("\r\n\r\n")
        pairs = (line.partition(":") for line in head.split("\r\n"))
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        if headers.get("x-requestid", self._id).replace("-", "").lower() != self._id:
            return
        path = headers.get("path", "").lower()
        if path == "turn.end":
            self.ended = True
        elif path == "speech.phrase":
            self._phrases.append(_phrase(body))

    def recognition(self, took: float) -> Recognition:
        """The result of all phrases; NoMatch if there was none."""
        heard = [one for one in self._phrases if one.status == "Success"]
        if not heard:
            status = next((one.status for one in self._phrases if one.status not in _NO_SPEECH), "NoMatch")
            return Recognition(status=status, text="", took=took)
        known = [one.confidence for one in heard if one.confidence is not None]
        lengths = [one.seconds for one in heard if one.seconds is not None]
        phrases = [one.seconds for one in self._phrases if one.status in _LOGGED and one.seconds is not None]
        return Recognition(
            status="Success",
            text=" ".join(one.text for one in heard if one.text),
            confidence=min(known, default=None),
            seconds=sum(lengths) if lengths else None,
            took=took,
            phrases=tuple(phrases) if len(phrases) > 1 else (),
        )

    def _text(self, path: str, body: dict[str, Any]) -> str:
        moment = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
        head = f"X-Timestamp:{moment}\r\nPath:{path}\r\nContent-Type:application/json\r\nX-RequestId:{self._id}"
        return f"{head}\r\n\r\n{json.dumps(body)}"


def _phrase(body: str) -> Recognition:
    try:
        return result(json.loads(body))
    except (ValueError, RecursionError, Malformed):
        raise unreadable(OPERATION, "a phrase can't be read") from None


def _checked(address: str) -> httpx.URL:
    """The address with http instead of ws, as httpx knows it; ValueError if the key must not go there."""
    try:
        url = httpx.URL(address)
    except (httpx.InvalidURL, UnicodeError):
        raise ValueError("The address of the recognition service isn't valid.") from None
    url = url.copy_with(scheme={"wss": "https", "ws": "http"}.get(url.scheme, url.scheme))
    checked_endpoint(str(url.copy_with(query=None)))
    return url


def _parts(audio: bytes) -> tuple[bytes, bytes, float]:
    """A header without sizes, the samples, and how many of their bytes are a second of speech."""
    try:
        with wave.open(io.BytesIO(audio)) as file:
            form, samples = file.getparams(), file.readframes(file.getnframes())
    except (wave.Error, EOFError):
        return b"", audio, _USUAL_RATE
    width = form.nchannels * form.sampwidth
    fields = (1, form.nchannels, form.framerate, form.framerate * width, width, form.sampwidth * 8)
    sizes = (2, 2, 4, 4, 2, 2)
    values = b"".join(value.to_bytes(size, "little") for value, size in zip(fields, sizes, strict=True))
    header = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0" + values + b"data\0\0\0\0"
    return header, samples, max(1, form.framerate * width)
