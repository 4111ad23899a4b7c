"""Detects the events of web hooks by comparing the world with what it was before.

Transitions are derived from timestamps, so none is missed, and all are in order, however rarely this is done.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from ..world.entities import Endpoint, Model, Status
from ..world.project_items import ProjectItem
from ..world.world import World

Entity = Endpoint | Model | ProjectItem

CREATED, RUNNING, DONE = range(3)
RANK = {Status.NOT_STARTED: CREATED, Status.RUNNING: RUNNING, Status.SUCCEEDED: DONE, Status.FAILED: DONE}


class HookEvent(NamedTuple):
    """`name` is in camelCase (contract: WebHookEvents); `path` is that of the entity: ("endpoints", id)."""

    moment: float
    name: str
    path: tuple[str, str]


class TrackedEntity:
    """An entity, and which of its transitions have been reported."""

    def __init__(self, kind: str, entity: Entity) -> None:
        self.kind = kind
        self.entity = entity
        self.work = entity.work
        self.reported = CREATED

    def event(self, moment: float, stage: str) -> HookEvent:
        return HookEvent(moment, self.kind + stage, (f"{self.kind}s", self.entity.id))

    def new_events(self, now: float) -> Iterator[HookEvent]:
        """Processing and Completion that have not been reported; another deployment reports both again."""
        if self.work is not self.entity.work:
            self.work, self.reported = self.entity.work, CREATED
        rank = RANK[self.work.at(now)[0]]
        if rank >= RUNNING > self.reported:
            yield self.event(self.work.running_at, "Processing")
        if rank >= DONE > self.reported:
            yield self.event(self.work.done_at, "Completion")
        self.reported = max(self.reported, rank)

    def next_at(self) -> float | None:
        if self.reported == DONE:
            return None
        return self.work.running_at if self.reported == CREATED else self.work.done_at


class TransitionTracker:
    """The entities at the last call of `detect_events`. Base models have no events (contract: WebHookEvents)."""

    def __init__(self) -> None:
        self.tracked: dict[str, TrackedEntity] | None = None
        self.deleted: dict[str, HookEvent] = {}

    def detect_events(self, world: World) -> list[HookEvent]:
        """Events since the last call, oldest first; none at the first call."""
        now = world.now()
        world.remove_expired()
        previous, self.tracked = self.tracked, {}
        events: list[HookEvent] = []
        for kind, entity in _entities(world):
            tracked = previous.pop(entity.id, None) if previous is not None else None
            if tracked is None or tracked.entity is not entity:
                tracked = TrackedEntity(kind, entity)
                events.append(tracked.event(entity.created, "Creation"))
            self.tracked[entity.id] = tracked
            events.extend(tracked.new_events(now))
        if previous is None:
            return []
        for deleted in previous.values():
            events.extend(deleted.new_events(now))
            last = deleted.event(now, "Deletion")
            self.deleted[last.name] = last
            events.append(last)
        return sorted(events, key=lambda event: event.moment)

    def next_at(self) -> float | None:
        """When the next transition is due on the world's clock."""
        times = (tracked.next_at() for tracked in (self.tracked or {}).values())
        return min((moment for moment in times if moment is not None), default=None)

    def last(self, world: World, name: str) -> HookEvent | None:
        """The latest event of this name, which WebHooks_Test sends again."""
        now = world.now()
        found = [self.deleted[name]] if name in self.deleted else []
        for kind, entity in _entities(world):
            if name.startswith(kind):
                entity_state = TrackedEntity(kind, entity)
                reported = [entity_state.event(entity.created, "Creation"), *entity_state.new_events(now)]
                found.extend(event for event in reported if event.name == name)
        return max(found, key=lambda event: event.moment, default=None)


def payload(address: str, invocation: str) -> dict[str, Any]:
    """The body of an event: receivers fetch the entity, and recognize repetitions by `invocationId`."""
    return {"self": address, "invocationId": invocation}


def _entities(world: World) -> Iterator[tuple[str, Entity]]:
    for endpoint in world.endpoints.values():
        yield "endpoint", endpoint
    for model in world.custom_models.values():
        yield "model", model
    for item in world.project_items():
        yield type(item).__name__.lower(), item
