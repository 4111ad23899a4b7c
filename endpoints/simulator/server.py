"""The process: two ports, one loop, a quick end."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import IO, Any

import h11
import msgspec
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from .app import build, build_content
from .content import container
from .content.transfers import SEND_FILE
from .control.faults import HANG_UP
from .simulation import Simulation
from .world import state_file

HOST = "127.0.0.1"
SAVE_EVERY = 1.0  # seconds
Wrap = Callable[[ASGIApp, Simulation], ASGIApp]


class Taken(Exception):
    """The port cannot be had."""


def listen(*ports: int) -> list[socket.socket]:
    """Sockets of this machine alone; 0 takes a free port. All of them or none."""
    listeners: list[socket.socket] = []
    for port in ports:
        # with the protocol named asyncio sets TCP_NODELAY; else answers wait 40 ms for an acknowledgement
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listeners.append(listener)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
            listener.listen(512)
        except (OSError, OverflowError) as error:
            for one in listeners:
                one.close()
            raise Taken(f"port {port} cannot be used: {error}") from None
    return listeners


class Counted:
    """Stands for bytes that h11 has to count and does not get."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __len__(self) -> int:
        return self.count


class Protocol(H11Protocol):
    """Lets the application close the socket under a request, for the faults."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        app: Any = self.app

        async def with_hang_up(scope: Any, receive: Any, send: Any) -> None:
            scope.setdefault("extensions", {}).update({HANG_UP: self.hang_up, SEND_FILE: self.send_file})
            await app(scope, receive, send)

        self.app = with_hang_up

    async def send_file(self, file: IO[bytes], offset: int, count: int) -> bool:
        """Part of a body, from a file to the socket without passing through us; False when nobody reads it."""
        if not self.cycle or self.cycle.disconnected:
            return False
        self.conn.send_with_data_passthrough(h11.Data(data=Counted(count)))  # type: ignore[arg-type]
        try:
            await asyncio.get_running_loop().sendfile(self.transport, file, offset, count, fallback=False)
        except (OSError, RuntimeError):  # RuntimeError: it is closing
            self.hang_up()
            return False
        return True

    def hang_up(self) -> None:
        """What was written still goes out; then the connection ends."""
        if self.cycle:
            self.cycle.disconnected = True
        self.transport.close()


class Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self.ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready()


def by_port(apps: dict[int, ASGIApp]) -> ASGIApp:
    """Both origins in one server: the port that was called decides."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await apps[scope["server"][1]](scope, receive, send)

    return app


def save(simulation: Simulation, path: Path) -> None:
    """A disk that refuses must not end the simulator; it says so."""
    try:
        state_file.save(simulation.world, path)
    except OSError as error:
        print(f"simulator: the world cannot be saved: {error}", file=sys.stderr)


async def keep(simulation: Simulation, path: Path) -> None:
    """Save the world again and again while it changes."""
    written: tuple[int, int] | None = None
    while True:
        seen = (simulation.resets, simulation.world.revision)
        if seen != written:
            save(simulation, path)
            written = seen
        await asyncio.sleep(SAVE_EVERY)


def serve(
    simulation: Simulation, api: socket.socket, content: socket.socket, path: Path | None, wrap: Wrap | None = None
) -> None:
    """Until SIGTERM or SIGINT. Prints one line of JSON when it is ready to answer. `wrap` goes before the API."""
    application = wrap(build(simulation), simulation) if wrap else build(simulation)
    app = by_port({api.getsockname()[1]: application, content.getsockname()[1]: build_content(simulation)})
    config = uvicorn.Config(
        app,
        http=Protocol,
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
    )
    ready = {"url": simulation.origins.api, "key": simulation.key, "container": container.address(simulation)}
    line = msgspec.json.encode(ready).decode()
    server = Server(config, lambda: print(line, flush=True))
    asyncio.run(_run(server, [api, content], simulation, path))


async def _run(server: Server, sockets: list[socket.socket], simulation: Simulation, path: Path | None) -> None:
    keeper = asyncio.create_task(keep(simulation, path)) if path else None
    courier = asyncio.create_task(simulation.courier.run())
    try:
        await server.serve(sockets)
    finally:
        courier.cancel()
        if keeper and path:
            keeper.cancel()
            save(simulation, path)


def end_quietly() -> None:
    """A signal that comes before or after the server's own handlers ends the process with code 0."""

    def end(_number: int, _frame: FrameType | None) -> None:
        sys.exit(0)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
