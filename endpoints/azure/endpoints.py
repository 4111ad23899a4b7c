"""Operations on endpoints (contract: Endpoints_*). SpeechClient has each of them as a method."""

from msgspec import UNSET

from . import wire, writing
from .addresses import uuid_id
from .base_client import BaseClient
from .entities import Endpoint, EndpointCreate, EndpointUpdate
from .listing import Listing


def list_endpoints(client: BaseClient, filter: str | None = None) -> Listing[Endpoint]:
    """Endpoints_List, page by page. It raises when a page fails, so a finished iteration without `unreadable` items is
    complete."""
    return client.items("Endpoints_List", "/endpoints", {"filter": filter}, wire.endpoint, lambda item: item.id)


def list_endpoint_locales(client: BaseClient) -> list[str]:
    """Endpoints_ListSupportedLocales: the locales that endpoints can have."""
    return client.get("Endpoints_ListSupportedLocales", "/endpoints/locales", lambda value, _: wire.strings(value))


def list_project_endpoints(client: BaseClient, project_id: str, filter: str | None = None) -> Listing[Endpoint]:
    """Projects_ListEndpoints, page by page like list_endpoints(). Not in 2024-11-15."""
    operation = "Projects_ListEndpoints"
    client.require(client.version.capabilities.projects, "projects", operation)
    path = f"/projects/{uuid_id(project_id, 'a project')}/endpoints"
    return client.items(operation, path, {"filter": filter}, wire.endpoint, lambda item: item.id)


def get_endpoint(client: BaseClient, id: str) -> Endpoint:
    """Endpoints_Get. While the status is not final, `retry_after` says when to poll again."""
    return client.get("Endpoints_Get", _path(id), wire.endpoint)


def create_endpoint(client: BaseClient, new: EndpointCreate) -> Endpoint:
    """Endpoints_Create: sent once, and never retried.

    If the body of a 201 cannot be read, the endpoint is fetched by its Location with a deadline of its own; if that
    fails, too, the first error is raised. OutcomeUnknown: check for your mark before you send it again.
    NotSupported: a project or a time to live in a version that has none.
    """
    operation, supported = "Endpoints_Create", client.version.capabilities
    client.require(supported.projects or new.project_id is None, "projects", operation)
    client.require(supported.time_to_live or not new.time_to_live, "time to live of endpoints", operation)
    body = writing.endpoint_create(new, client.version, client.base)
    return client.create(operation, "/endpoints", body, wire.endpoint, lambda id: get_endpoint(client, id))


def update_endpoint(client: BaseClient, id: str, changes: EndpointUpdate) -> Endpoint:
    """Endpoints_Update: sent once, like Endpoints_Create; only what is set in `changes` is sent."""
    operation, path = "Endpoints_Update", _path(id)
    client.require(client.version.capabilities.projects or changes.project_id is UNSET, "projects", operation)
    body = writing.endpoint_update(changes, client.version, client.base)
    return client.parse(operation, client.request(operation, "PATCH", path, body), wire.endpoint)


def delete_endpoint(client: BaseClient, id: str) -> None:
    """Endpoints_Delete. Both 204 and a 404 with the code NotFound mean that it is deleted; any other 404 is raised."""
    client.delete("Endpoints_Delete", _path(id), "the endpoint")


def _path(id: str) -> str:
    return f"/endpoints/{uuid_id(id, 'an endpoint')}"
