"""Builds the client for a Speech resource, and the source of an endpoint's content logs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from endpoints import azure
from endpoints.azure import identity
from endpoints.models import Endpoint, Resource
from endpoints.models.resource import Auth

if TYPE_CHECKING:
    import httpx


def speech_client(resource: Resource, transport: httpx.BaseTransport | None = None) -> azure.SpeechClient:
    """The client for a resource. Raises CannotDecrypt, or ValueError for an invalid address or key."""
    options: dict[str, Any] = {"api_version": resource.api_version, "transport": transport}
    if resource.auth == Auth.KEY:
        return azure.SpeechClient(resource.endpoint_url, key=_secret(resource), **options)
    return azure.SpeechClient(resource.endpoint_url, credential=_entra(resource), **options)


def log_source(endpoint: Endpoint) -> azure.SpeechClient | azure.LogContainer:
    """The source of an endpoint's content logs: the customer's own container if there is one, or the service."""
    resource = endpoint.resource
    if resource.log_container is None:
        return speech_client(resource)
    url = resource.log_container.open()
    # A container without a SAS token in its address is read with the identity of the resource.
    credential = None if "sig=" in url or resource.auth == Auth.KEY else _entra(resource).source()
    return azure.LogContainer(url, folder=endpoint.log_folder, locale=endpoint.locale, credential=credential)


def _entra(resource: Resource) -> identity.Entra:
    cloud = resource.cloud.name
    if resource.auth == Auth.MANAGED_IDENTITY:
        return identity.managed_identity(resource.client_id or None, cloud=cloud)
    return identity.client_secret(resource.tenant_id, resource.client_id, _secret(resource), cloud=cloud)


def _secret(resource: Resource) -> str:
    return resource.key.open() if resource.key else ""
