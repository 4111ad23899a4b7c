"""One HTTP POST to a web hook, by the standard library, with limits on time and memory."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import urlsplit

MAX_BODY_BYTES = 65_536  # of a response; also the maximum length of a line
MAX_HEADERS = 100
MAX_INTERIM_RESPONSES = 5
INFORMATIONAL = range(100, 200)
STATUSES_WITHOUT_BODY = (204, 304)
FORBIDDEN_CHARACTERS = ("\r", "\n", "\0")


class NoResponse(Exception):
    """No complete response: connection refused or lost, too slow, or not HTTP."""


async def post(url: str, headers: Mapping[str, str], body: bytes, seconds: float) -> tuple[int, bytes]:
    """Status and first bytes of the body. Redirects are not followed; `seconds` limit the whole exchange."""
    try:
        async with asyncio.timeout(seconds):
            return await _exchange(url, headers, body)
    except TimeoutError:
        raise NoResponse(f"no answer in {seconds:g} seconds") from None
    except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as error:
        raise NoResponse(str(error) or type(error).__name__) from None


@lru_cache(maxsize=1)
def _tls_context() -> ssl.SSLContext:
    """The certificate authorities of this machine; SSL_CERT_FILE and SSL_CERT_DIR add others."""
    return ssl.create_default_context()


async def _exchange(url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = {"Host": parts.netloc, **headers, "Content-Length": str(len(body)), "Connection": "close"}
    head = f"POST {target} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    if any(character in text for text in (target, *lines.values()) for character in FORBIDDEN_CHARACTERS):
        raise ValueError("the request cannot be written")
    reader, writer = await asyncio.open_connection(
        parts.hostname, port, ssl=_tls_context() if secure else None, limit=MAX_BODY_BYTES
    )
    try:
        writer.write(head.encode("latin-1") + b"\r\n" + body)
        await writer.drain()
        return await _read_response(reader)
    finally:
        writer.transport.abort()


async def _read_response(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    for _ in range(MAX_INTERIM_RESPONSES):
        status, headers = await _read_head(reader)
        if status not in INFORMATIONAL:
            break
    if status in STATUSES_WITHOUT_BODY:
        return status, b""
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return status, await _read_chunks(reader)
    if "content-length" in headers:
        return status, await reader.readexactly(min(MAX_BODY_BYTES, _parse_size(headers["content-length"], 10)))
    content = bytearray()
    while len(content) < MAX_BODY_BYTES and (chunk := await reader.read(MAX_BODY_BYTES - len(content))):
        content += chunk
    return status, bytes(content)


async def _read_head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    status_line = (await reader.readline()).decode("latin-1").split(None, 2)
    if len(status_line) < 2 or not status_line[0].startswith("HTTP/1.") or len(status_line[1]) != 3:
        raise ValueError("the answer is not HTTP/1.1")
    status = _parse_size(status_line[1], 10)
    headers: dict[str, str] = {}
    for _ in range(MAX_HEADERS):
        line = (await reader.readline()).decode("latin-1")
        if not line.endswith("\n"):
            raise EOFError("the answer ends in its headers")
        if not line.strip():
            return status, headers
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    raise ValueError("the answer has too many headers")


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    content = bytearray()
    while len(content) < MAX_BODY_BYTES:
        size = _parse_size((await reader.readline()).partition(b";")[0].decode("latin-1").strip(), 16)
        if size == 0:
            break
        content += await reader.readexactly(min(size, MAX_BODY_BYTES - len(content)))
        if len(content) < MAX_BODY_BYTES:
            await reader.readline()
    return bytes(content)


def _parse_size(text: str, base: int) -> int:
    number = int(text, base)
    if number < 0:
        raise ValueError("a size is negative")
    return number
