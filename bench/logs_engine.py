"""The product's fetching in a process of its own: files of the simulated service to disk, as a worker brings them.

Reads lines of JSON {"id", "address", "size"} and answers each with what it took. A line with "etag" goes on with the
partial of a process that was killed.
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django

MIB = 1024 * 1024


def memory(what: str) -> int:
    """VmRSS or VmHWM in bytes."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(what))
    return int(line.split()[1]) * 1024


def main(url: str, key: str) -> None:
    django.setup()
    from endpoints.azure import SpeechClient
    from endpoints.azure.content import Content
    from endpoints.azure.network import Network
    from endpoints.logs.fetch.transfer import Fetching, fetch
    from endpoints.logs.storage.place import store
    from endpoints.models import Endpoint, LogFile

    class Counting(SpeechClient):
        """Knows how many bytes it asked for."""

        asked = 0

        @contextmanager
        def open_content(self, url: str, **how: Any) -> Iterator[Content]:
            with super().open_content(url, **how) as content:
                Counting.asked += (content.size or 0) - content.offset
                yield content

    with Counting(url, key, network=Network(private_networks=("127.0.0.0/8",))) as service:
        endpoint = Endpoint(remote_id="0")
        print("ready", flush=True)
        for line in sys.stdin:
            request = json.loads(line)
            row = LogFile(
                pk=request["id"], remote_id=str(request["id"]), endpoint=endpoint, kind="Audio", size=request["size"]
            )
            row.etag = request.get("etag", "")
            idle, Counting.asked = memory("VmRSS"), 0
            Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
            began = time.perf_counter()
            facts = fetch(row, request["address"], Fetching(service))
            took = time.perf_counter() - began
            facts |= {"seconds": took, "asked": Counting.asked, "grown": max(0, memory("VmHWM") - idle) / MIB}
            store().delete(facts["stored_as"])
            print(json.dumps(facts, default=str), flush=True)


if __name__ == "__main__":
    main(os.environ["BENCH_URL"], os.environ["BENCH_KEY"])
