"""The product's fetching in a process of its own: files of the simulated service to disk, as a worker brings them.

Reads lines of JSON {"id", "address", "size"} and answers each with what it took. A line with "etag" goes on with the
partial of a process that was killed.
"""

import json
import os
import sys
import time
import uuid
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import django

MIB = 1024 * 1024


def memory(what: str) -> int:
    """VmRSS or VmHWM in bytes."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(what))
    return int(line.split()[1]) * 1024


def fetch_alone(row: Any, address: str, fetching: Any, count: Callable[[Any], None] = lambda _content: None) -> Any:
    """Carry out the steps of one transfer, without rows in the database. `count` gets each Content that begins."""
    from endpoints.logs.fetch.transfer import Transfer

    class Counted(Transfer):
        def begun(self, content: Any) -> None:
            count(content)
            super().begun(content)

    transfer = Counted(row, address, fetching)
    with closing(fetching.service.batch(1)) as batch:
        result: Any = None
        error: Exception | None = None
        while True:
            try:
                step = transfer.steps.throw(error) if error else transfer.steps.send(result)
            except StopIteration as end:
                return end.value
            result = error = None
            if step:
                result = step()
                continue
            batch.begin(transfer, transfer.address, transfer.part.offset, transfer.part.etag or None)
            ended: list[tuple[Any, Exception | None]] = []
            while not ended:
                ended = batch.work(1)
            error = ended[0][1]


def main(url: str, key: str) -> None:
    django.setup()
    from endpoints.azure import SpeechClient
    from endpoints.azure.network import Network
    from endpoints.logs.fetch.transfer import Fetching, Wanted
    from endpoints.logs.storage.place import store

    with SpeechClient(url, key, network=Network(private_networks=("127.0.0.0/8",))) as service:
        print("ready", flush=True)
        for line in sys.stdin:
            request = json.loads(line)
            pk, etag, asked = request["id"], request.get("etag", ""), [0]
            row = Wanted(pk, uuid.UUID(int=0), 0, str(pk), "Audio", request["size"], etag, 0, date.min, None)

            def count(content: Any, asked: list[int] = asked) -> None:
                asked[0] += (content.size or 0) - content.offset

            idle = memory("VmRSS")
            Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
            began = time.perf_counter()
            facts = fetch_alone(row, request["address"], Fetching(service, "0"), count)
            took = time.perf_counter() - began
            facts |= {"seconds": took, "asked": asked[0], "grown": max(0, memory("VmHWM") - idle) / MIB}
            store().delete(facts["stored_as"])
            print(json.dumps(facts, default=str), flush=True)


if __name__ == "__main__":
    main(os.environ["BENCH_URL"], os.environ["BENCH_KEY"])
