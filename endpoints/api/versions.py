"""ETag, If-None-Match and If-Match: whether a program has seen what is there now."""

import hashlib

from django.utils.http import parse_etags

from endpoints.api.http import ApiRequest
from endpoints.api.problems import Problem


def etag_of(content: bytes) -> str:
    """Of an answer as it is written."""
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def refuse_stale(request: ApiRequest, content: bytes) -> None:
    """Problem unless the request names, in If-Match, what would be shown now; it need not name anything."""
    header = request.headers.get("If-Match")
    if header is None or header.strip() == "*":
        return
    now = etag_of(content)
    if now not in parse_etags(header):
        raise Problem("stale", headers={"ETag": now})


def unchanged(request: ApiRequest, etag: str) -> bool:
    """Whether the program has it already, by If-None-Match."""
    return etag in [one.removeprefix("W/") for one in parse_etags(request.headers.get("If-None-Match", ""))]
