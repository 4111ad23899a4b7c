"""One call of a web hook: its URL, headers, signature and body, and the record of each attempt."""

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
    """The record of one attempt. `status` is that of the response; null if there was none, then `problem` says why."""

    time: str
    hook: str
    event: str
    url: str
    attempt: int
    status: int | None
    headers: dict[str, str]
    body: str
    problem: str | None = None


class OutgoingCall(Struct, frozen=True, kw_only=True):
    """A call that is to be made. `challenge`: the number of the challenge, None for events and pings."""

    hook: WebHook
    event: str
    created: float
    body: bytes = b""
    token: str = ""
    challenge: int | None = None

    @property
    def address(self) -> str:
        """webUrl; a challenge has its token in the query."""
        if not self.token:
            return self.hook.url
        url = urlsplit(self.hook.url)._replace(fragment="").geturl()
        return f"{url}{'&' if '?' in url else '?'}validationToken={self.token}"

    def headers(self, style: str) -> dict[str, str]:
        """The name of the event, and the signature if the hook has a secret: of the body, or of a challenge's token.

        Source: contract, WebHooks_Create, and the web hook receiver among the samples of the Speech SDK.
        """
        name = self.event.lower() if style == "lower" else self.event
        headers = {EVENT_HEADER: name[0].upper() + name[1:] if style == "pascal" else name}
        if self.body:
            headers["Content-Type"] = "application/json; charset=utf-8"
        if self.hook.secret:
            payload = self.token.encode() if self.token else self.body
            digest = hmac.digest(self.hook.secret.encode(), payload, hashlib.sha256)
            headers[SIGNATURE_HEADER] = base64.b64encode(digest).decode()
        return headers

    def attempt_record(self, now: float, style: str, attempt: int, status: int | None, problem: str | None) -> Delivery:
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
