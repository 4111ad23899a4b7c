"""The heads of HTTP/1.1: a question as it goes over the wire, and what the head of an answer says."""

import re
from typing import NamedTuple

import httpx

Place = tuple[str, str, int]

HEAD_BYTES = 64 * 1024
NO_HTTP = "the answer is no HTTP"
_STATUS = re.compile(rb"HTTP/1\.([01]) (\d{3})(?: [^\r\n]*)?")
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\0\r\n]*?)[ \t]*")


class Question(NamedTuple):
    """A request as it goes over the wire, and where to. It holds what is secret."""

    place: Place
    data: bytes


def written(request: httpx.Request) -> Question:
    url = request.url
    target: bytes = request.extensions.get("target", url.raw_path)
    words = [f"{request.method} {target.decode('ascii')} HTTP/1.1".encode("ascii")]
    words += [name + b": " + value for name, value in request.headers.raw]
    place = (url.scheme, url.raw_host.decode("ascii"), url.port or (443 if url.scheme == "https" else 80))
    return Question(place, b"\r\n".join(words) + b"\r\n\r\n")


def parsed(head: bytes) -> tuple[int, bool, list[tuple[bytes, bytes]]]:
    first, *lines = head.split(b"\r\n")
    status = _STATUS.fullmatch(first)
    fields = [_FIELD.fullmatch(line) for line in lines]
    if not status or not all(fields):
        raise httpx.RemoteProtocolError(NO_HTTP)
    return int(status[2]), status[1] == b"1", [(field[1], field[2]) for field in fields if field]
