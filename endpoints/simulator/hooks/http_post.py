"""One HTTP POST to somebody else's address, with the standard library alone: bounded in time and in memory."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import urlsplit

LARGEST = 65_536  # bytes of an answer that are read; also the longest line
MOST_HEADERS = 100
MOST_INTERIM = 5
INFORMATIONAL = range(100, 200)
BODILESS = (204, 304)
UNSENT = ("\r", "\n", "\0")


class Unanswered(Exception):
    """There was no whole answer: nobody there, too slow, or not HTTP."""


async def post(url: str, headers: Mapping[str, str], body: bytes, seconds: float) -> tuple[int, bytes]:
    """Status and the first bytes of the body. Redirects are not followed; the whole has to be over in `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            return await _exchange(url, headers, body)
    except TimeoutError:
        raise Unanswered(f"no answer in {seconds:g} seconds") from None
    except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as error:
        raise Unanswered(str(error) or type(error).__name__) from None


@lru_cache(maxsize=1)
def _trust() -> ssl.SSLContext:
    """The machine's authorities; SSL_CERT_FILE and SSL_CERT_DIR add others."""
    return ssl.create_default_context()


async def _exchange(url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = {"Host": parts.netloc, **headers, "Content-Length": str(len(body)), "Connection": "close"}
    head = f"POST {target} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    if any(mark in text for text in (target, *lines.values()) for mark in UNSENT):
        raise ValueError("the request cannot be written")
    reader, writer = await asyncio.open_connection(
        parts.hostname, port, ssl=_trust() if secure else None, limit=LARGEST
    )
    try:
        writer.write(head.encode("latin-1") + b"\r\n" + body)
        await writer.drain()
        return await _answer(reader)
    finally:
        writer.transport.abort()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    for _ in range(MOST_INTERIM):
        status, headers = await _head(reader)
        if status not in INFORMATIONAL:
            break
    if status in BODILESS:
        return status, b""
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return status, await _chunks(reader)
    if "content-length" in headers:
        return status, await reader.readexactly(min(LARGEST, _size(headers["content-length"], 10)))
    content = bytearray()
    while len(content) < LARGEST and (piece := await reader.read(LARGEST - len(content))):
        content += piece
    return status, bytes(content)


async def _head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    words = (await reader.readline()).decode("latin-1").split(None, 2)
    if len(words) < 2 or not words[0].startswith("HTTP/1.") or len(words[1]) != 3:
        raise ValueError("the answer is not HTTP/1.1")
    status = _size(words[1], 10)
    headers: dict[str, str] = {}
    for _ in range(MOST_HEADERS):
        line = (await reader.readline()).decode("latin-1")
        if not line.endswith("\n"):
            raise EOFError("the answer ends in its headers")
        if not line.strip():
            return status, headers
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    raise ValueError("the answer has too many headers")


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    content = bytearray()
    while len(content) < LARGEST:
        size = _size((await reader.readline()).partition(b";")[0].decode("latin-1").strip(), 16)
        if size == 0:
            break
        content += await reader.readexactly(min(size, LARGEST - len(content)))
        if len(content) < LARGEST:
            await reader.readline()
    return bytes(content)


def _size(text: str, base: int) -> int:
    number = int(text, base)
    if number < 0:
        raise ValueError("a size is negative")
    return number
