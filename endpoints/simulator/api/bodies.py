"""Read request bodies. Properties that are read-only, or unknown to the API version, are ignored."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from starlette.requests import Request

from ..options import Switches
from ..rules.deployment import EndpointChange, NewEndpoint
from ..rules.training import NewModel
from ..versions import ServedVersion
from .errors import ApiError, invalid_argument, invalid_request

UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
MODEL = re.compile(rf"^(?:https?://[^/?#]+)?/speechtotext/[^?#]*?models/(base/)?({UUID})/?(?:\?[^#]*)?$")
DATASET = re.compile(rf"^(?:https?://[^/?#]+)?/speechtotext/[^?#]*?datasets/({UUID})/?(?:\?[^#]*)?$")
PROJECT = re.compile(rf"^(?:https?://[^/?#]+)?/speechtotext/[^?#]*?projects/({UUID})/?(?:\?[^#]*)?$")
JSON_TYPES = {"POST": ("application/json",), "PATCH": ("application/json", "application/merge-patch+json")}
MAX_PROPERTIES, MAX_KEY_LENGTH, MAX_VALUE_LENGTH = 10, 64, 256

Body = dict[str, Any]


async def read(request: Request) -> Body:
    """The body as a JSON object; 415 for another media type, 400 if it cannot be parsed."""
    media = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if media not in JSON_TYPES[request.method]:
        raise ApiError(415, "UnsupportedMediaType", f"The media type '{media}' is not supported.")
    raw = await request.body()
    if not raw.strip():
        raise invalid_request("EmptyRequest", "The request has no body.")
    try:
        body = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise invalid_request("InvalidRequestBodyFormat", f"The request body is no valid JSON: {error}.") from None
    if not isinstance(body, dict):
        raise invalid_request("InvalidRequestBodyFormat", "The request body has to be a JSON object.")
    return body


def new_endpoint(body: Body, version: ServedVersion, switches: Switches) -> NewEndpoint:
    """The body of Endpoints_Create."""
    properties = section(body, "properties")
    has_v3_properties = version.has_v3_properties
    return NewEndpoint(
        name=required(body, "displayName"),
        locale=required(body, "locale"),
        model=model_reference(body) if body.get("model") is not None else None,
        text=optional(body, "text") if has_v3_properties else None,
        description=optional(body, "description"),
        project=project_reference(body) if version.projects else None,
        custom=custom_properties(body.get("customProperties")),
        logging=logging(properties, "loggingEnabled", version, switches) or False,
        time_to_live=optional(properties, "timeToLive", inner="InvalidTimeToLive") if has_v3_properties else None,
        email=optional(properties, "email") if has_v3_properties else None,
    )


def new_model(body: Body, version: ServedVersion) -> NewModel:
    """The body of Models_Create."""
    properties = section(body, "properties")
    datasets = body.get("datasets")
    if datasets is not None and not isinstance(datasets, list):
        raise invalid_argument("InvalidPayload", "The property 'datasets' has to be an array.", "datasets")
    return NewModel(
        name=required(body, "displayName"),
        locale=required(body, "locale"),
        base=model_reference(body, "baseModel") if body.get("baseModel") is not None else None,
        datasets=[_id(DATASET, {"datasets": one}, "datasets", "InvalidDataset") for one in datasets or []],
        text=optional(body, "text") if version.has_v3_properties else None,
        description=optional(body, "description"),
        project=project_reference(body) if version.projects else None,
        custom=custom_properties(body.get("customProperties")),
        weight=_weight(properties),
        email=optional(properties, "email") if version.has_v3_properties else None,
    )


def endpoint_change(
    body: Body, old_custom: dict[str, str], version: ServedVersion, switches: Switches
) -> EndpointChange:
    """The body of Endpoints_Update. Only here the logging property is named contentLoggingEnabled."""
    change = EndpointChange()
    if "displayName" in body:
        change.name = required(body, "displayName")
    if "description" in body:
        change.description = optional(body, "description")
    if "model" in body:
        change.model = model_reference(body)
    if "project" in body and version.projects:
        change.project = project_reference(body)
    if "customProperties" in body:
        change.custom = patched_custom_properties(body["customProperties"], old_custom, switches)
    properties = section(body, "properties")
    names = ["contentLoggingEnabled"] + (["loggingEnabled"] if switches.patch_logging_enabled == "apply" else [])
    for name in names:
        if (value := logging(properties, name, version, switches)) is not None:
            change.logging = value
            break
    return change


def required(body: Body, name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise invalid_argument(
            "InvalidPayload", f"The property '{name}' is required and has to be a non-empty string.", name
        )
    return value


def optional(body: Body, name: str, inner: str = "InvalidPayload") -> str | None:
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise invalid_argument(inner, f"The property '{name}' has to be a string.", name)
    return value


def boolean(body: Body, name: str) -> bool | None:
    value = body.get(name)
    if value is not None and not isinstance(value, bool):
        raise invalid_argument("InvalidPayload", f"The property '{name}' has to be a boolean.", name)
    return value


def logging(properties: Body, name: str, version: ServedVersion, switches: Switches) -> bool | None:
    """The logging property. From 2024-11-15 on it needs a resource with its own storage (migration guide)."""
    value = boolean(properties, name)
    if value and not version.logs and switches.byos == "off":
        message = "Logging can be enabled only on a resource with its own storage (BYOS)."
        raise invalid_argument("EndpointLoggingNotSupported", message, f"properties.{name}")
    return value


def section(body: Body, name: str) -> Body:
    value = body.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise invalid_argument("InvalidPayload", f"The property '{name}' has to be an object.", name)
    return value


def model_reference(body: Body, name: str = "model") -> tuple[bool, str]:
    """Contract: EntityReference of a model, as (whether it is a base model, id). The host is not compared."""
    match = MODEL.match(_self(body, name, "InvalidModel" if name == "model" else "InvalidBaseModel"))
    if not match:
        raise invalid_argument("InvalidModelUri", "The URI of the model is not valid.", f"{name}.self")
    return bool(match[1]), match[2].lower()


def project_reference(body: Body) -> str | None:
    """EntityReference of a project; null and absent are no project."""
    if body.get("project") is None:
        return None
    return _id(PROJECT, body, "project", "InvalidProject")


def custom_properties(value: Any) -> dict[str, str]:
    """At most 10 entries, keys of 64 characters, values of 256 (contract: Endpoint.customProperties)."""
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise invalid_argument("InvalidPayload", "customProperties has to be an object of strings.", "customProperties")
    if (
        len(value) > MAX_PROPERTIES
        or any(len(name) > MAX_KEY_LENGTH for name in value)
        or any(len(text) > MAX_VALUE_LENGTH for text in value.values())
    ):
        message = "customProperties has at most 10 entries with keys of 64 and values of 256 characters."
        raise invalid_argument("InvalidParameterValue", message, "customProperties")
    return value


def patched_custom_properties(value: Any, old: dict[str, str], switches: Switches) -> dict[str, str]:
    """customProperties after a PATCH: merged as in RFC 7396, or replaced (switch patch_custom_properties)."""
    if value is None or switches.patch_custom_properties == "replace" or not isinstance(value, dict):
        return custom_properties(value)
    merged = {**old, **value}
    return custom_properties({name: text for name, text in merged.items() if text is not None})


def _id(pattern: re.Pattern[str], body: Body, name: str, inner: str) -> str:
    match = pattern.match(_self(body, name, inner))
    if not match:
        raise invalid_argument(inner, f"The URI of '{name}' is not valid.", f"{name}.self")
    return match[1].lower()


def _weight(properties: Body) -> int | None:
    """Contract: CustomModelProperties.customModelWeightPercent, 1 to 100."""
    value = properties.get("customModelWeightPercent")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        message = "customModelWeightPercent has to be an integer."
        raise invalid_argument("InvalidPayload", message, "properties.customModelWeightPercent")
    if not 1 <= value <= 100:
        message = "customModelWeightPercent has to be from 1 to 100."
        raise invalid_argument("InvalidParameterValue", message, "properties.customModelWeightPercent")
    return value


def _self(body: Body, name: str, inner: str) -> str:
    reference = body.get(name)
    address = reference.get("self") if isinstance(reference, dict) else None
    if not isinstance(address, str):
        raise invalid_argument(inner, f"The property '{name}' has to be an object with the property 'self'.", name)
    return address
