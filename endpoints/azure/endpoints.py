"""Operations on endpoints (contract: Endpoints_*). SpeechClient has each of them as a method."""

from collections.abc import Iterator

from msgspec import UNSET

from . import wire, writing
from .addresses import uuid_id
from .asking import Asking
from .nouns import Endpoint, EndpointCreate, EndpointUpdate


def list_endpoints(client: Asking, filter: str | None = None) -> Iterator[Endpoint]:
    """Endpoints_List, page by page. It raises in the middle when a page fails: a whole list() is complete."""
    return client.items("Endpoints_List", "/endpoints", {"filter": filter}, wire.endpoint, lambda item: item.id)


def list_endpoint_locales(client: Asking) -> list[str]:
    """Endpoints_ListSupportedLocales: the locales in which an endpoint may be made."""
    return client.get("Endpoints_ListSupportedLocales", "/endpoints/locales", lambda data, _: wire.words(data))


def list_project_endpoints(client: Asking, project_id: str, filter: str | None = None) -> Iterator[Endpoint]:
    """Projects_ListEndpoints, page by page like list_endpoints(). Not in 2024-11-15."""
    operation = "Projects_ListEndpoints"
    client.needs(client.version.capabilities.projects, "projects", operation)
    path = f"/projects/{uuid_id(project_id, 'a project')}/endpoints"
    return client.items(operation, path, {"filter": filter}, wire.endpoint, lambda item: item.id)


def get_endpoint(client: Asking, id: str) -> Endpoint:
    """Endpoints_Get. `retry_after` says when to look again while it is not settled."""
    return client.get("Endpoints_Get", _path(id), wire.endpoint)


def create_endpoint(client: Asking, asked: EndpointCreate) -> Endpoint:
    """Endpoints_Create: sent once (again only after a 429 whose Retry-After fits the deadline).

    When the 201 arrives but its body cannot be read, its Location is looked up with a deadline of its own;
    if that fails too, the first error is raised. OutcomeUnknown: look for your mark before asking again.
    NotSupported: a project or a time to live in a version that has none.
    """
    operation, able = "Endpoints_Create", client.version.capabilities
    client.needs(able.projects or asked.project_id is None, "projects", operation)
    client.needs(able.time_to_live or not asked.time_to_live, "time to live of endpoints", operation)
    body = writing.endpoint_create(asked, client.version, client.base)
    return client.create(operation, "/endpoints", body, wire.endpoint, lambda id: get_endpoint(client, id))


def update_endpoint(client: Asking, id: str, asked: EndpointUpdate) -> Endpoint:
    """Endpoints_Update: sent once, like Endpoints_Create; only what is set in `asked` is sent."""
    operation, path = "Endpoints_Update", _path(id)
    client.needs(client.version.capabilities.projects or asked.project_id is UNSET, "projects", operation)
    body = writing.endpoint_update(asked, client.version, client.base)
    return client.understand(operation, client.ask(operation, "PATCH", path, body), wire.endpoint)


def delete_endpoint(client: Asking, id: str) -> None:
    """Endpoints_Delete. 204 and 404 both mean that it is gone; the contract is silent on a missing one."""
    client.delete("Endpoints_Delete", _path(id), "the endpoint")


def _path(id: str) -> str:
    return f"/endpoints/{uuid_id(id, 'an endpoint')}"
