"""Authentication with one of the resource's keys or a Microsoft Entra token. Neither is ever in an error or a repr."""

import logging
from collections import deque
from typing import Protocol

import httpx

from .addresses import is_loopback
from .errors import NotSent, SpeechError

log = logging.getLogger(__name__)

# Regional hosts accept no Entra token; a resource's own domain does ("Role-based access control for Speech resources").
_OWN_DOMAINS = (".cognitiveservices.azure.com", ".cognitiveservices.azure.us", ".cognitiveservices.azure.cn")


class Credential(Protocol):
    """A source of bearer tokens.

    token() is called before each request, by any thread, so it caches the token until shortly before it expires. It may
    raise a SpeechError; any other exception becomes NotSent. A credential may also have `forget()`, which is called
    after a 401: the next token() must then return a new one.
    """

    def token(self) -> str: ...


class Authentication(Protocol):
    """What the sender needs of a key or a credential."""

    def headers(self) -> dict[str, str]: ...

    def redacted(self, text: str) -> str: ...

    def renew(self) -> bool: ...


class KeyAuthentication:
    """One of the resource's two keys."""

    def __init__(self, key: str) -> None:
        if not _one_word(key):
            raise ValueError("The key must be one word of letters and digits.")
        self._key = key

    def __repr__(self) -> str:
        return "KeyAuthentication()"

    def headers(self) -> dict[str, str]:
        """The header with the key (contract: api_key)."""
        return {"Ocp-Apim-Subscription-Key": self._key}

    def redacted(self, text: str) -> str:
        """`text` without the key, in case the service repeats it."""
        return text.replace(self._key, "***")

    def renew(self) -> bool:
        """False: there is no other key to try."""
        return False


class TokenAuthentication:
    """Microsoft Entra tokens from a credential."""

    def __init__(self, credential: Credential, endpoint: httpx.URL) -> None:
        if not endpoint.host.lower().endswith(_OWN_DOMAINS) and not is_loopback(endpoint):
            raise ValueError(
                "Microsoft Entra requires the custom domain of the resource, such as "
                "https://NAME.cognitiveservices.azure.com. The address of a region accepts only keys."
            )
        self._credential = credential
        self._recent_tokens: deque[str] = deque(
            maxlen=4
        )  # the latest is last; requests in other threads may use older ones

    def __repr__(self) -> str:
        return "TokenAuthentication()"

    def headers(self) -> dict[str, str]:
        """The header with a token, as plain `Bearer`, not in the aad# format of the Speech SDK."""
        self._fetch()
        return {"Authorization": f"Bearer {self._recent_tokens[-1]}"}

    def redacted(self, text: str) -> str:
        """`text` without the tokens, in case the service repeats one."""
        for token in tuple(self._recent_tokens):
            text = text.replace(token, "***")
        return text

    def renew(self) -> bool:
        """After a 401: whether the credential now has another token."""
        refused = hash(self._recent_tokens[-1]) if self._recent_tokens else 0
        forget = getattr(self._credential, "forget", None)
        if callable(forget):
            forget()
        self._fetch()
        return hash(self._recent_tokens[-1]) != refused

    def _fetch(self) -> None:
        failed = False
        try:
            self._remember(self._credential.token())
        except SpeechError:
            raise
        except Exception as error:  # its message may contain the secret, so only its type is logged
            log.warning("The credential gave no token: %s", type(error).__name__)
            failed = True
        if failed:  # here, so that it does not hold the other error
            raise NotSent("No access token could be obtained. Check the credential.", operation="token")

    def _remember(self, token: str) -> None:
        if not isinstance(token, str) or not _one_word(token):
            raise ValueError
        if token not in self._recent_tokens:
            self._recent_tokens.append(token)
        elif token != self._recent_tokens[-1]:
            self._recent_tokens.remove(token)
            self._recent_tokens.append(token)


def _one_word(text: str) -> bool:
    return bool(text) and text.isascii() and text.isprintable() and " " not in text
