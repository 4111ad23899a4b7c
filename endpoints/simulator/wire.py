"""Entities as JSON of one API version (now v3.2). The world knows nothing of these shapes."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from .durations import iso, iso_duration
from .entities import Endpoint, Model, Project, Status
from .logs import Log
from .world import World

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

    def __init__(self, version: str, origins: Origins, world: World) -> None:
        self.version = version
        self.origins = origins
        self.world = world
        self.now = world.now()
        self.base = f"{origins.api}/speechtotext/{version}"

    def address(self, *path: str) -> str:
        return "/".join((self.base, *path))

    def model_address(self, model: Model) -> str:
        return self.address("models", "base", model.id) if model.base else self.address("models", model.id)

    def reference(self, model_id: str) -> Json:
        model = self.world.model(model_id)
        return {"self": self.model_address(model) if model else self.address("models", model_id)}

    def endpoint(self, endpoint: Endpoint) -> Json:
        """speechtotext-v3.2.json, Endpoint."""
        status, entered = endpoint.work.at(self.now)
        properties: Json = {"loggingEnabled": endpoint.logging}
        if endpoint.time_to_live:
            properties["timeToLive"] = endpoint.time_to_live
        if endpoint.email and not status.terminal:
            properties["email"] = endpoint.email
        if status is Status.FAILED:
            properties["error"] = DEPLOYMENT_ERROR
        body: Json = {
            "self": self.address("endpoints", endpoint.id),
            "model": self.reference(endpoint.model),
            "links": self.endpoint_links(endpoint),
            "properties": properties,
            "lastActionDateTime": iso(entered),
            "status": status.value,
            "createdDateTime": iso(endpoint.created),
            "locale": endpoint.locale,
            "displayName": endpoint.name,
        }
        if endpoint.project:
            body["project"] = {"self": self.address("projects", endpoint.project)}
        return body | _texts(endpoint.description, endpoint.custom) | ({"text": endpoint.text} if endpoint.text else {})

    def endpoint_links(self, endpoint: Endpoint) -> Json:
        """EndpointLinks; the recognition host is the API's own here."""
        parts = urlsplit(self.origins.api)
        web_socket = f"{'wss' if parts.scheme == 'https' else 'ws'}://{parts.netloc}"
        links = {"logs": self.address("endpoints", endpoint.id, "files", "logs")}
        for mode in MODES:
            path = f"/speech/recognition/{mode.lower()}/cognitiveservices/v1?cid={endpoint.id}"
            links[f"rest{mode}"] = self.origins.api + path
            links[f"webSocket{mode}"] = web_socket + path
        return links

    def model(self, model: Model) -> Json:
        """speechtotext-v3.2.json, BaseModel or CustomModel."""
        status, entered = model.work.at(self.now)
        own = self.model_address(model)
        features: Json = {
            "supportsTranscriptions": True,
            "supportsEndpoints": model.supports_endpoints,
            "supportsTranscriptionsOnSpeechContainers": not model.base,
            "supportedOutputFormats": ["Lexical", "Display"],
        }
        dates = {"transcriptionDateTime": iso(model.transcription_until)}
        properties: Json = {"deprecationDates": dates, "features": features}
        body: Json = {
            "self": own,
            "links": {"manifest": f"{own}/manifest"},
            "properties": properties,
            "lastActionDateTime": iso(entered),
            "status": status.value,
            "createdDateTime": iso(model.created),
            "locale": model.locale,
            "displayName": model.name,
        }
        if model.base:
            if model.adaptation_until is not None:
                dates["adaptationDateTime"] = iso(model.adaptation_until)
            features["supportsAdaptationsWith"] = ["Language", "LanguageMarkdown", "Pronunciation"]
            properties["chargeForAdaptation"] = model.charged
            return body | _texts(model.description, {})
        body["links"] |= {"copy": f"{own}:copy", "copyTo": f"{own}/copyto", "files": f"{own}/files"}
        properties["customModelWeightPercent"] = model.weight
        if status is Status.FAILED:
            properties["error"] = MODEL_ERROR
        if model.base_model:
            body["baseModel"] = {"self": self.address("models", "base", model.base_model)}
        if model.project:
            body["project"] = {"self": self.address("projects", model.project)}
        if model.text:
            body["text"] = model.text
        return body | {"datasets": []} | _texts(model.description, model.custom)

    def project(self, project: Project, endpoints: int, models: int) -> Json:
        """speechtotext-v3.2.json, Project. Data sets, evaluations and transcriptions are never there."""
        own = self.address("projects", project.id)
        nouns = ("evaluations", "datasets", "models", "endpoints", "transcriptions")
        counts = {"datasetCount": 0, "evaluationCount": 0, "transcriptionCount": 0}
        body = {
            "self": own,
            "links": {noun: f"{own}/{noun}" for noun in nouns},
            "properties": counts | {"modelCount": models, "endpointCount": endpoints},
            "createdDateTime": iso(project.created),
            "locale": project.locale,
            "displayName": project.name,
        }
        return body | _texts(project.description, project.custom)

    def log(self, endpoint: Endpoint, log: Log, content_url: str) -> Json:
        """speechtotext-v3.2.json, File."""
        properties: Json = {"size": log.size}
        if log.audio:
            properties["duration"] = iso_duration(log.duration)
        return {
            "self": self.address("endpoints", endpoint.id, "files", "logs", log.id),
            "name": log.name,
            "kind": "Audio" if log.audio else "Transcription",
            "properties": properties,
            "createdDateTime": iso(log.created),
            "links": {"contentUrl": content_url},
        }


def _texts(description: str | None, custom: dict[str, str]) -> Json:
    return ({"description": description} if description else {}) | ({"customProperties": custom} if custom else {})
