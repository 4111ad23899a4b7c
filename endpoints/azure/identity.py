"""Microsoft Entra credentials by azure-identity, which is imported when it is first needed.

Scope: https://cognitiveservices.azure.com/.default ("Microsoft Entra authentication with the Speech SDK"; .us and .cn
in the sovereign clouds). Roles: Cognitive Services Speech User can read, Cognitive Services Speech Contributor can also
write. Other credentials of that library can be used: `Entra(lambda: AzureCliCredential(), SCOPES["public"])`.
"""

import os
import re
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from functools import lru_cache
from typing import Any, Protocol
from urllib.parse import urlsplit

from .errors import NotSent, Unauthorized
from .guard import guarded
from .network import PUBLIC, Network, proxy_host

UNREACHABLE = "Microsoft Entra couldn't be reached to get an access token."
OPERATION = "token"  # not an operation of the contract
EXPIRY_MARGIN = 300.0  # seconds: a token that expires sooner is not used
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
# By default azure-identity waits for minutes, and the client's deadline does not apply to it.
TIMEOUTS: dict[str, Any] = {"connection_timeout": 5, "read_timeout": 10, "retry_total": 1}


class _Token(Protocol):
    @property
    def token(self) -> str: ...
    @property
    def expires_on(self) -> int: ...


class _Source(Protocol):
    def get_token(self, *scopes: str) -> _Token: ...


class Entra:
    """A credential of azure-identity for this client; threads may share it.

    `make` creates it for the first token, and again after forget(), because a new one has an empty cache. network: what
    holds for the library's connections; None for a managed identity, whose service has a link-local address.
    """

    def __init__(self, make: Callable[[], _Source], scope: str, network: Network | None = None, host: str = "") -> None:
        self._make, self._scope, self._network = make, scope, network
        self._proxy = proxy_host(network.proxy_for(host)) if network else ""
        self._lock = threading.Lock()
        self._source: _Source | None = None
        self._cached: _Token | None = None

    def __repr__(self) -> str:
        return f"Entra(scope={self._scope!r})"

    def token(self) -> str:
        """A token that is valid for at least five more minutes, if its lifetime allows. NotSent, Unauthorized."""
        with self._lock:
            if self._cached is None or self._cached.expires_on - time.time() < EXPIRY_MARGIN:
                self._cached = self._new()
            return self._cached.token

    def source(self) -> Any:
        """A new credential, to be closed, for Azure's own libraries, which get other tokens from it."""
        return _Guarded(self._make(), self._network, self._proxy) if self._network else self._make()

    def forget(self) -> None:
        """Discard the token, because the service has refused it: the next token() returns a new one."""
        with self._lock:
            close = getattr(self._source, "close", None)
            self._source = self._cached = None
        if callable(close):
            close()

    def _new(self) -> _Token:
        from azure.core.exceptions import AzureError, ClientAuthenticationError
        from azure.identity import CredentialUnavailableError

        # Only the kind of failure is reported: the library's messages contain whole responses and URLs.
        failure: NotSent | Unauthorized
        try:
            self._source = self._source or self._make()
            with guarded(self._network, self._proxy) if self._network else nullcontext():
                return self._source.get_token(self._scope)
        except CredentialUnavailableError:
            sentence = "This machine doesn't have a managed identity, or the identity service isn't responding."
            failure = NotSent(sentence, operation=OPERATION)
        except ClientAuthenticationError as error:
            # The library raises the same error for a refusal and for no response at all.
            failure = NotSent(UNREACHABLE, operation=OPERATION) if _no_response(error) else refused(error, OPERATION)
        except (AzureError, OSError):
            failure = NotSent(UNREACHABLE, operation=OPERATION)
        raise failure  # here, so that it does not hold the library's error


class _Guarded:
    """A credential of azure-identity whose connections the network allows, and those to the proxy's host."""

    def __init__(self, source: Any, network: Network, proxy: str) -> None:
        self._source, self._network, self._proxy = source, network, proxy

    def get_token(self, *scopes: str, **options: Any) -> Any:
        with guarded(self._network, self._proxy):
            return self._source.get_token(*scopes, **options)

    def close(self) -> None:
        """Close the connections that it keeps alive; every credential of azure-identity has this."""
        self._source.close()


def client_secret(
    tenant_id: str, client_id: str, client_secret: str, *, cloud: str = "public", network: Network = PUBLIC
) -> Entra:
    """An application's own credential. `cloud`: public, government or china; ValueError when it is none of them.

    network: the proxy and the certificate authorities; the library does not use those of the environment.
    The same arguments return the same object, so that short-lived clients share its token.
    """
    return _client_secret(tenant_id, client_id, client_secret, cloud, network)


@lru_cache(maxsize=64)
def _client_secret(tenant_id: str, client_id: str, client_secret: str, cloud: str, network: Network) -> Entra:
    scope, authority = SCOPES[_checked_cloud(cloud)], AUTHORITIES[cloud]
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
            **TIMEOUTS,
            **library_options(network, authority),
        )

    return Entra(make, scope, network, authority)


def managed_identity(client_id: str | None = None, *, cloud: str = "public") -> Entra:
    """The managed identity of this machine; `client_id` selects a user-assigned one. Cached like client_secret()."""
    return _managed_identity(client_id, cloud)


@lru_cache(maxsize=64)
def _managed_identity(client_id: str | None, cloud: str) -> Entra:
    scope = SCOPES[_checked_cloud(cloud)]

    def make() -> _Source:
        from azure.identity import ManagedIdentityCredential

        # Its service is on this machine or at a link-local address, which no proxy can reach.
        return ManagedIdentityCredential(client_id=client_id, use_env_settings=False, **TIMEOUTS)

    return Entra(make, scope)


def default_source(network: Network) -> Any:
    """The first credential of azure-identity that works here: of the environment, or the identity of this machine.

    Its requests to Microsoft Entra follow `network`. Those to the machine's own identity service, on this machine or at
    a link-local address, go by no proxy: their addresses begin with http, but for one that the environment names.
    """
    from azure.identity import DefaultAzureCredential

    authority = os.environ.get("AZURE_AUTHORITY_HOST") or AUTHORITIES["public"]
    options = library_options(network, urlsplit(authority).hostname or authority)
    if options["proxies"]:
        own = urlsplit(os.environ.get("IDENTITY_ENDPOINT", "")).hostname
        options["proxies"] = {"https": options["proxies"]["https"], **({f"https://{own}": None} if own else {})}
    return DefaultAzureCredential(**TIMEOUTS, **options)


def library_options(network: Network, host: str) -> dict[str, Any]:
    """What Azure's libraries take for requests to a host: the proxy, the authorities, nothing of the environment."""
    proxy = network.proxy_for(host)
    return {
        "proxies": {"http": proxy, "https": proxy} if proxy else None,
        "connection_verify": network.ca_file or True,
        "use_env_settings": False,
        "permit_redirects": False,
    }


def _checked_cloud(cloud: str) -> str:
    if cloud not in SCOPES:
        raise ValueError(f"Unknown cloud {cloud!r}; known: {', '.join(SCOPES)}.")
    return cloud


def _no_response(error: Exception) -> bool:
    """Whether there was no response: then the error has a cause. A ValueError as cause means an unknown tenant."""
    cause = error.__cause__
    return cause is not None and not isinstance(cause, ValueError)


def refused(error: Exception, operation: str) -> Unauthorized:
    """A refusal of Microsoft Entra, with its error code (AADSTS...), which its documentation explains."""
    found = re.search(r"AADSTS\d+", str(error))
    code = found[0] if found else ""
    sentence = "Microsoft Entra rejected the sign-in. Check the identity and its secret."
    if code:
        sentence = f"Microsoft Entra rejected the sign-in ({code}). Check the identity and its secret."
    return Unauthorized(sentence, operation=operation, status=401, code=code)
