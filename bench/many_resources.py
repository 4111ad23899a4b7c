"""Many simulated Speech resources in one process, each with a world and a port of its own, that count requests.

    python -m bench.many_resources RESOURCES ENDPOINTS KEY

prints one line of JSON when it is ready: {"ports": [...]}. GET /_count on any of the ports returns the number of
requests of each port so far, as JSON.
"""

import asyncio
import json
import socket
import sys
from collections import Counter
from collections.abc import Callable

import uvicorn
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from endpoints.simulator.api.serializer import Origins
from endpoints.simulator.app import build
from endpoints.simulator.options import Options
from endpoints.simulator.server import Protocol, Server, exit_on_signal, listen, route_by_port
from endpoints.simulator.simulation import Simulation

COUNT = "/_count"


def counted(port: int, app: ASGIApp, counts: Counter[int]) -> ASGIApp:
    async def count(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == COUNT:
            await JSONResponse({str(one): number for one, number in counts.items()})(scope, receive, send)
            return
        counts[port] += 1
        await app(scope, receive, send)

    return count


async def serve(simulations: list[Simulation], sockets: list[socket.socket], ready: Callable[[], None]) -> None:
    counts: Counter[int] = Counter()
    ports = [one.getsockname()[1] for one in sockets]
    pairs = zip(ports, simulations, strict=True)
    app = route_by_port({port: counted(port, build(simulation), counts) for port, simulation in pairs})
    config = uvicorn.Config(
        app, http=Protocol, loop="asyncio", ws="none", lifespan="off", log_config=None, timeout_keep_alive=75
    )
    tasks = [asyncio.create_task(simulation.dispatcher.run()) for simulation in simulations]
    try:
        await Server(config, ready).serve(sockets)
    finally:
        for task in tasks:
            task.cancel()


def main(resources: int, endpoints: int, key: str) -> None:
    exit_on_signal()
    sockets = listen(*[0] * resources)
    simulations = []
    for number, one in enumerate(sockets):
        here = f"http://127.0.0.1:{one.getsockname()[1]}"
        options = Options(endpoints=endpoints, rate_limit="0/0", seed=number + 1)
        simulations.append(Simulation(options, keys=(key, key), origins=Origins(api=here, content=here)))
    line = json.dumps({"ports": [one.getsockname()[1] for one in sockets]})
    asyncio.run(serve(simulations, sockets, lambda: print(line, flush=True)))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
