"""The peer of the part `start`: the same broker, worker and web server with an empty application."""

import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent

import httpx

from bench.product import descendants, environment
from speechstudio.demo import processes
from speechstudio.demo.processes import free_port

NOTHING = dedent(
    """
    import os

    from celery import Celery

    app = Celery("nothing", broker=os.environ["BROKER"])


    def page(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"ok"]
    """
)


@contextlib.contextmanager
def servers() -> Iterator[tuple[float, list[int]]]:
    """The seconds until all were ready, and their process ids."""
    with TemporaryDirectory(prefix="speechstudio-bench-") as place:
        where = Path(place)
        (where / "nothing.py").write_text(NOTHING)
        listens, port = where / "broker.sock", free_port()
        env = environment(HOME=place, PYTHONPATH=place, BROKER=f"redis+socket://{listens}")
        python = [sys.executable, "-m"]
        beat = ["--beat", "--schedule", str(where / "beat"), "--concurrency", "2", "--loglevel", "INFO"]
        running = processes.Processes(where / "log")
        began = time.monotonic()
        try:
            running.start("broker", processes.broker(listens, where), env)
            quiet = ["--without-mingle", "--without-gossip"]
            running.start("worker", [*python, "celery", "-A", "nothing", "worker", *beat, *quiet], env)
            bind = ["--bind", f"127.0.0.1:{port}", "--threads", "8", "--no-control-socket"]
            running.start("web", [*python, "gunicorn", "nothing:page", *bind], env)
            running.wait_for("web", lambda: _answers(port))
            running.wait_for("worker", lambda: " ready." in (where / "log" / "worker.log").read_text())
            took = time.monotonic() - began
            leaders = [child.pid for child in running.running.values()]
            yield took, [pid for leader in leaders for pid in (leader, *descendants(leader))]
        finally:
            running.stop()


def _answers(port: int) -> bool:
    with contextlib.suppress(httpx.TransportError):
        return httpx.get(f"http://127.0.0.1:{port}/").status_code == httpx.codes.OK
    return False
