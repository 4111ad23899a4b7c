"""The entities of a world. Times are seconds since 1970 (UTC) as floats, durations are seconds.

The state file contains them, so renaming a field makes existing state files unreadable.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct, field

DAY = 86_400.0


class Status(StrEnum):
    """Contract: Status. The last two are terminal."""

    NOT_STARTED = "NotStarted"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"

    @property
    def terminal(self) -> bool:
        return self in (Status.SUCCEEDED, Status.FAILED)


class Work(Struct, kw_only=True, gc=False):
    """A long-running operation: it begins at `started`, takes `seconds` and ends with the status `outcome`."""

    started: float
    seconds: float = 0.0
    outcome: Status = Status.SUCCEEDED

    @property
    def done_at(self) -> float:
        return self.started + self.seconds

    @property
    def running_at(self) -> float:
        return self.started + 0.2 * self.seconds

    def at(self, now: float) -> tuple[Status, float]:
        """The status at a moment, and when that status was entered."""
        if now >= self.done_at:
            return self.outcome, self.done_at
        if now >= self.running_at:
            return Status.RUNNING, self.running_at
        return Status.NOT_STARTED, self.started


class Project(Struct, kw_only=True):
    id: str
    name: str
    locale: str
    created: float
    description: str | None = None
    foundry: str | None = None
    custom: dict[str, str] = field(default_factory=dict)


class Model(Struct, kw_only=True):
    """A base model (`base`) or a custom one. Contract: BaseModel, CustomModel and their deprecationDates.

    `hears_as`: the model whose words it hears with; None: its own (--dialects).
    """

    id: str
    base: bool
    name: str
    locale: str
    created: float
    work: Work
    transcription_until: float
    adaptation_until: float | None = None
    description: str | None = None
    supports_endpoints: bool = True
    breaks_on_deploy: bool = False
    charged: bool = False
    base_model: str | None = None
    project: str | None = None
    text: str | None = None
    email: str | None = None
    weight: int = 30
    hears_as: str | None = None
    datasets: list[str] = field(default_factory=list)
    custom: dict[str, str] = field(default_factory=dict)


class RecordedLog(Struct, kw_only=True, gc=False):
    """A content log of a recognition request: the audio as it was sent, and the recognized text."""

    guid: str
    created: float
    audio: bytes
    duration: float
    text: str


class LogDeletion(Struct, kw_only=True, gc=False):
    """Endpoints_DeleteLogs: from `effective` on, logs from before `cutoff` are deleted."""

    cutoff: float
    effective: float


class BaseModelLogs(Struct, kw_only=True):
    """Content logs of the base model of a locale: of requests that enabled logging and named no endpoint."""

    locale: str
    id: str = "base"
    logs_from: float | None = None
    removed_logs: set[str] = field(default_factory=set)
    purges: list[LogDeletion] = field(default_factory=list)
    recorded: list[RecordedLog] = field(default_factory=list)


class Endpoint(Struct, kw_only=True):
    """`model` is the requested model; `previous` stays in service until the deployment (`work`) has succeeded.

    `serves_base`: a base model answers in its place, which nothing but the answers shows. `logs_nothing`: no content
    log is written, though `logging` is on.
    """

    id: str
    name: str
    locale: str
    model: str
    created: float
    work: Work
    previous: str | None = None
    redeploy: str = "running"  # the switch of this name when the deployment began
    description: str | None = None
    project: str | None = None
    text: str | None = None
    email: str | None = None
    time_to_live: str | None = None
    logging: bool = False
    logs_from: float | None = None
    serves_base: bool = False
    logs_nothing: bool = False
    custom: dict[str, str] = field(default_factory=dict)
    removed_logs: set[str] = field(default_factory=set)
    purges: list[LogDeletion] = field(default_factory=list)
    recorded: list[RecordedLog] = field(default_factory=list)

    def in_service(self, now: float) -> str | None:
        """The id of the model that serves requests now; None before the first successful deployment."""
        done = self.work.at(now)[0] is Status.SUCCEEDED and not (self.redeploy == "back" and self.previous)
        return self.model if done else self.previous

    def shown(self, now: float) -> tuple[Status, float, str]:
        """The status, since when, and the model as the API shows them."""
        status, entered = self.work.at(now)
        if self.previous and not status.terminal and self.redeploy in ("old", "new"):
            return Status.SUCCEEDED, self.work.started, self.previous if self.redeploy == "old" else self.model
        if self.previous and status is Status.SUCCEEDED and self.redeploy == "back":
            return status, entered, self.previous
        return status, entered, self.model


class Authorization(Struct, kw_only=True):
    """The permission to copy a model to this resource (contract: ModelCopyAuthorization)."""

    id: str
    source: str
    expires: float


class ModelCopy(Struct, kw_only=True):
    """The operation of a Models_Copy, and the id of the model that it creates."""

    id: str
    model: str
    work: Work


LogOwner = Endpoint | BaseModelLogs  # what content logs belong to
