"""Builds the client for a Speech resource, and the source of an endpoint's content logs.

Each function takes the network that holds for the connections: the proxy, the certificate authorities, and which
private networks they may lead to. Nothing else in the product makes clients of the service.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from structlog.contextvars import bind_contextvars

from endpoints import azure
from endpoints.azure import identity
from endpoints.azure.network import Network
from endpoints.models import Endpoint, Resource
from endpoints.models.connection import Auth
from endpoints.models.counter import counting

if TYPE_CHECKING:
    import httpx


class Counted:
    """Counts the requests to a resource, for metrics (azure.observer.Observer)."""

    def __init__(self, resource: Resource) -> None:
        self._resource = str(resource.pk)

    def called(self, operation: str, status: str) -> None:
        counting.add("api_calls", resource=self._resource, operation=operation, status=status)

    def waited(self, seconds: float) -> None:
        counting.add("throttled_seconds", seconds, resource=self._resource)


def speech_client(
    resource: Resource, network: Network, transport: httpx.BaseTransport | None = None, **more: Any
) -> azure.SpeechClient:
    """The client for a resource. Raises CannotDecrypt, or ValueError for an invalid address or key.

    `more`: other options of SpeechClient, such as its deadline.
    """
    bind_contextvars(resource=resource.name)  # the lines of this work, such as those of its requests, name it
    options = {"api_version": resource.api_version, "transport": transport, "network": network, **more}
    if not resource._state.adding:  # a draft has no id that stays
        options["observer"] = Counted(resource)
    if resource.auth == Auth.KEY:
        return azure.SpeechClient(resource.endpoint_url, key=_secret(resource), **options)
    return azure.SpeechClient(resource.endpoint_url, credential=_entra(resource, network), **options)


def log_source(endpoint: Endpoint, network: Network) -> azure.SpeechClient | azure.LogContainer:
    """The source of an endpoint's content logs: the customer's own container if there is one, or the service."""
    resource = endpoint.resource
    container = log_container(resource, network, folder=endpoint.log_folder, locale=endpoint.locale)
    return container or speech_client(resource, network)


def log_container(
    resource: Resource, network: Network, *, folder: str = "", locale: str = ""
) -> azure.LogContainer | None:
    """The customer's own container of a resource, None when it has none. CannotDecrypt, ValueError as above."""
    if resource.log_container is None:
        return None
    url = resource.log_container.open()
    # A container without a SAS token in its address is read with the identity of the resource.
    credential = None if "sig=" in url or resource.auth == Auth.KEY else _entra(resource, network).source()
    return azure.LogContainer(url, folder=folder, locale=locale, credential=credential, network=network)


def _entra(resource: Resource, network: Network) -> identity.Entra:
    cloud = resource.cloud.name
    if resource.auth == Auth.MANAGED_IDENTITY:
        return identity.managed_identity(resource.client_id or None, cloud=cloud)
    secret = _secret(resource)
    return identity.client_secret(resource.tenant_id, resource.client_id, secret, cloud=cloud, network=network)


def _secret(resource: Resource) -> str:
    return resource.key.open() if resource.key else ""
