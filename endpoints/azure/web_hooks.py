"""Operations on web hooks (contract: WebHooks_*). SpeechClient has each of them as a method.

After a create, or a change of `web_url`, the service sends a challenge to the URL, and no events until the receiver has
responded to it. Signatures: endpoints/access/signature.py.
"""

from . import wire, writing
from .addresses import uuid_id
from .base_client import BaseClient
from .entities import WebHook, WebHookCreate, WebHookUpdate
from .listing import Listing
from .sending import unreadable


def list_web_hooks(client: BaseClient, filter: str | None = None) -> Listing[WebHook]:
    """WebHooks_List, page by page like list_endpoints()."""
    client.require(client.version.capabilities.web_hooks, "web hooks", "WebHooks_List")
    return client.items("WebHooks_List", "/webhooks", {"filter": filter}, wire.web_hook, lambda item: item.id)


def get_web_hook(client: BaseClient, id: str) -> WebHook:
    """WebHooks_Get. With the status Failed the service no longer calls the hook; `error` may say why."""
    return client.get("WebHooks_Get", _path(client, "WebHooks_Get", id), wire.web_hook)


def create_web_hook(client: BaseClient, new: WebHookCreate) -> WebHook:
    """WebHooks_Create: sent once, and fetched by its Location if necessary, like Endpoints_Create."""
    client.require(client.version.capabilities.web_hooks, "web hooks", "WebHooks_Create")
    body = writing.web_hook_create(new)
    return client.create("WebHooks_Create", "/webhooks", body, wire.web_hook, lambda id: get_web_hook(client, id))


def update_web_hook(client: BaseClient, id: str, changes: WebHookUpdate) -> WebHook:
    """WebHooks_Update: sent once. Without a secret the service stops signing, so `changes` always has one, or None."""
    path = _path(client, "WebHooks_Update", id)
    body = writing.web_hook_update(changes)
    return client.parse("WebHooks_Update", client.request("WebHooks_Update", "PATCH", path, body), wire.web_hook)


def delete_web_hook(client: BaseClient, id: str) -> None:
    """WebHooks_Delete. Both 204 and a 404 with the code NotFound mean that it is deleted."""
    client.delete("WebHooks_Delete", _path(client, "WebHooks_Delete", id), "the web hook")


def ping_web_hook(client: BaseClient, id: str) -> None:
    """WebHooks_Ping: have the service send the event `ping` with the hook as its body (202)."""
    _post(client, "WebHooks_Ping", id, "ping")


def test_web_hook(client: BaseClient, id: str) -> bool:
    """WebHooks_Test: have one call sent for each event; False (204) if there is no entity for any of them."""
    return _post(client, "WebHooks_Test", id, "test") != 204


def _post(client: BaseClient, operation: str, id: str, verb: str) -> int:
    status = client.request(operation, "POST", f"{_path(client, operation, id)}:{verb}").status
    if status not in (200, 202, 204):  # for :test the text of the contract says 200, its list of responses 202
        raise unreadable(operation, "it doesn't confirm the test of the web hook", status)
    return status


def _path(client: BaseClient, operation: str, id: str) -> str:
    client.require(client.version.capabilities.web_hooks, "web hooks", operation)
    return f"/webhooks/{uuid_id(id, 'a web hook')}"
