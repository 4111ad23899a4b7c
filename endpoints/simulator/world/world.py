"""The state of the simulated resource and its clock. Expired entities are removed before each response is made."""

from __future__ import annotations

import heapq
import secrets
import time
import uuid
from collections.abc import Callable, Iterator

from ..control import ledger
from ..iso8601 import parse_duration
from ..options import Options
from .entities import DAY, Authorization, BaseModelLogs, Endpoint, Model, ModelCopy, Project, Status
from .project_items import Dataset, Evaluation, ProjectItem, Transcription
from .web_hooks import WebHook

F0_LIFETIME = 7 * DAY  # "Custom speech model lifecycle": endpoints of F0 resources are deleted after seven days


def new_id() -> str:
    return str(uuid.uuid4())


class World:
    """Entities by id, in order of creation. `revision` grows with every change."""

    def __init__(self, options: Options, *, started: float | None = None, secret: str | None = None) -> None:
        self.options = options
        self.offset = 0.0
        self.stopped_at: float | None = None
        self.started = time.time() if started is None else started
        self.secret = secret or secrets.token_hex(16)
        self.revision = 0
        self.projects: dict[str, Project] = {}
        self.base_models: dict[str, Model] = {}
        self.custom_models: dict[str, Model] = {}
        self.endpoints: dict[str, Endpoint] = {}
        self.datasets: dict[str, Dataset] = {}
        self.evaluations: dict[str, Evaluation] = {}
        self.transcriptions: dict[str, Transcription] = {}
        self.authorizations: dict[str, Authorization] = {}
        self.copies: dict[str, ModelCopy] = {}
        self.base_logs: dict[str, BaseModelLogs] = {}
        self.hooks: dict[str, WebHook] = {}
        self.on_change: Callable[[], None] = lambda: None
        self._expiries: list[tuple[float, str]] = []

    # The clock

    def now(self) -> float:
        return self.offset + (time.time() if self.stopped_at is None else self.stopped_at)

    def advance(self, seconds: float) -> None:
        self.offset += seconds
        self.mark_changed()

    def stop(self) -> None:
        """Stop the clock, so that what is in progress stays in progress."""
        if self.stopped_at is None:
            self.stopped_at = time.time()

    def resume(self) -> None:
        """Start the clock again from the time at which it was stopped."""
        if self.stopped_at is not None:
            self.offset += self.stopped_at - time.time()
            self.stopped_at = None
            self.mark_changed()

    # Lookups

    def model(self, model_id: str) -> Model | None:
        return self.custom_models.get(model_id) or self.base_models.get(model_id)

    def newest_base_model(self, locale: str) -> Model | None:
        """The model that recognition falls back to ("Custom speech model lifecycle")."""
        candidates = [model for model in self.base_models.values() if model.locale == locale]
        return max(candidates, key=lambda model: model.created, default=None)

    def is_used_by(self, endpoint: Endpoint, model_id: str) -> bool:
        """Whether the endpoint is to run the model, or still runs it."""
        return model_id in (endpoint.model, endpoint.in_service(self.now()))

    def project_items(self) -> Iterator[ProjectItem]:
        yield from self.datasets.values()
        yield from self.evaluations.values()
        yield from self.transcriptions.values()

    def base_model_logs(self, locale: str) -> BaseModelLogs:
        """The content logs of the base model of a supported locale."""
        return self.base_logs.setdefault(locale, BaseModelLogs(locale=locale))

    def locales(self) -> list[str]:
        return sorted({model.locale for model in self.base_models.values()})

    # Changes

    def mark_changed(self) -> None:
        self.revision += 1
        self.on_change()

    def add(self, endpoint: Endpoint) -> None:
        self.endpoints[endpoint.id] = endpoint
        self.schedule_expiry(endpoint)
        self.mark_changed()

    def schedule_expiry(self, endpoint: Endpoint) -> None:
        """Schedule the automatic deletion of an endpoint; call it after each deployment has started."""
        expires = self.expires_at(endpoint)
        if expires is not None:
            heapq.heappush(self._expiries, (expires, endpoint.id))

    def expires_at(self, endpoint: Endpoint) -> float | None:
        """When the endpoint is deleted automatically.

        timeToLive counts from completion (contract: EndpointProperties.timeToLive), the limit of F0 from creation.
        """
        expiries = []
        if endpoint.time_to_live and (lifetime := parse_duration(endpoint.time_to_live)):
            expiries.append(endpoint.work.done_at + lifetime)
        if self.options.tier == "F0":
            expiries.append(endpoint.created + F0_LIFETIME)
        return min(expiries, default=None)

    def remove_expired(self) -> None:
        """Remove the endpoints that have expired."""
        now = self.now()
        while self._expiries and self._expiries[0][0] <= now:
            _, endpoint_id = heapq.heappop(self._expiries)
            endpoint = self.endpoints.get(endpoint_id)
            if endpoint is None:
                continue
            expires = self.expires_at(endpoint)
            if expires is not None and expires <= now:
                del self.endpoints[endpoint_id]
                self.mark_changed()

    def remove_endpoint(self, endpoint: Endpoint) -> None:
        del self.endpoints[endpoint.id]
        ledger.removed(endpoint.id)
        self.mark_changed()

    def remove_model(self, model: Model) -> None:
        del self.custom_models[model.id]
        ledger.removed(model.id)
        self.mark_changed()

    def remove_project(self, project: Project) -> None:
        """Remove a project; its entities stay, without a project."""
        del self.projects[project.id]
        for endpoint in self.endpoints.values():
            if endpoint.project == project.id:
                endpoint.project = None
        for model in self.custom_models.values():
            if model.project == project.id:
                model.project = None
        for item in self.project_items():
            if item.project == project.id:
                item.project = None
        ledger.removed(project.id)
        self.mark_changed()

    def start_logging_if_ready(self, endpoint: Endpoint) -> None:
        """Set when the endpoint starts to log: once it serves requests with logging enabled."""
        if endpoint.logs_from is not None or not endpoint.logging:
            return
        now = self.now()
        if endpoint.in_service(now):
            endpoint.logs_from = now
        elif endpoint.work.outcome is Status.SUCCEEDED:
            endpoint.logs_from = endpoint.work.done_at
