"""Web hooks as entities of the world, and the names of their events (contract: WebHook, WebHookEvents)."""

from __future__ import annotations

from msgspec import Struct, field

from .entities import Status

KINDS = ("dataset", "model", "evaluation", "transcription", "endpoint")
STAGES = ("Creation", "Processing", "Completion", "Deletion")
PING, CHALLENGE = "ping", "challenge"
EVENTS = frozenset([PING, CHALLENGE, *(kind + stage for kind in KINDS for stage in STAGES)])


class WebHook(Struct, kw_only=True):
    """`version` is the API version it was created in; `failures` counts consecutive failed deliveries."""

    id: str
    name: str
    url: str
    events: dict[str, bool]
    version: str
    created: float
    entered: float
    status: Status = Status.NOT_STARTED
    description: str | None = None
    secret: str | None = None
    custom: dict[str, str] = field(default_factory=dict)
    error: dict[str, str] | None = None
    failures: int = 0
    challenge: int = 1

    def enter(self, status: Status, now: float, error: dict[str, str] | None = None) -> None:
        self.status, self.entered, self.error, self.failures = status, now, error, 0

    def subscribes_to(self, event: str) -> bool:
        """Whether the event is to be sent to this hook: only if its challenge has succeeded."""
        return self.status is Status.SUCCEEDED and self.events.get(event, False)
