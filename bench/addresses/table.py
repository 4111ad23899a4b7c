"""The table of many addresses in one process: MOST ROUNDS. Prints its memory, its looks, and queries of answers."""

import gc
import json
import sys
import time
import tracemalloc
from typing import Any

import django

ANSWERS = 1_000


def main(most: int, rounds: int) -> None:
    django.setup()
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from bench.addresses.made import rows
    from endpoints.addresses.resolving import table
    from endpoints.addresses.resolving.application import Resolving
    from endpoints.addresses.resolving.known import Known

    rows(most, most)
    looks, loads = [], []
    for _ in range(rounds):
        began = time.perf_counter()
        table.version()
        looks.append(time.perf_counter() - began)
        began = time.perf_counter()
        table.load()
        loads.append(time.perf_counter() - began)
    gc.collect()
    tracemalloc.start()
    kept = table.load()
    gc.collect()
    size, _peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    known = Known(lambda: b"", lambda: kept)
    resolving = Resolving(lambda _environ, _start: [], most=1_000_000_000, known=known)
    known.now()
    with CaptureQueriesContext(connection) as queries:
        for number in range(ANSWERS):
            _ask(resolving, f"address-{number + 1}")
    print(json.dumps({"MiB": size / (1 << 20), "looks": looks, "loads": loads, "queries": len(queries)}))


def _ask(resolving: Any, name: str) -> None:
    environ = {"PATH_INFO": f"/speech/{name}", "REQUEST_METHOD": "GET", "HTTP_UPGRADE": "websocket"}
    resolving(environ, lambda status, _headers: _check(status))


def _check(status: str) -> None:
    if not status.startswith("307"):
        raise SystemExit(f"A program was answered {status}.")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
