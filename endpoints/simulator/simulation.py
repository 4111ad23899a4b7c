"""One running simulator: a world that can be exchanged for another, and what surrounds it."""

from __future__ import annotations

from typing import Any

from .api.authentication import Limit
from .api.serializer import Origins, Wire
from .control.faults import Fault
from .control.ledger import Ledger
from .hooks.deliveries import Courier
from .options import Options
from .versions import Version
from .world import seed
from .world.world import World


class Simulation:
    """`start` are the options of the process; `options` those of the world that is there now."""

    def __init__(
        self,
        options: Options,
        *,
        key: str,
        origins: Origins,
        control: bool = False,
        world: World | None = None,
    ) -> None:
        self.start = options
        self.key = key
        self.origins = origins
        self.control = control
        self.resets = 0
        self.courier = Courier(self)
        self._begin(world or seed.planted(options))

    def _begin(self, world: World) -> None:
        self.world = world
        self.ledger = Ledger()
        self.faults: list[Fault] = []
        self.limit = Limit(*world.options.rate)
        self.courier.begin()

    def reset(self, wishes: dict[str, Any]) -> None:
        """Back to the start, with some start options replaced; raises msgspec.ValidationError."""
        self._begin(seed.planted(self.start.overridden(wishes)))
        self.resets += 1

    @property
    def options(self) -> Options:
        return self.world.options

    def wire(self, version: str) -> Wire:
        """The shapes of one answer; what vanishes by time is swept away first."""
        self.world.sweep()
        return Wire(Version(version), self.origins, self.world)
