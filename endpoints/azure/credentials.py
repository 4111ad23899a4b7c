"""What proves to a resource who asks: one of its keys, or a Microsoft Entra token. Neither is ever shown."""

from collections import deque
from typing import Protocol

import httpx

from .addresses import is_loopback
from .errors import NotSent, SpeechError

# A regional address takes no Entra token; a resource's own domain does (role-based access control documentation).
_OWN_DOMAINS = (".cognitiveservices.azure.com", ".cognitiveservices.azure.us", ".cognitiveservices.azure.cn")


class Credential(Protocol):
    """Anything that has bearer tokens to give.

    token() is called before every request, by any thread: it keeps a token until shortly before its end. It may
    raise a SpeechError; anything else it raises becomes NotSent. A credential may also have `forget()`, called
    after a 401: the next token() is then a new one.
    """

    def token(self) -> str: ...


class Proof(Protocol):
    """What the sender asks of either kind."""

    def headers(self) -> dict[str, str]: ...

    def hidden(self, text: str) -> str: ...

    def renewed(self) -> bool: ...


class Key:
    """One of the resource's two keys."""

    def __init__(self, key: str) -> None:
        if not _one_word(key):
            raise ValueError("The key of a Speech resource is one word of letters and digits.")
        self._key = key

    def __repr__(self) -> str:
        return "Key()"

    def headers(self) -> dict[str, str]:
        """The header that carries it (contract: api_key)."""
        return {"Ocp-Apim-Subscription-Key": self._key}

    def hidden(self, text: str) -> str:
        """`text` without the key, should the other side repeat it."""
        return text.replace(self._key, "***")

    def renewed(self) -> bool:
        """A key that was refused stays refused."""
        return False


class Bearer:
    """Microsoft Entra tokens from a credential."""

    def __init__(self, credential: Credential, endpoint: httpx.URL) -> None:
        if not endpoint.host.lower().endswith(_OWN_DOMAINS) and not is_loopback(endpoint):
            raise ValueError(
                "Microsoft Entra needs the resource's own domain, such as https://NAME.cognitiveservices.azure.com; "
                "the address of a region accepts keys only."
            )
        self._credential = credential
        self._shown: deque[str] = deque(maxlen=4)  # the newest last; requests of other threads may use an older one

    def __repr__(self) -> str:
        return "Bearer()"

    def headers(self) -> dict[str, str]:
        """The header that carries a token; it is plain `Bearer`, without the form that speech SDKs use."""
        self._fetch()
        return {"Authorization": f"Bearer {self._shown[-1]}"}

    def hidden(self, text: str) -> str:
        """`text` without the tokens, should the other side repeat one."""
        for token in tuple(self._shown):
            text = text.replace(token, "***")
        return text

    def renewed(self) -> bool:
        """After a 401: tell whether the credential now gives another token."""
        refused = hash(self._shown[-1]) if self._shown else 0
        forget = getattr(self._credential, "forget", None)
        if callable(forget):
            forget()
        self._fetch()
        return hash(self._shown[-1]) != refused

    def _fetch(self) -> None:
        failed = ""
        try:
            self._remember(self._credential.token())
        except SpeechError:
            raise
        except Exception as error:  # whatever a credential raises may quote its secret: only its kind is told
            failed = type(error).__name__
        if failed:
            raise NotSent(f"There is no token to ask the service with ({failed}).", operation="token")

    def _remember(self, token: str) -> None:
        if not isinstance(token, str) or not _one_word(token):
            raise ValueError
        if token not in self._shown:
            self._shown.append(token)
        elif token != self._shown[-1]:
            self._shown.remove(token)
            self._shown.append(token)


def _one_word(text: str) -> bool:
    return bool(text) and text.isascii() and text.isprintable() and " " not in text
