"""Entities as JSON of one API version. The world knows nothing of these shapes.

v3.2 as in its contract; 2024-11-15 and 2025-10-15 by their differences (api-facts 13, 14).
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from ..content.logs import Log
from ..iso8601 import iso, iso_duration
from ..versions import Version
from ..world.entities import Copying, Endpoint, Logging, Model, Project, Status
from ..world.world import World

Json = dict[str, Any]
MODES = ("Interactive", "Conversation", "Dictation")
DEPLOYMENT_ERROR = {
    "code": "InternalServerError",
    "message": "The deployment of the model failed. Deploy another model, or delete the endpoint.",
}
MODEL_ERROR = {"code": "InvalidData", "message": "The model could not be adapted with the given data."}


class Origins(Struct):
    """Scheme, host and port of the API and of the log files, without a slash at the end."""

    api: str
    content: str


class Wire:
    """`now` is the moment at which all the statuses of one answer are read."""

    def __init__(self, version: Version, origins: Origins, world: World) -> None:
        self.version = version
        self.origins = origins
        self.world = world
        self.now = world.now()
        self.base = f"{origins.api}/speechtotext" if version.queried else f"{origins.api}/speechtotext/{version}"

    def address(self, *path: str) -> str:
        """Of an entity, a list or a verb; the version stands in the path or behind it."""
        address = "/".join((self.base, *path))
        return f"{address}?api-version={self.version}" if self.version.queried else address

    def reference(self, *path: str) -> Json:
        """EntityReference."""
        return {"self": self.address(*path)}

    def model_path(self, model_id: str) -> tuple[str, ...]:
        return ("models", "base", model_id) if model_id in self.world.base_models else ("models", model_id)

    def worked(self, entity: Any, *path: str) -> Json:
        """What all entities with a status share."""
        status, entered = entity.work.at(self.now)
        body: Json = {
            "self": self.address(*path),
            "lastActionDateTime": iso(entered),
            "status": status.value,
            "createdDateTime": iso(entity.created),
            "locale": entity.locale,
            "displayName": entity.name,
        }
        if entity.description:
            body["description"] = entity.description
        return body

    def belonging(self, project: str | None) -> Json:
        """The property `project`, where there is one and the version has projects."""
        return {"project": self.reference("projects", project)} if project and self.version.projects else {}

    def length(self, seconds: float) -> Json:
        """`duration`, an ISO 8601 text; later durationMilliseconds."""
        return (
            {"durationMilliseconds": round(seconds * 1000)}
            if self.version.queried
            else {"duration": iso_duration(seconds)}
        )

    def endpoint(self, endpoint: Endpoint) -> Json:
        """Endpoint. Later versions have neither text nor timeToLive nor email."""
        status, _ = endpoint.work.at(self.now)
        properties: Json = {"loggingEnabled": endpoint.logging}
        if self.version.full and endpoint.time_to_live:
            properties["timeToLive"] = endpoint.time_to_live
        if self.version.full and endpoint.email and not status.terminal:
            properties["email"] = endpoint.email
        if status is Status.FAILED:
            properties["error"] = DEPLOYMENT_ERROR
        body = self.worked(endpoint, "endpoints", endpoint.id) | {
            "model": self.reference(*self.model_path(endpoint.model)),
            "links": self.endpoint_links(endpoint),
            "properties": properties,
        }
        if self.version.full and endpoint.text:
            body["text"] = endpoint.text
        return body | self.belonging(endpoint.project) | _custom(endpoint.custom)

    def endpoint_links(self, endpoint: Endpoint) -> Json:
        """EndpointLinks; the recognition host is the API's own here. Later versions have webSocket only."""
        parts = urlsplit(self.origins.api)
        web_socket = f"{'wss' if parts.scheme == 'https' else 'ws'}://{parts.netloc}"
        if not self.version.full:
            return {"webSocket": f"{web_socket}/stt/speech/universal/v2?cid={endpoint.id}"}
        links = {"logs": self.address("endpoints", endpoint.id, "files", "logs")}
        for mode in MODES:
            path = f"/speech/recognition/{mode.lower()}/cognitiveservices/v1?cid={endpoint.id}"
            links[f"rest{mode}"] = self.origins.api + path
            links[f"webSocket{mode}"] = web_socket + path
        return links

    def features(self, model: Model) -> Json:
        """SharedModelFeatures; supportsTranscriptions became two."""
        later = ["supportsTranscriptionsSubmit", "supportsTranscriptionsTranscribe"]
        return dict.fromkeys(later if self.version.queried else ["supportsTranscriptions"], True) | {
            "supportsEndpoints": model.supports_endpoints,
            "supportsTranscriptionsOnSpeechContainers": True,
            "supportedOutputFormats": ["Lexical", "Display"],
        }

    def model(self, model: Model) -> Json:
        """BaseModel or CustomModel."""
        path = self.model_path(model.id)
        dates = {"transcriptionDateTime": iso(model.transcription_until)}
        properties: Json = {"deprecationDates": dates, "features": self.features(model)}
        links = {"manifest": self.address(*path, "manifest")}
        body = self.worked(model, *path) | {"links": links, "properties": properties}
        if model.base:
            if model.adaptation_until is not None:
                dates["adaptationDateTime"] = iso(model.adaptation_until)
            properties["features"]["supportsAdaptationsWith"] = ["Language", "LanguageMarkdown", "Pronunciation"]
            properties["chargeForAdaptation"] = model.charged
            return body
        status, _ = model.work.at(self.now)
        links |= {"copy": self.address("models", f"{model.id}:copy"), "files": self.address(*path, "files")}
        properties["customModelWeightPercent"] = model.weight
        if status is Status.FAILED:
            properties["error"] = MODEL_ERROR
        if model.base_model:
            body["baseModel"] = self.reference(*self.model_path(model.base_model))
        if self.version.full:
            links["copyTo"] = self.address(*path, "copyto")
            if model.text:
                body["text"] = model.text
            if model.email and not status.terminal:
                properties["email"] = model.email
        body["datasets"] = [self.reference("datasets", dataset) for dataset in model.datasets]
        return body | self.belonging(model.project) | _custom(model.custom)

    def project(self, project: Project, counts: dict[str, int]) -> Json:
        """Project. The counts are v3.2's alone, foundryProjectName is 2025-10-15's."""
        nouns = ("evaluations", "datasets", "models", "endpoints", "transcriptions")
        body: Json = {
            "self": self.address("projects", project.id),
            "links": {noun: self.address("projects", project.id, noun) for noun in nouns},
            "createdDateTime": iso(project.created),
            "locale": project.locale,
            "displayName": project.name,
        }
        if project.description:
            body["description"] = project.description
        if self.version.full:
            body["properties"] = counts
        if self.version.foundry and project.foundry:
            body["foundryProjectName"] = project.foundry
        return body | _custom(project.custom)

    def log(self, holder: Logging, log: Log, content_url: str) -> Json:
        """File, as Endpoints_GetLog and Endpoints_GetBaseModelLog give it."""
        path = (*home(holder), "files", "logs", log.id)
        kind = "Audio" if log.audio else "Transcription"
        body = self.file(log.name, kind, log.size, log.created, content_url, path)
        if log.audio:
            body["properties"] |= self.length(log.duration)
        return body

    def file(self, name: str, kind: str, size: int, created: float, content_url: str, path: tuple[str, ...]) -> Json:
        """File, of a model or of a log; `size` in bytes."""
        return {
            "self": self.address(*path),
            "name": name,
            "kind": kind,
            "properties": {"size": size},
            "createdDateTime": iso(created),
            "links": {"contentUrl": content_url},
        }

    def operation(self, copying: Copying) -> Json:
        """Operation, as Models_Copy and Operations_GetModelCopy give it; the result is there at the end."""
        status, entered = copying.work.at(self.now)
        body: Json = {
            "id": copying.id,
            "self": self.address("operations", "models", "copy", copying.id),
            "status": status.value,
            "createdDateTime": iso(copying.work.started),
            "lastActionDateTime": iso(entered),
        }
        if status is Status.SUCCEEDED:
            body["result"] = {"link": self.address("models", copying.model)}
        return body


def home(holder: Logging) -> tuple[str, ...]:
    """The path below which something has its logs."""
    return ("endpoints", holder.id) if isinstance(holder, Endpoint) else ("endpoints", "base", holder.locale)


def _custom(custom: dict[str, str]) -> Json:
    return {"customProperties": custom} if custom else {}
