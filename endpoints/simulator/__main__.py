"""python -m endpoints.simulator: see README.md for the options."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path

from . import options
from .api.serializer import Origins
from .server import HOST, PortUnavailable, Wrap, exit_on_signal, listen, serve
from .simulation import Simulation
from .world import state_file


def main(wrap: Wrap | None = None) -> None:
    """Run the simulator until a signal ends it. `wrap` wraps the API, for example to check the traffic."""
    command = options.parse()
    exit_on_signal()
    path = Path(command.state) if command.state else None
    try:
        world = state_file.load(path, command.options) if path and path.exists() else None
        api, content = listen(command.port, command.content_port)
    except (PortUnavailable, state_file.StateFileError) as reason:
        sys.exit(f"simulator: {reason}")
    addresses = [f"http://{HOST}:{listener.getsockname()[1]}" for listener in (api, content)]
    simulation = Simulation(
        command.options,
        keys=(command.key or secrets.token_hex(16), command.second_key or secrets.token_hex(16)),
        origins=Origins(api=addresses[0], content=addresses[1]),
        control=command.control,
        world=world,
    )
    serve(simulation, api, content, path, wrap)


if __name__ == "__main__":
    main()
