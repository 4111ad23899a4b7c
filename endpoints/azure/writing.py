"""Builds the JSON bodies of requests."""

import msgspec
from msgspec import UNSET

from .addresses import uuid_id
from .entities import EVENTS, EndpointCreate, EndpointUpdate, WebHookCreate, WebHookUpdate
from .versions import Version


def endpoint_create(new: EndpointCreate, version: Version, endpoint_url: str) -> bytes:
    """The body of Endpoints_Create."""
    properties: dict[str, object] = {version.create_logging: new.logging_enabled}
    if new.time_to_live:
        properties["timeToLive"] = new.time_to_live
    body: dict[str, object] = {
        "displayName": new.display_name,
        "description": new.description,
        "locale": new.locale,
        "model": _model_reference(new.model_id, new.model_kind, version, endpoint_url),
        "properties": properties,
    }
    if new.custom_properties:
        body["customProperties"] = new.custom_properties
    if new.project_id is not None:
        body["project"] = _project_reference(new.project_id, version, endpoint_url)
    return msgspec.json.encode(body)


def endpoint_update(new: EndpointUpdate, version: Version, endpoint_url: str) -> bytes:
    """The body of Endpoints_Update, without what is UNSET."""
    body: dict[str, object] = {}
    if new.display_name is not UNSET:
        body["displayName"] = new.display_name
    if new.description is not UNSET:
        body["description"] = new.description
    if new.model_id is not UNSET:
        kind = "custom" if new.model_kind is UNSET else new.model_kind
        body["model"] = _model_reference(new.model_id, kind, version, endpoint_url)
    if new.logging_enabled is not UNSET:
        body["properties"] = {version.update_logging: new.logging_enabled}
    if new.custom_properties is not UNSET:
        body["customProperties"] = new.custom_properties
    if new.project_id is not UNSET:
        body["project"] = _project_reference(new.project_id, version, endpoint_url)
    return msgspec.json.encode(body)


def web_hook_create(new: WebHookCreate) -> bytes:
    """The body of WebHooks_Create."""
    body: dict[str, object] = {
        "displayName": new.display_name,
        "description": new.description,
        "webUrl": new.web_url,
        "events": dict.fromkeys(sorted(_checked_events(new.events)), True),
    }
    if new.secret:
        body["properties"] = {"secret": new.secret}
    if new.custom_properties:
        body["customProperties"] = new.custom_properties
    return msgspec.json.encode(body)


def web_hook_update(new: WebHookUpdate) -> bytes:
    """The body of WebHooks_Update. It has all events, true or false, because a PATCH may replace or merge the map."""
    body: dict[str, object] = {}
    if new.secret:
        body["properties"] = {"secret": new.secret}
    if new.display_name is not UNSET:
        body["displayName"] = new.display_name
    if new.description is not UNSET:
        body["description"] = new.description
    if new.web_url is not UNSET:
        body["webUrl"] = new.web_url
    if new.events is not UNSET:
        enabled = _checked_events(new.events)
        body["events"] = {name: name in enabled for name in EVENTS}
    if new.custom_properties is not UNSET:
        body["customProperties"] = new.custom_properties
    return msgspec.json.encode(body)


def _checked_events(events: frozenset[str]) -> frozenset[str]:
    if unknown := sorted(set(events) - set(EVENTS)):
        raise ValueError(f"Web hooks have no event {unknown[0]!r}.")
    return frozenset(events)


def _model_reference(identity: str, kind: str, version: Version, endpoint_url: str) -> dict[str, str]:
    if kind not in ("base", "custom"):
        raise ValueError(f"A model is base or custom, not {kind!r}.")
    folder = "/models/base/" if kind == "base" else "/models/"
    return {"self": version.url(endpoint_url, folder + uuid_id(identity, "a model"))}


def _project_reference(identity: str, version: Version, endpoint_url: str) -> dict[str, str]:
    return {"self": version.url(endpoint_url, f"/projects/{uuid_id(identity, 'a project')}")}
