"""ETag, If-None-Match and If-Match: whether a program has seen what is there now."""

import hashlib
import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.http import parse_etags

from endpoints.api.http import ApiRequest
from endpoints.api.problems import Problem


def etag_of(shown: Any) -> str:
    """Of what an answer shows, before or after it was written as JSON."""
    text = json.dumps(shown, sort_keys=True, cls=DjangoJSONEncoder)
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def refuse_stale(request: ApiRequest, shown: Any) -> None:
    """Problem unless the request names, in If-Match, what would be shown now; it need not name anything."""
    header = request.headers.get("If-Match")
    if header is None or header.strip() == "*":
        return
    now = etag_of(shown)
    if now not in parse_etags(header):
        raise Problem("stale", headers={"ETag": now})


def unchanged(request: ApiRequest, etag: str) -> bool:
    """Whether the program has it already, by If-None-Match."""
    return etag in [one.removeprefix("W/") for one in parse_etags(request.headers.get("If-None-Match", ""))]
