"""Operations on web hooks (contract: WebHooks_*). SpeechClient has each of them as a method.

After a create or a change of `web_url` the service sends a challenge there; until it is answered no events come.
Signatures of what it sends: hooks.py.
"""

from collections.abc import Iterator

from . import wire, writing
from .addresses import uuid_id
from .asking import Asking
from .nouns import WebHook, WebHookCreate, WebHookUpdate
from .sending import unreadable


def list_web_hooks(client: Asking, filter: str | None = None) -> Iterator[WebHook]:
    """WebHooks_List, page by page like list_endpoints()."""
    client.needs(client.version.capabilities.web_hooks, "web hooks", "WebHooks_List")
    return client.items("WebHooks_List", "/webhooks", {"filter": filter}, wire.web_hook, lambda item: item.id)


def get_web_hook(client: Asking, id: str) -> WebHook:
    """WebHooks_Get. A `status` of Failed: the service has stopped calling; `error` may say why."""
    return client.get("WebHooks_Get", _path(client, "WebHooks_Get", id), wire.web_hook)


def create_web_hook(client: Asking, asked: WebHookCreate) -> WebHook:
    """WebHooks_Create: sent once, like Endpoints_Create, and looked up by its Location like it."""
    client.needs(client.version.capabilities.web_hooks, "web hooks", "WebHooks_Create")
    body = writing.web_hook_create(asked)
    return client.create("WebHooks_Create", "/webhooks", body, wire.web_hook, lambda id: get_web_hook(client, id))


def update_web_hook(client: Asking, id: str, asked: WebHookUpdate) -> WebHook:
    """WebHooks_Update: sent once. Without the secret the service stops signing, so `asked` always says which."""
    path = _path(client, "WebHooks_Update", id)
    body = writing.web_hook_update(asked)
    return client.understand("WebHooks_Update", client.ask("WebHooks_Update", "PATCH", path, body), wire.web_hook)


def delete_web_hook(client: Asking, id: str) -> None:
    """WebHooks_Delete. 204 and 404 both mean that it is gone; the contract is silent on a missing one."""
    client.delete("WebHooks_Delete", _path(client, "WebHooks_Delete", id), "the web hook")


def ping_web_hook(client: Asking, id: str) -> None:
    """WebHooks_Ping: asks the service to send the hook itself as an event `ping`; 202, nothing to wait for."""
    _post(client, "WebHooks_Ping", id, "ping")


def test_web_hook(client: Asking, id: str) -> bool:
    """WebHooks_Test: asks for one call for each of its events; False (204) when there is no entity to tell of."""
    return _post(client, "WebHooks_Test", id, "test") != 204


def _post(client: Asking, operation: str, id: str, verb: str) -> int:
    status = client.ask(operation, "POST", f"{_path(client, operation, id)}:{verb}").status
    if status not in (200, 202, 204):  # of :test the prose says 200, the list of answers 202
        raise unreadable(operation, "it does not say that the web hook will be called", status)
    return status


def _path(client: Asking, operation: str, id: str) -> str:
    client.needs(client.version.capabilities.web_hooks, "web hooks", operation)
    return f"/webhooks/{uuid_id(id, 'a web hook')}"
