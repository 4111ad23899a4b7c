"""What a program asks, read from a WSGI environment; keys that it sends are dropped here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl

from endpoints.models.address import NAME_LENGTH, valid_name

SPEECH, SERVICE = "/speech/", "/stt/"
JSON = ".json"
# Where the SDK for JavaScript asks for an alias: it writes the version "undefined" where none is set.
UNIVERSAL = re.compile(r"/stt/speech/universal/v\w{1,16}/?")
# What only a program that wants to recognize sends. Proxies keep `Upgrade` to themselves.
OF_SOCKETS = ("HTTP_SEC_WEBSOCKET_KEY", "HTTP_SEC_WEBSOCKET_VERSION", "HTTP_X_CONNECTIONID")
KEYS = ("HTTP_OCP_APIM_SUBSCRIPTION_KEY", "HTTP_AUTHORIZATION", "HTTP_APIM_SUBSCRIPTION_ID")
ADDRESSES = ("QUERY_STRING", "RAW_URI", "REQUEST_URI")  # with the query, in which a browser's socket sends the key
MOST_OPTIONS = 50
# Options of the SDKs that are part of the address of the WebSocket (PropertyId, SpeechConfig.setServiceProperty).
_WORD, _NUMBER, _BOOLEAN = re.compile(r"\w{1,30}"), re.compile(r"\d{1,7}"), re.compile("true|false")
CARRIED_OVER = {
    "format": re.compile("simple|detailed"),
    "profanity": re.compile("masked|removed|raw"),
    "wordLevelTimestamps": _BOOLEAN,
    "storeAudio": _BOOLEAN,
    "punctuation": _WORD,
    "postprocessing": _WORD,
    "segmentationStrategy": _WORD,
    "stableIntermediateThreshold": _NUMBER,
    "initialSilenceTimeoutMs": _NUMBER,
    "endSilenceTimeoutMs": _NUMBER,
    "segmentationSilenceTimeoutMs": _NUMBER,
    "segmentationMaximumTimeMs": _NUMBER,
}
SOCKET, TEXT, FACTS, PAGE, OTHER = "socket", "text", "facts", "page", "other"


@dataclass(frozen=True, slots=True)
class Question:
    """`kind`: how it is to be answered. `name` is "" if no address can have it. `place` in 0..9999 is a session's."""

    kind: str
    name: str
    options: dict[str, str] = field(default_factory=dict)
    place: int | None = None


def drop_keys(environ: dict[str, Any]) -> str:
    """Remove all that may hold a key, and return the query string."""
    query: str = environ.get("QUERY_STRING", "")
    for name in (*KEYS, *ADDRESSES):
        environ.pop(name, None)
    environ["QUERY_STRING"] = ""
    return query


def read(environ: Mapping[str, Any], query: str) -> Question:
    path: str = environ["PATH_INFO"]
    given = _given(query)
    name, kind = path[len(SPEECH) :], OTHER
    if path.startswith(SERVICE):
        name = given.get("alias", "") if UNIVERSAL.fullmatch(path) else ""
        kind = TEXT if "GenerateRedirectResponse" in given else kind
    elif name.endswith(JSON):
        name, kind = name[: -len(JSON)], FACTS
    if kind == OTHER:
        kind = _kind(environ, page=path.startswith(SPEECH))
    name = _name(name)
    return Question(kind, name, _options(given), _place(name, given.get("session", "")))


def _kind(environ: Mapping[str, Any], *, page: bool) -> str:
    upgrades = environ.get("HTTP_UPGRADE", "").lower() == "websocket"
    if upgrades or any(name in environ for name in OF_SOCKETS):
        return SOCKET
    return PAGE if page and "text/html" in environ.get("HTTP_ACCEPT", "") else OTHER


def _given(query: str) -> dict[str, str]:
    """The first value of each option; none of a query that has too many."""
    if not query:
        return {}
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=MOST_OPTIONS)
    except ValueError:
        return {}
    return dict(reversed(pairs))


def _name(text: str) -> str:
    """As addresses are named; "" if it can be none's."""
    text = text.removesuffix("/")
    if not 0 < len(text) <= NAME_LENGTH or not text.isascii():
        return ""
    name = text.lower()
    return name if re.match(valid_name.regex, name) else ""


def _options(given: Mapping[str, str]) -> dict[str, str]:
    return {
        name: given[name] for name, allowed in CARRIED_OVER.items() if name in given and allowed.fullmatch(given[name])
    }


def _place(name: str, session: str) -> int | None:
    """The same for a session in each process. Those below a share stay below a larger one."""
    if not session:
        return None
    digest = sha256(f"{name}\0{session}".encode(errors="replace")).digest()
    return int.from_bytes(digest[:8]) % 10_000
