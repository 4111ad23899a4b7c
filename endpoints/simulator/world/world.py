"""The state of the service and its clock. What vanishes by time is swept away when somebody looks."""

from __future__ import annotations

import heapq
import secrets
import time
import uuid
from collections.abc import Callable, Iterator

from ..control import ledger
from ..iso8601 import seconds_of
from ..options import Options
from .entities import DAY, Authorization, BaseLogs, Copying, Endpoint, Model, Project, Status
from .project_items import Dataset, Evaluation, Study, Transcription
from .web_hooks import WebHook

F0_LIFE = 7 * DAY  # service-facts 1: endpoints of F0 resources are deleted after seven days


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
        self.copies: dict[str, Copying] = {}
        self.base_logs: dict[str, BaseLogs] = {}
        self.hooks: dict[str, WebHook] = {}
        self.on_change: Callable[[], None] = lambda: None
        self._leaving: list[tuple[float, str]] = []

    # the clock

    def now(self) -> float:
        return self.offset + (time.time() if self.stopped_at is None else self.stopped_at)

    def advance(self, seconds: float) -> None:
        self.offset += seconds
        self.touch()

    def stop(self) -> None:
        """The clock stands: what is being deployed stays so."""
        if self.stopped_at is None:
            self.stopped_at = time.time()

    def go(self) -> None:
        """The clock goes on from where it stood."""
        if self.stopped_at is not None:
            self.offset += self.stopped_at - time.time()
            self.stopped_at = None
            self.touch()

    # looking

    def model(self, model_id: str) -> Model | None:
        return self.custom_models.get(model_id) or self.base_models.get(model_id)

    def newest_base(self, locale: str) -> Model | None:
        """The base model that answers where no other can (service-facts 1)."""
        fitting = [model for model in self.base_models.values() if model.locale == locale]
        return max(fitting, key=lambda model: model.created, default=None)

    def uses(self, endpoint: Endpoint, model_id: str) -> bool:
        """Whether a model is asked for by an endpoint or still in service there."""
        return model_id in (endpoint.model, endpoint.in_service(self.now()))

    def studies(self) -> Iterator[Study]:
        yield from self.datasets.values()
        yield from self.evaluations.values()
        yield from self.transcriptions.values()

    def journal(self, locale: str) -> BaseLogs:
        """The logs of the base model of a supported locale."""
        return self.base_logs.setdefault(locale, BaseLogs(locale=locale))

    def locales(self) -> list[str]:
        return sorted({model.locale for model in self.base_models.values()})

    # changing

    def touch(self) -> None:
        self.revision += 1
        self.on_change()

    def add(self, endpoint: Endpoint) -> None:
        self.endpoints[endpoint.id] = endpoint
        self.watch(endpoint)
        self.touch()

    def watch(self, endpoint: Endpoint) -> None:
        """Remember when an endpoint goes by itself; to be called after each deployment has begun."""
        leaves = self.leaves_at(endpoint)
        if leaves is not None:
            heapq.heappush(self._leaving, (leaves, endpoint.id))

    def leaves_at(self, endpoint: Endpoint) -> float | None:
        """timeToLive counts from completion (Endpoint.properties.timeToLive); F0 from creation."""
        ends = []
        if endpoint.time_to_live and (life := seconds_of(endpoint.time_to_live)):
            ends.append(endpoint.work.done_at + life)
        if self.options.tier == "F0":
            ends.append(endpoint.created + F0_LIFE)
        return min(ends, default=None)

    def sweep(self) -> None:
        """Remove the endpoints whose time has come."""
        now = self.now()
        while self._leaving and self._leaving[0][0] <= now:
            _, endpoint_id = heapq.heappop(self._leaving)
            endpoint = self.endpoints.get(endpoint_id)
            if endpoint is None:
                continue
            leaves = self.leaves_at(endpoint)
            if leaves is not None and leaves <= now:
                del self.endpoints[endpoint_id]
                self.touch()

    def remove_endpoint(self, endpoint: Endpoint) -> None:
        del self.endpoints[endpoint.id]
        ledger.removed(endpoint.id)
        self.touch()

    def remove_model(self, model: Model) -> None:
        del self.custom_models[model.id]
        ledger.removed(model.id)
        self.touch()

    def remove_project(self, project: Project) -> None:
        """What belonged to the project stays, without a project."""
        del self.projects[project.id]
        for endpoint in self.endpoints.values():
            if endpoint.project == project.id:
                endpoint.project = None
        for model in self.custom_models.values():
            if model.project == project.id:
                model.project = None
        for study in self.studies():
            if study.project == project.id:
                study.project = None
        ledger.removed(project.id)
        self.touch()

    def settle_logs(self, endpoint: Endpoint) -> None:
        """Logging counts from the first moment at which the endpoint serves with logging on."""
        if endpoint.logs_from is not None or not endpoint.logging:
            return
        now = self.now()
        if endpoint.in_service(now):
            endpoint.logs_from = now
        elif endpoint.work.outcome is Status.SUCCEEDED:
            endpoint.logs_from = endpoint.work.done_at
