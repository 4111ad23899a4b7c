"""The API request that creates an endpoint, as a command for people who want to send it themselves.

A test compares it with what the client sends; only the mark of the change is missing. Names are quoted by shlex.quote,
because anybody can choose them and the command is pasted into a shell.
"""

import json
import shlex
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from endpoints.models import Project, Resource, SpeechModel
from endpoints.models.connection import ApiVersion, Auth
from endpoints.models.model import ModelKind
from endpoints.samples.addresses import api_address, model_address


@dataclass(frozen=True)
class EndpointToCreate:
    """An endpoint that does not exist yet."""

    resource: Resource
    project: Project | None
    locale: str
    model: SpeechModel
    name: str
    description: str
    logging: bool


@dataclass(frozen=True)
class ApiRequest:
    key: str
    language: str
    code: str
    notes: list[str]


def to_create(new: EndpointToCreate) -> list[ApiRequest]:
    return [_curl(new), _spx(new)]


def body(new: EndpointToCreate) -> dict[str, Any]:
    """The JSON of Endpoints_Create."""
    content: dict[str, Any] = {
        "displayName": new.name,
        "description": new.description,
        "locale": new.locale,
        "model": {"self": model_address(new.model, new.resource)},
        "properties": {"loggingEnabled": new.logging},
    }
    if new.project:
        content["project"] = {"self": api_address(new.resource, f"/projects/{new.project.remote_id}")}
    return content


def _curl(new: EndpointToCreate) -> ApiRequest:
    by_key = new.resource.auth == Auth.KEY
    header = "Ocp-Apim-Subscription-Key: $SPEECH_KEY" if by_key else "Authorization: Bearer $SPEECH_TOKEN"
    code = _lines(
        f"curl -X POST {shlex.quote(api_address(new.resource, '/endpoints'))}",
        f'-H "{header}"',
        '-H "Content-Type: application/json"',
        f"-d {shlex.quote(json.dumps(body(new), indent=2, ensure_ascii=False))}",
    )
    token = _("For Bash. SPEECH_TOKEN holds an access token for https://cognitiveservices.azure.com.")
    return ApiRequest("curl", "curl", code, [_key_note() if by_key else token])


def _spx(new: EndpointToCreate) -> ApiRequest:
    """The command of "Deploy a custom speech model". It takes the id of a custom model, but the URL of a base model."""
    resource, model = new.resource, new.model
    options = {
        "name": new.name,
        "description": new.description,
        "language": new.locale,
        "project": new.project.remote_id if new.project else "",
        "model": model.remote_id if model.kind == ModelKind.CUSTOM else model_address(model, resource, ApiVersion.V3_2),
        "logging": "enabled" if new.logging else "",
    }
    code = _lines(
        f"spx csr endpoint create --api-version {ApiVersion.V3_2}",
        f'--key "$SPEECH_KEY" --region {shlex.quote(resource.region.lower() or "YourServiceRegion")}',
        *(f"--{option} {shlex.quote(value)}" for option, value in options.items() if value),
    )
    notes = [_key_note()]
    if resource.api_version != ApiVersion.V3_2:
        notes.append(_("The Speech CLI supports only API version v3.2."))
    if any(text.startswith("@") for text in (new.name, new.description)):
        notes.append(_("The Speech CLI treats a value that starts with @ as a file name."))
    return ApiRequest("spx", "Speech CLI", code, notes)


def _key_note() -> str:
    return _("For Bash. SPEECH_KEY holds the key of the Speech resource.")


def _lines(*parts: str) -> str:
    return " \\\n  ".join(parts) + "\n"
