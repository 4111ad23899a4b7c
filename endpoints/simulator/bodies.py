"""JSON bodies of v3.2 into wishes. Properties that are readOnly or unknown are passed over (api-facts 1, 6)."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from starlette.requests import Request

from .deploying import EndpointChange, NewEndpoint
from .options import Switches
from .refusals import Refusal, invalid, unreadable

UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
MODEL = re.compile(rf"^(?:https?://[^/?#]+)?/speechtotext/[^?#]*?models/(base/)?({UUID})/?(?:\?[^#]*)?$")
PROJECT = re.compile(rf"^(?:https?://[^/?#]+)?/speechtotext/[^?#]*?projects/({UUID})/?(?:\?[^#]*)?$")
JSON_TYPES = {"POST": ("application/json",), "PATCH": ("application/json", "application/merge-patch+json")}
MOST_PROPERTIES, LONGEST_KEY, LONGEST_VALUE = 10, 64, 256

Body = dict[str, Any]


async def read(request: Request) -> Body:
    """The body as an object; 415 for another media type, 400 for what cannot be read."""
    media = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if media not in JSON_TYPES[request.method]:
        raise Refusal(415, "UnsupportedMediaType", f"The media type '{media}' is not supported.")
    raw = await request.body()
    if not raw.strip():
        raise unreadable("EmptyRequest", "The request has no body.")
    try:
        body = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise unreadable("InvalidRequestBodyFormat", f"The request body is no valid JSON: {error}.") from None
    if not isinstance(body, dict):
        raise unreadable("InvalidRequestBodyFormat", "The request body has to be a JSON object.")
    return body


def new_endpoint(body: Body) -> NewEndpoint:
    """Endpoint, as a POST may send it."""
    properties = section(body, "properties")
    return NewEndpoint(
        name=required(body, "displayName"),
        locale=required(body, "locale"),
        model=model_reference(body) if body.get("model") is not None else None,
        text=optional(body, "text"),
        description=optional(body, "description"),
        project=project_reference(body),
        custom=custom_properties(body.get("customProperties")),
        logging=boolean(properties, "loggingEnabled") or False,
        time_to_live=optional(properties, "timeToLive", inner="InvalidTimeToLive"),
        email=optional(properties, "email"),
    )


def endpoint_change(body: Body, old_custom: dict[str, str], switches: Switches) -> EndpointChange:
    """EndpointUpdate. Logging is named contentLoggingEnabled here and nowhere else (api-facts 6)."""
    change = EndpointChange()
    if "displayName" in body:
        change.name = required(body, "displayName")
    if "description" in body:
        change.description = optional(body, "description")
    if "model" in body:
        change.model = model_reference(body)
    if "project" in body:
        change.project = project_reference(body)
    if "customProperties" in body:
        change.custom = patched(body["customProperties"], old_custom, switches)
    properties = section(body, "properties")
    names = ["contentLoggingEnabled"] + (["loggingEnabled"] if switches.patch_logging_enabled == "apply" else [])
    for name in names:
        if (value := boolean(properties, name)) is not None:
            change.logging = value
            break
    return change


def required(body: Body, name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise invalid("InvalidPayload", f"The property '{name}' is required and has to be a non-empty string.", name)
    return value


def optional(body: Body, name: str, inner: str = "InvalidPayload") -> str | None:
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise invalid(inner, f"The property '{name}' has to be a string.", name)
    return value


def boolean(body: Body, name: str) -> bool | None:
    value = body.get(name)
    if value is not None and not isinstance(value, bool):
        raise invalid("InvalidPayload", f"The property '{name}' has to be a boolean.", name)
    return value


def section(body: Body, name: str) -> Body:
    value = body.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise invalid("InvalidPayload", f"The property '{name}' has to be an object.", name)
    return value


def model_reference(body: Body) -> tuple[bool, str]:
    """EntityReference of a model: is it a base model, and its id. The host is not compared (service-facts 6)."""
    match = MODEL.match(_self(body, "model", "InvalidModel"))
    if not match:
        raise invalid("InvalidModelUri", "The URI of the model is not valid.", "model.self")
    return bool(match[1]), match[2].lower()


def project_reference(body: Body) -> str | None:
    """EntityReference of a project; null and absent are no project."""
    if body.get("project") is None:
        return None
    match = PROJECT.match(_self(body, "project", "InvalidProject"))
    if not match:
        raise invalid("InvalidProject", "The URI of the project is not valid.", "project.self")
    return match[1].lower()


def custom_properties(value: Any) -> dict[str, str]:
    """At most 10 entries, keys of 64 characters, values of 256 (Endpoint.customProperties)."""
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise invalid("InvalidPayload", "customProperties has to be an object of strings.", "customProperties")
    if (
        len(value) > MOST_PROPERTIES
        or any(len(name) > LONGEST_KEY for name in value)
        or any(len(text) > LONGEST_VALUE for text in value.values())
    ):
        words = "customProperties has at most 10 entries with keys of 64 and values of 256 characters."
        raise invalid("InvalidParameterValue", words, "customProperties")
    return value


def patched(value: Any, old: dict[str, str], switches: Switches) -> dict[str, str]:
    """customProperties after a PATCH: merged as in RFC 7396, or replaced (switch patch_custom_properties)."""
    if value is None or switches.patch_custom_properties == "replace" or not isinstance(value, dict):
        return custom_properties(value)
    merged = {**old, **value}
    return custom_properties({name: text for name, text in merged.items() if text is not None})


def _self(body: Body, name: str, inner: str) -> str:
    reference = body.get(name)
    address = reference.get("self") if isinstance(reference, dict) else None
    if not isinstance(address, str):
        raise invalid(inner, f"The property '{name}' has to be an object with the property 'self'.", name)
    return address
