"""Web hooks in requests and responses (contract: WebHook, WebHookUpdate)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from msgspec import UNSET, Struct, UnsetType

from ..api import bodies
from ..api.bodies import Body
from ..api.errors import invalid_argument
from ..api.serializer import Json, Serializer
from ..iso8601 import iso
from ..options import Switches
from ..world.entities import Status
from ..world.web_hooks import EVENTS, WebHook

SCHEMES = ("http", "https")


class HookChange(Struct, kw_only=True):
    """The body of a PATCH. Without a secret the signing ends (contract: WebHooks_Update), so it is always set."""

    secret: str | None
    url: str | UnsetType = UNSET
    events: dict[str, bool] | UnsetType = UNSET
    name: str | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    custom: dict[str, str] | UnsetType = UNSET


def new_hook(body: Body, *, hook_id: str, version: str, now: float) -> WebHook:
    """The body of WebHooks_Create: displayName, events and webUrl are required."""
    if body.get("events") is None:
        raise invalid_argument("InvalidPayload", "The property 'events' is required.", "events")
    return WebHook(
        id=hook_id,
        name=bodies.required(body, "displayName"),
        url=_url(body),
        events=_events(body),
        version=version,
        created=now,
        entered=now,
        description=bodies.optional(body, "description"),
        secret=bodies.optional(bodies.section(body, "properties"), "secret") or None,
        custom=bodies.custom_properties(body.get("customProperties")),
    )


def hook_change(body: Body, old_custom: dict[str, str], switches: Switches) -> HookChange:
    """The body of WebHooks_Update: nothing is required."""
    change = HookChange(secret=bodies.optional(bodies.section(body, "properties"), "secret") or None)
    if "webUrl" in body:
        change.url = _url(body)
    if "events" in body:
        change.events = _events(body)
    if "displayName" in body:
        change.name = bodies.required(body, "displayName")
    if "description" in body:
        change.description = bodies.optional(body, "description")
    if "customProperties" in body:
        change.custom = bodies.patched_custom_properties(body["customProperties"], old_custom, switches)
    return change


def apply(hook: WebHook, change: HookChange, now: float) -> bool:
    """WebHooks_Update. True if a challenge is due: for another URL, or for the same URL of a Failed hook.

    The latter is from issue 906 of the repository of the Speech SDK's samples.
    """
    hook.secret = change.secret
    if change.name is not UNSET:
        hook.name = change.name
    if change.description is not UNSET:
        hook.description = change.description
    if change.events is not UNSET:
        hook.events = change.events
    if change.custom is not UNSET:
        hook.custom = change.custom
    if change.url is UNSET or (change.url == hook.url and hook.status is not Status.FAILED):
        return False
    hook.url = change.url
    hook.challenge += 1
    hook.enter(Status.NOT_STARTED, now)
    return True


def shape(hook: WebHook, serializer: Serializer) -> Json:
    """Contract: WebHook, in responses and pings. It includes the secret, as in the contract's examples."""
    properties: dict[str, Any] = {"apiVersion": hook.version}
    if hook.secret:
        properties["secret"] = hook.secret
    if hook.error:
        properties["error"] = hook.error
    body: Json = {
        "self": serializer.address("webhooks", hook.id),
        "links": {action: serializer.address("webhooks", f"{hook.id}:{action}") for action in ("ping", "test")},
        "properties": properties,
        "webUrl": hook.url,
        "events": hook.events,
        "createdDateTime": iso(hook.created),
        "lastActionDateTime": iso(hook.entered),
        "status": hook.status.value,
        "displayName": hook.name,
    }
    if hook.description:
        body["description"] = hook.description
    if hook.custom:
        body["customProperties"] = hook.custom
    return body


def _events(body: Body) -> dict[str, bool]:
    """Contract: WebHookEvents, 22 optional flags."""
    events = bodies.section(body, "events")
    for name in events:
        if name not in EVENTS:
            raise invalid_argument("InvalidWebHookEventKind", f"'{name}' is no event of a web hook.", "events")
        bodies.boolean(events, name)
    return {name: value for name, value in events.items() if value is not None}


def _url(body: Body) -> str:
    """webUrl: an absolute http or https URL without user name or password."""
    url = bodies.required(body, "webUrl")
    try:
        parts = urlsplit(url)
        _ = parts.port
        url.encode("ascii")
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in SCHEMES or not parts.hostname or parts.username is not None or " " in url:
        raise invalid_argument("InvalidCallbackUri", "webUrl has to be an http or https address.", "webUrl")
    return url
