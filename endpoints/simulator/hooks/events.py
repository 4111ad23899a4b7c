"""What happens in a world, as events of web hooks: found by comparing what is there with what was there before.

Transitions are read from timestamps, so one look after a long time still sees each of them, in their order.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from ..world.entities import Endpoint, Model, Status
from ..world.project_items import Study
from ..world.world import World

Worked = Endpoint | Model | Study

CREATED, RUNNING, DONE = range(3)
RANK = {Status.NOT_STARTED: CREATED, Status.RUNNING: RUNNING, Status.SUCCEEDED: DONE, Status.FAILED: DONE}


class Event(NamedTuple):
    """`name` is camelCase as in WebHookEvents; `path` leads to the entity: ("endpoints", id)."""

    moment: float
    name: str
    path: tuple[str, str]


class Seen:
    """How much of an entity's work has been told."""

    def __init__(self, kind: str, entity: Worked) -> None:
        self.kind = kind
        self.entity = entity
        self.work = entity.work
        self.told = CREATED

    def event(self, moment: float, stage: str) -> Event:
        return Event(moment, self.kind + stage, (f"{self.kind}s", self.entity.id))

    def news(self, now: float) -> Iterator[Event]:
        """Processing and Completion that were not told yet; another deployment begins anew, without a Creation."""
        if self.work is not self.entity.work:
            self.work, self.told = self.entity.work, CREATED
        reached = RANK[self.work.at(now)[0]]
        if reached >= RUNNING > self.told:
            yield self.event(self.work.running_at, "Processing")
        if reached >= DONE > self.told:
            yield self.event(self.work.done_at, "Completion")
        self.told = max(self.told, reached)

    def next_at(self) -> float | None:
        if self.told == DONE:
            return None
        return self.work.running_at if self.told == CREATED else self.work.done_at


class Watch:
    """What was there at the last look. Base models have no events (WebHookEvents), nor has what was never asked for."""

    def __init__(self) -> None:
        self.seen: dict[str, Seen] | None = None
        self.deleted: dict[str, Event] = {}

    def look(self, world: World) -> list[Event]:
        """Events since the last look, oldest first; the first look tells none."""
        now = world.now()
        world.sweep()
        before, self.seen = self.seen, {}
        events: list[Event] = []
        for kind, entity in _entities(world):
            seen = before.pop(entity.id, None) if before is not None else None
            if seen is None or seen.entity is not entity:
                seen = Seen(kind, entity)
                events.append(seen.event(entity.created, "Creation"))
            self.seen[entity.id] = seen
            events.extend(seen.news(now))
        if before is None:
            return []
        for gone in before.values():
            events.extend(gone.news(now))
            last = gone.event(now, "Deletion")
            self.deleted[last.name] = last
            events.append(last)
        return sorted(events, key=lambda event: event.moment)

    def next_at(self) -> float | None:
        """When the next transition is due, in the world's time."""
        times = (seen.next_at() for seen in (self.seen or {}).values())
        return min((moment for moment in times if moment is not None), default=None)

    def last(self, world: World, name: str) -> Event | None:
        """The newest event of a name, as WebHooks_Test sends it again."""
        now = world.now()
        found = [self.deleted[name]] if name in self.deleted else []
        for kind, entity in _entities(world):
            if name.startswith(kind):
                whole = Seen(kind, entity)
                told = [whole.event(entity.created, "Creation"), *whole.news(now)]
                found.extend(event for event in told if event.name == name)
        return max(found, key=lambda event: event.moment, default=None)


def payload(address: str, invocation: str) -> dict[str, Any]:
    """The body of an event (service-facts 4): receivers fetch the entity, and know repetitions by the id."""
    return {"self": address, "invocationId": invocation}


def _entities(world: World) -> Iterator[tuple[str, Worked]]:
    for endpoint in world.endpoints.values():
        yield "endpoint", endpoint
    for model in world.custom_models.values():
        yield "model", model
    for study in world.studies():
        yield type(study).__name__.lower(), study
