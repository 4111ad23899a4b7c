"""One call of a web hook: its address, headers, signature and body, and what is remembered of it."""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import urlsplit

from msgspec import Struct

from ..iso8601 import iso
from ..world.web_hooks import WebHook

EVENT_HEADER = "X-MicrosoftSpeechServices-Event"
SIGNATURE_HEADER = "X-MicrosoftSpeechServices-Signature"


class Delivery(Struct, kw_only=True, omit_defaults=True):
    """One attempt. `status` is what the receiver answered; null when nothing came or was sent, as `problem` tells."""

    time: str
    hook: str
    event: str
    url: str
    attempt: int
    status: int | None
    headers: dict[str, str]
    body: str
    problem: str | None = None


class Job(Struct, frozen=True, kw_only=True):
    """What is to be sent to a hook. A challenge belongs to one registration of an address and has its number."""

    hook: WebHook
    event: str
    made: float
    body: bytes = b""
    token: str = ""
    challenge: int | None = None

    @property
    def address(self) -> str:
        """webUrl; a challenge puts its token into the query."""
        if not self.token:
            return self.hook.url
        url = urlsplit(self.hook.url)._replace(fragment="").geturl()
        return f"{url}{'&' if '?' in url else '?'}validationToken={self.token}"

    def headers(self, style: str) -> dict[str, str]:
        """The event's name, and with a secret the signature: of the raw body, or of the token (service-facts 4)."""
        name = self.event.lower() if style == "lower" else self.event
        headers = {EVENT_HEADER: name[0].upper() + name[1:] if style == "pascal" else name}
        if self.body:
            headers["Content-Type"] = "application/json; charset=utf-8"
        if self.hook.secret:
            signed = self.token.encode() if self.token else self.body
            digest = hmac.digest(self.hook.secret.encode(), signed, hashlib.sha256)
            headers[SIGNATURE_HEADER] = base64.b64encode(digest).decode()
        return headers

    def noted(self, now: float, style: str, attempt: int, status: int | None, problem: str | None) -> Delivery:
        return Delivery(
            time=iso(now),
            hook=self.hook.id,
            event=self.event,
            url=self.hook.url,
            attempt=attempt,
            status=status,
            headers=self.headers(style),
            body=self.body.decode(),
            problem=problem,
        )
