"""Removes from lines what must not leave the machine: keys, tokens, and the signatures of content addresses."""

import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, quote, urlsplit

REMOVED = "***"
SHORTEST = 4  # characters of a secret; shorter ones would be found in ordinary words
_QUERY = re.compile(r"(?i)(\b[a-z][a-z0-9+.-]*://[^\s?#'\"<>]*)\?[^\s'\"<>]*")
_USER = re.compile(r"(?i)(\b[a-z][a-z0-9+.-]*://)[^\s/@]+@")
_SIGNATURE = re.compile(r"(?i)\b((?:sig|sv|se|sp|st|skoid|sktid)=)[^&\s'\"]+")
_TOKEN = re.compile(r"(?i)\b(bearer\s+)\S+")


class Redactor:
    """Removes `secrets` and all that looks like a secret; makes one line of a text."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        written = {form for secret in secrets for form in (secret, quote(secret, safe=""))}
        self._secrets = sorted((one for one in written if len(one) >= SHORTEST), key=len, reverse=True)

    def __call__(self, text: str) -> str:
        for secret in self._secrets:
            text = re.sub(re.escape(secret), REMOVED, text, flags=re.IGNORECASE)
        text = _USER.sub(rf"\1{REMOVED}@", _QUERY.sub(rf"\1?{REMOVED}", text))
        text = _TOKEN.sub(rf"\1{REMOVED}", _SIGNATURE.sub(rf"\1{REMOVED}", text))
        return " ".join(text.split())


def secrets_in(address: str) -> list[str]:
    """The values in the query of an address, such as the parts of a SAS token."""
    try:
        return [value for name, value in parse_qsl(urlsplit(address).query) if name.lower() == "sig"]
    except ValueError:
        return []
