"""Subscription keys, access tokens, signatures of content URLs (SAS), and the rate limit."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections import deque
from collections.abc import Iterable
from urllib.parse import quote, urlencode

import msgspec
from starlette.datastructures import QueryParams
from starlette.requests import HTTPConnection

from ..iso8601 import iso, parse_moment

KEY_HEADER = "Ocp-Apim-Subscription-Key"
TOKEN_LIFETIME = 600  # seconds
SAS_VERSION = "2023-11-03"
DENIED = (
    "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an "
    "active subscription and use a correct regional API endpoint for your resource."
)


def _sign(secret: str, text: str) -> bytes:
    return hmac.digest(secret.encode(), text.encode(), hashlib.sha256)


def token(secret: str, now: float) -> str:
    """An access token as the token service issues it for a key: a JWT that is valid for ten minutes."""
    parts = [{"alg": "HS256", "typ": "JWT"}, {"iss": "simulator", "exp": int(now) + TOKEN_LIFETIME}]
    text = ".".join(_url64(msgspec.json.encode(part)) for part in parts)
    return f"{text}.{_url64(_sign(secret, text))}"


def allowed(request: HTTPConnection, keys: Iterable[str], secret: str, now: float) -> bool:
    """Whether the request has one of the keys or a valid Bearer token; a WebSocket may have them in its query.

    A page in a browser cannot set headers of a WebSocket, so the Speech SDK for JavaScript uses the query.
    """
    more = request.query_params if request.scope["type"] == "websocket" else {}
    given = request.headers.get(KEY_HEADER, more.get(KEY_HEADER))
    if given is not None:
        return any(hmac.compare_digest(given.encode(), key.encode()) for key in keys)
    scheme, _, bearer = request.headers.get("authorization", more.get("Authorization", "")).partition(" ")
    text, _, signature = bearer.strip().rpartition(".")
    if scheme.lower() != "bearer" or not hmac.compare_digest(signature, _url64(_sign(secret, text))):
        return False
    try:
        payload = msgspec.json.decode(base64.urlsafe_b64decode(text.split(".")[1] + "=="))
        return bool(payload["exp"] > now)
    except (ValueError, LookupError, TypeError, msgspec.DecodeError):
        return False


def has_no_credentials(request: HTTPConnection) -> bool:
    return KEY_HEADER not in request.headers and "authorization" not in request.headers


def sas(secret: str, path: str, until: float, *, resource: str = "b", permissions: str = "r") -> str:
    """The SAS of a blob's URL (or, with resource "c", of a container), valid until a time of the world's clock."""
    end = iso(until)
    signature = base64.b64encode(_sign(secret, f"{path}\n{end}\n{permissions}\n{SAS_VERSION}")).decode()
    query = {"sv": SAS_VERSION, "se": end, "sr": resource, "sp": permissions, "sig": signature}
    return urlencode(query, quote_via=quote)


def sas_error(secret: str, path: str, query: QueryParams, now: float) -> str | None:
    """Why the SAS in the query of a content URL is not accepted; None if it is."""
    end, signature = query.get("se", ""), query.get("sig", "")
    expected = _sign(secret, f"{path}\n{end}\n{query.get('sp', '')}\n{query.get('sv', '')}")
    if not hmac.compare_digest(signature.encode(), base64.b64encode(expected)):
        return "Signature did not match."
    if parse_moment(end) < int(now):
        return f"Signature not valid in the specified time frame: Expiry [{end}] - Current [{iso(now)}]"
    return None


class RateLimit:
    """A sliding window for each key: at most so many requests in so many seconds of the world's clock.

    Source: "Speech service quotas and limits", 100 requests in 10 seconds.
    """

    def __init__(self, requests: int, seconds: float) -> None:
        self.requests = requests
        self.seconds = seconds
        self.seen: dict[str, deque[float]] = {}

    def wait(self, key: str, now: float) -> float:
        """0 if the request is within the limit, and count it; otherwise the seconds until the next one is."""
        if not self.requests or not self.seconds:
            return 0.0
        times = self.seen.setdefault(key, deque())
        while times and times[0] <= now - self.seconds:
            times.popleft()
        if len(times) < self.requests:
            times.append(now)
            return 0.0
        return times[0] + self.seconds - now


def _url64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
