"""The check of an address of this product: asked as a Speech SDK asks it, and followed to the service.

The key goes to the resource's own recognition hosts only: the address is asked without it, though SDKs send it there.
"""

import base64
import json
import secrets
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import httpx
from msgspec import Struct

from endpoints.azure import SpeechError
from endpoints.azure.deadline import Deadline
from endpoints.azure.recognition import Recognition
from endpoints.azure.sending import COMMON_HEADERS, READ_SECONDS, body_of, opened, translated

from .service_check import ServiceCheck

OPERATION = "Address"
SECONDS = 15.0  # for one request to the address
FIELDS = ("name", "endpoint", "region", "locale", "status", "links")
LONGEST = 300  # characters of a sentence of the product
_PORTS = {"https": 443, "http": 80}


class Answer(Struct, frozen=True):
    status: int
    headers: httpx.Headers
    data: bytes

    @property
    def said(self) -> str:
        """The status, and the sentence that the product says with it."""
        kind = self.headers.get("content-type", "").partition(";")[0]
        text = self.data.decode("utf-8", "replace") if kind == "text/plain" else ""
        try:
            body = json.loads(self.data) if kind.endswith("json") else {}
        except (ValueError, RecursionError):
            body = {}
        if isinstance(body, dict):
            text = text or next((str(body[name]) for name in ("detail", "message", "error") if body.get(name)), "")
        return f"{self.status}: {text[:LONGEST]}" if text else str(self.status)


class AddressCheck:
    """One address. `hosts`: where the recognition service of the resource may be. `transport` must reach the address.

    What was heard is not reported, only whether the base model hears the same.
    """

    def __init__(self, check: ServiceCheck, address: str, hosts: Sequence[str], transport: httpx.BaseTransport) -> None:
        self._check, self._transport = check, transport
        self._url = _plain(address)
        self._origins = {_origin(host) for host in hosts}
        self._facts: dict[str, Any] = {}

    def run(self, audio: bytes) -> None:
        """Ask for the facts and for the way, and have `audio` recognized there, unless it is empty."""
        check = self._check
        self._facts = check.run("Address for programs", self._read, self._told, self._wrong, compare=False) or {}
        way = check.run("Address for SDKs", self._follow, _where, self._wrong_way, compare=False)
        if not way:
            check.skip("Address, recognition", "the address leads nowhere")
        elif _origin(way) not in self._origins:
            check.skip("Address, recognition", "the key isn't sent to that host")
        elif not audio:
            check.skip("Address, recognition", "name a recording with --recognize")
        else:
            self._recognize(way, audio)

    def _read(self) -> dict[str, Any]:
        answer = self._ask(f"{self._url}.json", {"Accept": "application/json"})
        if answer.status != 200:
            raise SpeechError(f"The address answers {answer.said}", operation=OPERATION)
        try:
            facts = json.loads(answer.data)
        except (ValueError, RecursionError):
            facts = None
        if not isinstance(facts, dict):
            raise SpeechError("The address doesn't answer with a JSON object.", operation=OPERATION)
        return facts

    def _told(self, facts: dict[str, Any]) -> str:
        name, endpoint, status = (str(facts.get(field, "?"))[:60] for field in ("name", "endpoint", "status"))
        return f"{name} leads to endpoint {endpoint}, {status}"

    def _wrong(self, facts: dict[str, Any]) -> list[str]:
        found = [f"`{field}` is missing" for field in FIELDS if field not in facts]
        endpoint = next((one for one in self._check.endpoints if one.id == facts.get("endpoint")), None)
        if "endpoint" in facts and endpoint is None:
            found.append("the endpoint isn't one of this resource")
        elif endpoint and facts.get("locale") != endpoint.locale:
            found.append("`locale` isn't the endpoint's")
        return found

    def _follow(self) -> str:
        """Where the handshake of a WebSocket is sent."""
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        asked = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": key}
        asked |= {"Sec-WebSocket-Version": "13", "Sec-WebSocket-Protocol": "USP"}
        answer = self._ask(self._url, asked)
        if answer.status != 307:
            raise SpeechError(f"The address answers {answer.said}, not 307.", operation=OPERATION)
        if not answer.headers.get("location"):
            raise SpeechError("The address doesn't say where to go: there's no Location.", operation=OPERATION)
        return str(answer.headers["location"])

    def _wrong_way(self, way: str) -> list[str]:
        try:
            parts = urlsplit(way)
        except ValueError:
            return ["Location isn't an address"]
        query = dict(parse_qsl(parts.query))
        found = []
        if _origin(way) not in self._origins:
            found.append("Location leads to a host that isn't a recognition host of this resource")
        found += [f"Location has no `{name}`" for name in ("cid", "language", "format") if not query.get(name)]
        if query.get("format", "detailed") != "detailed":
            found.append("`format` isn't detailed: SDKs add nothing to the address")
        for name, field in (("cid", "endpoint"), ("language", "locale")):
            if field in self._facts and query.get(name, self._facts[field]) != self._facts[field]:
                found.append(f"`{name}` isn't the `{field}` that programs are told")
        return found

    def _recognize(self, way: str, audio: bytes) -> None:
        parts = urlsplit(way)
        query = parse_qsl(parts.query)
        locale = dict(query).get("language") or str(self._facts.get("locale", ""))
        without_id = urlunsplit(parts._replace(query=urlencode([pair for pair in query if pair[0] != "cid"])))

        def ask(name: str, address: str) -> Recognition | None:
            return self._check.run(
                f"Address, recognition {name}",
                lambda: self._check.client.recognize_at(address, audio, locale),
                lambda found: f"{found.status[:40] or 'no status'} at {parts.netloc}",
                lambda found: [] if found.status == "Success" else ["nothing was recognized"],
                compare=False,
            )

        custom, base = ask("by its endpoint", way), ask("by the base model", without_id)
        if custom and base:
            same = custom.text == base.text
            told = "the same text, so this recording can't tell who answers" if same else "different texts"
            self._check.note("Address, recognition", told)

    def _ask(self, url: str, headers: dict[str, str]) -> Answer:
        deadline = Deadline(SECONDS)

        def request() -> httpx.Request:
            extensions = {"timeout": deadline.timeouts(READ_SECONDS)}
            return httpx.Request("GET", url, headers=COMMON_HEADERS | headers, extensions=extensions)

        with opened(OPERATION, self._transport, request) as response, translated(OPERATION):
            data = b"" if response.status_code == 101 else body_of(OPERATION, response, deadline, response.status_code)
            return Answer(response.status_code, response.headers, data)


def _where(way: str) -> str:
    return f"307 to {urlsplit(way).netloc[:100]}"


def _plain(address: str) -> str:
    """The address without .json, with http instead of ws."""
    for socket, plain in (("wss://", "https://"), ("ws://", "http://")):
        if address.startswith(socket):
            address = plain + address.removeprefix(socket)
    return address.rstrip("/").removesuffix(".json")


def _origin(address: str) -> tuple[str, str, int | None]:
    """Whether it is encrypted, host and port; a key may go there if these are the resource's."""
    try:
        parts = urlsplit(_plain(address))
        return parts.scheme, (parts.hostname or "").lower(), parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return "", "", None
