"""One running simulator: its world, which a reset replaces, and everything around it."""

from __future__ import annotations

import secrets
from typing import Any

from .api.authentication import RateLimit
from .api.serializer import Origins, Serializer
from .control.faults import Fault
from .control.ledger import Ledger
from .hooks.deliveries import Dispatcher
from .options import Options
from .versions import ServedVersion
from .world import seed
from .world.world import World


class Simulation:
    """`start` are the options of the process, `options` those of the present world."""

    def __init__(
        self,
        options: Options,
        *,
        keys: tuple[str, str],
        origins: Origins,
        control: bool = False,
        world: World | None = None,
    ) -> None:
        self.start = options
        self.start_keys = keys
        self.origins = origins
        self.control = control
        self.resets = 0
        self.dispatcher = Dispatcher(self)
        self._begin(world or seed.seeded_world(options))

    def _begin(self, world: World) -> None:
        self.world = world
        self.keys = list(self.start_keys)
        self.ledger = Ledger()
        self.faults: list[Fault] = []
        self.rate_limiter = RateLimit(*world.options.rate)
        self.dispatcher.begin()

    def reset(self, overrides: dict[str, Any]) -> None:
        """Start again with a new world and some options replaced; raises msgspec.ValidationError."""
        self._begin(seed.seeded_world(self.start.with_overrides(overrides)))
        self.resets += 1

    @property
    def key(self) -> str:
        """The first key."""
        return self.keys[0]

    def regenerate(self, number: int) -> None:
        """Replace the first or second key, as the Azure portal does; the old one is refused from now on."""
        self.keys[number - 1] = secrets.token_hex(16)

    @property
    def options(self) -> Options:
        return self.world.options

    def serializer(self, version: str) -> Serializer:
        """The serializer for one response; removes expired entities first."""
        self.world.remove_expired()
        return Serializer(ServedVersion(version), self.origins, self.world)
