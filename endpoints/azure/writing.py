"""What we ask for, written as the service's JSON. Pure: nothing here sends."""

import msgspec
from msgspec import UNSET

from .addresses import uuid_id
from .nouns import EVENTS, EndpointCreate, EndpointUpdate, WebHookCreate, WebHookUpdate
from .versions import Version


def endpoint_create(asked: EndpointCreate, version: Version, endpoint_url: str) -> bytes:
    """The body of Endpoints_Create."""
    properties: dict[str, object] = {version.create_logging: asked.logging_enabled}
    if asked.time_to_live:
        properties["timeToLive"] = asked.time_to_live
    body: dict[str, object] = {
        "displayName": asked.display_name,
        "description": asked.description,
        "locale": asked.locale,
        "model": _model_reference(asked.model_id, asked.model_kind, version, endpoint_url),
        "properties": properties,
    }
    if asked.custom_properties:
        body["customProperties"] = asked.custom_properties
    if asked.project_id is not None:
        body["project"] = _project_reference(asked.project_id, version, endpoint_url)
    return msgspec.json.encode(body)


def endpoint_update(asked: EndpointUpdate, version: Version, endpoint_url: str) -> bytes:
    """The body of Endpoints_Update; msgspec leaves out what is UNSET."""
    body: dict[str, object] = {}
    if asked.display_name is not UNSET:
        body["displayName"] = asked.display_name
    if asked.description is not UNSET:
        body["description"] = asked.description
    if asked.model_id is not UNSET:
        kind = "custom" if asked.model_kind is UNSET else asked.model_kind
        body["model"] = _model_reference(asked.model_id, kind, version, endpoint_url)
    if asked.logging_enabled is not UNSET:
        body["properties"] = {version.update_logging: asked.logging_enabled}
    if asked.custom_properties is not UNSET:
        body["customProperties"] = asked.custom_properties
    if asked.project_id is not UNSET:
        body["project"] = _project_reference(asked.project_id, version, endpoint_url)
    return msgspec.json.encode(body)


def web_hook_create(asked: WebHookCreate) -> bytes:
    """The body of WebHooks_Create."""
    body: dict[str, object] = {
        "displayName": asked.display_name,
        "description": asked.description,
        "webUrl": asked.web_url,
        "events": dict.fromkeys(sorted(_known(asked.events)), True),
    }
    if asked.secret:
        body["properties"] = {"secret": asked.secret}
    if asked.custom_properties:
        body["customProperties"] = asked.custom_properties
    return msgspec.json.encode(body)


def web_hook_update(asked: WebHookUpdate) -> bytes:
    """The body of WebHooks_Update. All events are named, true or false: a PATCH may replace the map or merge it."""
    body: dict[str, object] = {}
    if asked.secret:
        body["properties"] = {"secret": asked.secret}
    if asked.display_name is not UNSET:
        body["displayName"] = asked.display_name
    if asked.description is not UNSET:
        body["description"] = asked.description
    if asked.web_url is not UNSET:
        body["webUrl"] = asked.web_url
    if asked.events is not UNSET:
        wanted = _known(asked.events)
        body["events"] = {name: name in wanted for name in EVENTS}
    if asked.custom_properties is not UNSET:
        body["customProperties"] = asked.custom_properties
    return msgspec.json.encode(body)


def _known(events: frozenset[str]) -> frozenset[str]:
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
