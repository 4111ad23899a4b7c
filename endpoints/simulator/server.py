"""The server process: two ports in one event loop, and the saving of the world."""

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
from .control.faults import CLOSE_CONNECTION
from .simulation import Simulation
from .world import state_file

HOST = "127.0.0.1"
SAVE_INTERVAL = 1.0  # seconds
Wrap = Callable[[ASGIApp, Simulation], ASGIApp]


class PortUnavailable(Exception):
    """A port cannot be bound."""


def listen(*ports: int) -> list[socket.socket]:
    """Listening sockets on the loopback interface; 0 takes a free port. All of them or none."""
    listeners: list[socket.socket] = []
    for port in ports:
        # asyncio sets TCP_NODELAY only if the protocol is given; without it responses are delayed by 40 ms
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listeners.append(listener)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
            listener.listen(512)
        except (OSError, OverflowError) as error:
            for one in listeners:
                one.close()
            raise PortUnavailable(f"port {port} cannot be used: {error}") from None
    return listeners


class ByteCount:
    """Has the length of bytes that h11 counts, but does not send."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __len__(self) -> int:
        return self.count


class Protocol(H11Protocol):
    """Provides the ASGI extensions that close a connection (for faults) and send a file."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        app: Any = self.app

        async def with_extensions(scope: Any, receive: Any, send: Any) -> None:
            scope.setdefault("extensions", {}).update(
                {CLOSE_CONNECTION: self.close_connection, SEND_FILE: self.send_file}
            )
            await app(scope, receive, send)

        self.app = with_extensions

    async def send_file(self, file: IO[bytes], offset: int, count: int) -> bool:
        """Send part of a body by sendfile(2); False if the client has disconnected."""
        if not self.cycle or self.cycle.disconnected:
            return False
        self.conn.send_with_data_passthrough(h11.Data(data=ByteCount(count)))  # type: ignore[arg-type]  # h11 asks for its length alone
        try:
            await asyncio.get_running_loop().sendfile(self.transport, file, offset, count, fallback=False)
        except (OSError, RuntimeError):  # RuntimeError: it is closing
            self.close_connection()
            return False
        return True

    def close_connection(self) -> None:
        """Close the connection once what was written has been sent."""
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


def route_by_port(apps: dict[int, ASGIApp]) -> ASGIApp:
    """Dispatch to an application by the port of the request."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await apps[scope["server"][1]](scope, receive, send)

    return app


def save(simulation: Simulation, path: Path) -> None:
    """Save the world; a full disk is reported and does not end the simulator."""
    try:
        state_file.save(simulation.world, path)
    except OSError as error:
        print(f"simulator: the world cannot be saved: {error}", file=sys.stderr)


async def save_periodically(simulation: Simulation, path: Path) -> None:
    """Save the world whenever it has changed, until this task is canceled."""
    saved: tuple[int, int] | None = None
    while True:
        current = (simulation.resets, simulation.world.revision)
        if current != saved:
            save(simulation, path)
            saved = current
        await asyncio.sleep(SAVE_INTERVAL)


def serve(
    simulation: Simulation, api: socket.socket, content: socket.socket, path: Path | None, wrap: Wrap | None = None
) -> None:
    """Serve until SIGTERM or SIGINT. Prints one line of JSON when it is ready. `wrap` wraps the API."""
    application = wrap(build(simulation), simulation) if wrap else build(simulation)
    app = route_by_port({api.getsockname()[1]: application, content.getsockname()[1]: build_content(simulation)})
    config = uvicorn.Config(
        app,
        http=Protocol,
        loop="asyncio",
        ws="websockets-sansio",
        ws_ping_interval=None,
        ws_per_message_deflate=False,
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
    saving = asyncio.create_task(save_periodically(simulation, path)) if path else None
    dispatching = asyncio.create_task(simulation.dispatcher.run())
    try:
        await server.serve(sockets)
    finally:
        dispatching.cancel()
        if saving and path:
            saving.cancel()
            save(simulation, path)


def exit_on_signal() -> None:
    """Exit with code 0 on a signal that arrives before or after the server has its own handlers."""

    def end(_number: int, _frame: FrameType | None) -> None:
        sys.exit(0)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
