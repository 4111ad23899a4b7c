"""Entities as JSON of one API version."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from ..content.logs import Log
from ..iso8601 import iso, iso_duration
from ..versions import ServedVersion
from ..world.entities import Endpoint, LogOwner, Model, ModelCopy, Project, Status
from ..world.world import World

Json = dict[str, Any]
MODES = ("Interactive", "Conversation", "Dictation")
DEPLOYMENT_ERROR = {
    "code": "InternalServerError",
    "message": "The deployment of the model failed. Deploy another model, or delete the endpoint.",
}
MODEL_ERROR = {"code": "InvalidData", "message": "The model could not be adapted with the given data."}


class Origins(Struct):
    """Scheme, host and port of the API and of the content, without a trailing slash."""

    api: str
    content: str


class Serializer:
    """`now` is the time at which all statuses in one response are evaluated."""

    def __init__(self, version: ServedVersion, origins: Origins, world: World) -> None:
        self.version = version
        self.origins = origins
        self.world = world
        self.now = world.now()
        self.base = f"{origins.api}/speechtotext" if version.in_query else f"{origins.api}/speechtotext/{version}"

    def address(self, *path: str) -> str:
        """The URL of an entity, a list or an action; the version is in the path or in the query."""
        address = "/".join((self.base, *path))
        return f"{address}?api-version={self.version}" if self.version.in_query else address

    def reference(self, *path: str) -> Json:
        """Contract: EntityReference."""
        return {"self": self.address(*path)}

    def model_path(self, model_id: str) -> tuple[str, ...]:
        return ("models", "base", model_id) if model_id in self.world.base_models else ("models", model_id)

    def common(self, entity: Any, *path: str) -> Json:
        """The properties that all entities with a status have."""
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

    def project_property(self, project: str | None) -> Json:
        """The property `project`, if the entity is in one and the version has projects."""
        return {"project": self.reference("projects", project)} if project and self.version.projects else {}

    def duration(self, seconds: float) -> Json:
        """`duration` in ISO 8601; durationMilliseconds in later versions."""
        return (
            {"durationMilliseconds": round(seconds * 1000)}
            if self.version.in_query
            else {"duration": iso_duration(seconds)}
        )

    def endpoint(self, endpoint: Endpoint) -> Json:
        """Contract: Endpoint. Later versions have no text, timeToLive or email."""
        status, entered, model = endpoint.shown(self.now)
        properties: Json = {"loggingEnabled": endpoint.logging}
        if self.version.has_v3_properties and endpoint.time_to_live:
            properties["timeToLive"] = endpoint.time_to_live
        if self.version.has_v3_properties and endpoint.email and not status.terminal:
            properties["email"] = endpoint.email
        if status is Status.FAILED:
            properties["error"] = DEPLOYMENT_ERROR
        body = self.common(endpoint, "endpoints", endpoint.id) | {
            "status": status.value,
            "lastActionDateTime": iso(entered),
            "model": self.reference(*self.model_path(model)),
            "links": self.endpoint_links(endpoint),
            "properties": properties,
        }
        if self.version.has_v3_properties and endpoint.text:
            body["text"] = endpoint.text
        return body | self.project_property(endpoint.project) | _custom(endpoint.custom)

    def endpoint_links(self, endpoint: Endpoint) -> Json:
        """EndpointLinks; the recognition host is the API's own here. Later versions have webSocket only."""
        parts = urlsplit(self.origins.api)
        web_socket = f"{'wss' if parts.scheme == 'https' else 'ws'}://{parts.netloc}"
        if not self.version.has_v3_properties:
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
        return dict.fromkeys(later if self.version.in_query else ["supportsTranscriptions"], True) | {
            "supportsEndpoints": model.supports_endpoints,
            "supportsTranscriptionsOnSpeechContainers": True,
            "supportedOutputFormats": ["Lexical", "Display"],
        }

    def model(self, model: Model) -> Json:
        """Contract: BaseModel or CustomModel."""
        path = self.model_path(model.id)
        dates = {"transcriptionDateTime": iso(model.transcription_until)}
        properties: Json = {"deprecationDates": dates, "features": self.features(model)}
        links = {"manifest": self.address(*path, "manifest")}
        body = self.common(model, *path) | {"links": links, "properties": properties}
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
        if self.version.has_v3_properties:
            links["copyTo"] = self.address(*path, "copyto")
            if model.text:
                body["text"] = model.text
            if model.email and not status.terminal:
                properties["email"] = model.email
        body["datasets"] = [self.reference("datasets", dataset) for dataset in model.datasets]
        return body | self.project_property(model.project) | _custom(model.custom)

    def project(self, project: Project, counts: dict[str, int]) -> Json:
        """Contract: Project. Only v3.2 has the counts, only 2025-10-15 foundryProjectName."""
        kinds = ("evaluations", "datasets", "models", "endpoints", "transcriptions")
        body: Json = {
            "self": self.address("projects", project.id),
            "links": {kind: self.address("projects", project.id, kind) for kind in kinds},
            "createdDateTime": iso(project.created),
            "locale": project.locale,
            "displayName": project.name,
        }
        if project.description:
            body["description"] = project.description
        if self.version.has_v3_properties:
            body["properties"] = counts
        if self.version.foundry and project.foundry:
            body["foundryProjectName"] = project.foundry
        return body | _custom(project.custom)

    def log(self, owner: LogOwner, log: Log, content_url: str) -> Json:
        """Contract: File, as returned by Endpoints_GetLog and Endpoints_GetBaseModelLog."""
        path = (*log_owner_path(owner), "files", "logs", log.id)
        kind = "Audio" if log.audio else "Transcription"
        body = self.file(log.name, kind, log.size, log.created, content_url, path)
        if log.audio:
            body["properties"] |= self.duration(log.duration)
        return body

    def file(self, name: str, kind: str, size: int, created: float, content_url: str, path: tuple[str, ...]) -> Json:
        """Contract: File, of a model or a content log; `size` in bytes."""
        return {
            "self": self.address(*path),
            "name": name,
            "kind": kind,
            "properties": {"size": size},
            "createdDateTime": iso(created),
            "links": {"contentUrl": content_url},
        }

    def operation(self, copying: ModelCopy) -> Json:
        """Contract: Operation, as returned by Models_Copy and Operations_GetModelCopy; it has a result at its end."""
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


def log_owner_path(owner: LogOwner) -> tuple[str, ...]:
    """The path of what content logs belong to."""
    return ("endpoints", owner.id) if isinstance(owner, Endpoint) else ("endpoints", "base", owner.locale)


def _custom(custom: dict[str, str]) -> Json:
    return {"customProperties": custom} if custom else {}
