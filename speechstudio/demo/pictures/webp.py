"""Joins pictures of Chromium to an animated WebP, so that no library for images is needed.

The format is that of the "WebP Container Specification": chunks of a name of four letters, a length and a content.
"""

import struct
from collections.abc import Iterable, Iterator

_ANIMATED = 0x02
_REPLACE = 0x02  # no blending with the frame before
PIXELS = (b"VP8 ", b"VP8L", b"ALPH")
HEADER = 12  # bytes: RIFF, the length, WEBP


def animation(frames: Iterable[tuple[bytes, int]], size: tuple[int, int]) -> bytes:
    """`frames`: still WebP pictures of this `size` (pixels), each with its duration in milliseconds. Plays forever."""
    width, height = size
    whole = bytearray(_chunk(b"VP8X", struct.pack("<I", _ANIMATED) + _int24(width - 1) + _int24(height - 1)))
    whole += _chunk(b"ANIM", struct.pack("<IH", 0xFFFFFFFF, 0))
    for still, duration in frames:
        place = _int24(0) + _int24(0) + _int24(width - 1) + _int24(height - 1)
        pixels = b"".join(
            _chunk(name, content) for name, content in _chunks(still) if name in (b"VP8 ", b"VP8L", b"ALPH")
        )
        whole += _chunk(b"ANMF", place + _int24(duration) + bytes([_REPLACE]) + pixels)
    return b"RIFF" + struct.pack("<I", len(whole) + 4) + b"WEBP" + bytes(whole)


def _chunks(still: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = HEADER
    while at + 8 <= len(still):
        (length,) = struct.unpack_from("<I", still, at + 4)
        yield still[at : at + 4], still[at + 8 : at + 8 + length]
        at += 8 + length + length % 2


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def _int24(number: int) -> bytes:
    return number.to_bytes(3, "little")
