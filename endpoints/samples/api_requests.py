"""The request that makes an endpoint, for people who would rather send it themselves or put it into a script.

It says what the client sends (tests hold the two together), except for the mark by which we know our own endpoints.
Names go through shlex.quote: they are other people's text, and the result is pasted into a shell.
"""

import json
import shlex
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from endpoints.models import Project, Resource, SpeechModel
from endpoints.models.model import ModelKind
from endpoints.models.resource import ApiVersion, Auth


@dataclass(frozen=True)
class Wanted:
    """An endpoint that does not exist yet."""

    resource: Resource
    project: Project | None
    locale: str
    model: SpeechModel
    name: str
    description: str
    logging: bool


@dataclass(frozen=True)
class Request:
    key: str
    language: str
    code: str
    notes: list[str]


def to_create(wanted: Wanted) -> list[Request]:
    return [_curl(wanted), _spx(wanted)]


def body(wanted: Wanted) -> dict[str, Any]:
    """The JSON of Endpoints_Create."""
    version = wanted.resource.api_version
    said: dict[str, Any] = {
        "displayName": wanted.name,
        "description": wanted.description,
        "locale": wanted.locale,
        "model": {"self": _model_address(wanted, version)},
        "properties": {"loggingEnabled": wanted.logging},
    }
    if wanted.project:
        said["project"] = {"self": _address(wanted, f"/projects/{wanted.project.remote_id}", version)}
    return said


def _curl(wanted: Wanted) -> Request:
    by_key = wanted.resource.auth == Auth.KEY
    header = "Ocp-Apim-Subscription-Key: $SPEECH_KEY" if by_key else "Authorization: Bearer $SPEECH_TOKEN"
    code = _lines(
        f"curl -X POST {shlex.quote(_address(wanted, '/endpoints', wanted.resource.api_version))}",
        f'-H "{header}"',
        '-H "Content-Type: application/json"',
        f"-d {shlex.quote(json.dumps(body(wanted), indent=2, ensure_ascii=False))}",
    )
    token = _("For Bash. SPEECH_TOKEN holds an access token for https://cognitiveservices.azure.com.")
    return Request("curl", "curl", code, [_the_key() if by_key else token])


def _spx(wanted: Wanted) -> Request:
    """The command of the article; it takes the id of a custom model, and the address of a base model."""
    resource, model = wanted.resource, wanted.model
    options = {
        "name": wanted.name,
        "description": wanted.description,
        "language": wanted.locale,
        "project": wanted.project.remote_id if wanted.project else "",
        "model": model.remote_id if model.kind == ModelKind.CUSTOM else _model_address(wanted, ApiVersion.V3_2),
        "logging": "enabled" if wanted.logging else "",
    }
    code = _lines(
        f"spx csr endpoint create --api-version {ApiVersion.V3_2}",
        f'--key "$SPEECH_KEY" --region {shlex.quote(resource.region or "YourServiceRegion")}',
        *(f"--{option} {shlex.quote(value)}" for option, value in options.items() if value),
    )
    notes = [_the_key()]
    if resource.api_version != ApiVersion.V3_2:
        notes.append(_("The Speech CLI speaks API version v3.2 only."))
    if any(text.startswith("@") for text in (wanted.name, wanted.description)):
        notes.append(_("The Speech CLI takes what begins with @ for the name of a file."))
    return Request("spx", "Speech CLI", code, notes)


def _the_key() -> str:
    return _("For Bash. SPEECH_KEY holds the key of the Speech resource.")


def _model_address(wanted: Wanted, version: str) -> str:
    folder = "/models/base/" if wanted.model.kind == ModelKind.BASE else "/models/"
    return _address(wanted, folder + wanted.model.remote_id, version)


def _address(wanted: Wanted, path: str, version: str) -> str:
    """v3.2 has its version in the path, later versions in the query."""
    base = f"{wanted.resource.endpoint_url}/speechtotext"
    if version == ApiVersion.V3_2:
        return f"{base}/{version}{path}"
    return f"{base}{path}?api-version={version}"


def _lines(*parts: str) -> str:
    return " \\\n  ".join(parts) + "\n"
