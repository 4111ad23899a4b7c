"""Addresses of the Speech to text REST API, in the version that a resource is set to or in a given one."""

from endpoints.models import Endpoint, Resource, SpeechModel
from endpoints.models.connection import ApiVersion
from endpoints.models.model import ModelKind


def model_address(model: SpeechModel, resource: Resource, version: str = "") -> str:
    folder = "/models/base/" if model.kind == ModelKind.BASE else "/models/"
    return api_address(resource, folder + model.remote_id, version)


def endpoint_address(endpoint: Endpoint) -> str:
    """Empty before the service has given an id."""
    return api_address(endpoint.resource, f"/endpoints/{endpoint.remote_id}") if endpoint.remote_id else ""


def api_address(resource: Resource, path: str, version: str = "") -> str:
    """v3.2 has its version in the path, later versions have it in the query."""
    version = version or resource.api_version
    base = f"{resource.endpoint_url}/speechtotext"
    if version == ApiVersion.V3_2:
        return f"{base}/{version}{path}"
    return f"{base}{path}?api-version={version}"
