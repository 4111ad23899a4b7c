"""Microsoft Entra credentials by Microsoft's own library, azure-identity, which is imported when first needed.

Scope: https://cognitiveservices.azure.com/.default (documentation of Entra authentication for Speech; .us and
.cn in the sovereign clouds). Roles: Cognitive Services Speech User reads, Cognitive Services Speech Contributor
also writes. Other credentials of that library fit too: `Entra(lambda: AzureCliCredential(), SCOPES["public"])`.
"""

import re
import threading
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Protocol

from .errors import NotSent, Unauthorized

UNREACHABLE = "Microsoft Entra could not be reached for a token."
OPERATION = "token"  # not an operation of the contract
BEFORE_ITS_END = 300.0  # seconds: a token this close to its end is not used
SCOPES = {
    "public": "https://cognitiveservices.azure.com/.default",
    "government": "https://cognitiveservices.azure.us/.default",
    "china": "https://cognitiveservices.azure.cn/.default",
}
AUTHORITIES = {
    "public": "login.microsoftonline.com",
    "government": "login.microsoftonline.us",
    "china": "login.chinacloudapi.cn",
}
# azure-identity waits for minutes otherwise; the client's own deadline cannot reach into it.
PATIENCE: dict[str, Any] = {"connection_timeout": 5, "read_timeout": 10, "retry_total": 1}


class _Token(Protocol):
    @property
    def token(self) -> str: ...
    @property
    def expires_on(self) -> int: ...


class _Source(Protocol):
    def get_token(self, *scopes: str) -> _Token: ...


class Entra:
    """A credential of azure-identity as a credential of this client; threads may share it.

    `make` builds it, when the first token is wanted and again after forget(): a new one has an empty cache.
    """

    def __init__(self, make: Callable[[], _Source], scope: str) -> None:
        self._make, self._scope = make, scope
        self._lock = threading.Lock()
        self._source: _Source | None = None
        self._kept: _Token | None = None

    def __repr__(self) -> str:
        return f"Entra(scope={self._scope!r})"

    def token(self) -> str:
        """A token with at least five minutes to live, if it ever had them. NotSent, Unauthorized."""
        with self._lock:
            if self._kept is None or self._kept.expires_on - time.time() < BEFORE_ITS_END:
                self._kept = self._new()
            return self._kept.token

    def source(self) -> Any:
        """The credential of azure-identity itself, for Azure's own libraries, which ask it for tokens of their own."""
        return self._make()

    def forget(self) -> None:
        """Let the next token() be a new one: the service has refused this one."""
        with self._lock:
            close = getattr(self._source, "close", None)
            self._source = self._kept = None
        if callable(close):
            close()

    def _new(self) -> _Token:
        from azure.core.exceptions import AzureError, ClientAuthenticationError
        from azure.identity import CredentialUnavailableError

        # Only the kind of failure is told: the library's messages quote whole answers and addresses.
        code = ""
        try:
            self._source = self._source or self._make()
            return self._source.get_token(self._scope)
        except CredentialUnavailableError:
            failed = "This machine has no managed identity, or its service does not answer."
        except ClientAuthenticationError as error:
            # Having got no answer at all is wrapped in the same kind of error as having been refused.
            failed = UNREACHABLE if _lost(error) else ""
            code = _code(error)
        except (AzureError, OSError):
            failed = UNREACHABLE
        if failed:
            raise NotSent(failed, operation=OPERATION)
        sentence = f"Microsoft Entra refused to give a token{f' ({code})' if code else ''}."
        raise Unauthorized(sentence, operation=OPERATION, status=401, code=code)


def client_secret(tenant_id: str, client_id: str, client_secret: str, *, cloud: str = "public") -> Entra:
    """An application's own credential. `cloud`: public, government or china; ValueError when it is none of them.

    Asked twice for the same one, this process has one, so that clients which come and go share its token.
    """
    return _client_secret(tenant_id, client_id, client_secret, cloud)


@lru_cache(maxsize=64)
def _client_secret(tenant_id: str, client_id: str, client_secret: str, cloud: str) -> Entra:
    scope, authority = SCOPES[_known(cloud)], AUTHORITIES[cloud]
    if not (tenant_id and client_id and client_secret):
        raise ValueError("Microsoft Entra needs a tenant, a client and a client secret.")

    def make() -> _Source:
        from azure.identity import ClientSecretCredential

        return ClientSecretCredential(
            tenant_id,
            client_id,
            client_secret,
            authority=authority,
            disable_instance_discovery=True,  # the authority is one of three known ones
            **PATIENCE,
        )

    return Entra(make, scope)


def managed_identity(client_id: str | None = None, *, cloud: str = "public") -> Entra:
    """The identity of the machine this runs on; `client_id` chooses a user-assigned one. One for all who ask."""
    return _managed_identity(client_id, cloud)


@lru_cache(maxsize=64)
def _managed_identity(client_id: str | None, cloud: str) -> Entra:
    scope = SCOPES[_known(cloud)]

    def make() -> _Source:
        from azure.identity import ManagedIdentityCredential

        return ManagedIdentityCredential(client_id=client_id, **PATIENCE)

    return Entra(make, scope)


def _known(cloud: str) -> str:
    if cloud not in SCOPES:
        raise ValueError(f"Unknown cloud {cloud!r}; known: {', '.join(SCOPES)}.")
    return cloud


def _lost(error: Exception) -> bool:
    """What went wrong on the way is the error's cause; a ValueError means an unknown tenant; a refusal has none."""
    cause = error.__cause__
    return cause is not None and not isinstance(cause, ValueError)


def _code(error: Exception) -> str:
    """The number of Entra's own error (AADSTS...), which its documentation explains."""
    found = re.search(r"AADSTS\d+", str(error))
    return found[0] if found else ""
