"""Frames of the Speech SDK's WebSocket protocol, as the SDK (native 1.53, JavaScript 1.52) sends and accepts them.

A text frame is headers, an empty line and a body. A binary frame is the length of its headers (two bytes, big-endian),
the headers and the data. Lines end with CR LF.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

HEADER_LENGTH_BYTES = 2


class InvalidFrame(ValueError):
    """A frame cannot be read."""


class ReceivedFrame(Struct, frozen=True):
    """`headers` by name in lower case; `body` is text or audio."""

    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return self.headers.get("path", "").lower()

    @property
    def request_id(self) -> str:
        return self.headers.get("x-requestid", "")


def read_text(frame: str) -> ReceivedFrame:
    headers, _, body = frame.partition("\r\n\r\n")
    return ReceivedFrame(_headers(headers), body.encode())


def read_binary(frame: bytes) -> ReceivedFrame:
    end = HEADER_LENGTH_BYTES + int.from_bytes(frame[:HEADER_LENGTH_BYTES], "big")
    if len(frame) < max(end, HEADER_LENGTH_BYTES):
        raise InvalidFrame("The frame is shorter than its headers.")
    try:
        headers = frame[HEADER_LENGTH_BYTES:end].decode("ascii")
    except UnicodeDecodeError:
        raise InvalidFrame("The headers of the frame are not ASCII.") from None
    return ReceivedFrame(_headers(headers), frame[end:])


def write_text(path: str, request_id: str, body: dict[str, Any]) -> str:
    """A message of the service: a text frame with JSON."""
    headers = f"X-RequestId:{request_id}\r\nContent-Type:application/json; charset=utf-8\r\nPath:{path}\r\n\r\n"
    return headers + msgspec.json.encode(body).decode()


def _headers(lines: str) -> dict[str, str]:
    pairs = (line.partition(":") for line in lines.split("\r\n"))
    return {name.strip().lower(): value.strip() for name, _, value in pairs}
