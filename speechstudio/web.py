"""Settings of gunicorn (`gunicorn --config python:speechstudio.web`)."""

import socket
import time
from pathlib import Path
from typing import Any

from speechstudio.application_threads import THREADS
from speechstudio.counters import flushing
from speechstudio.whole_requests import WholeRequests

ACCEPT_DELAY_SECONDS = 0.0005


class LessBusyFirst(WholeRequests):
    """Leaves a new connection to a worker that has fewer requests to answer, as Puma does for the same reason.

    All workers wait on one socket, and a browser or proxy keeps its connection. Without this, all of four connections
    that were opened together went to the same one of two workers in 36 to 39 of 100 trials; with it in none, and two
    went to each in about 90. Full pages of the list gave 180/s instead of 390/s when that happened, so the goal of
    20 times django-tables2 (22 on a quiet machine) would be missed by chance. A socket for each worker (SO_REUSEPORT)
    also distributes by chance, and loses what waits on the socket of a worker that ends.

    The methods are not documented by gunicorn; tests/processes/test_web.py fails when they change.
    """

    def accept(self, listener: socket.socket) -> None:
        if self.nr_conns and self.cfg.workers > 1:
            time.sleep(ACCEPT_DELAY_SECONDS * min(max(self.busy, 1), THREADS))
        super().accept(listener)


wsgi_app = "speechstudio.wsgi"
worker_class = LessBusyFirst
threads = 64  # which receive requests and send answers, and start when they are needed; pages are made in THREADS
graceful_timeout = 15  # seconds for requests in progress when it is stopped, as workers have for their tasks
keepalive = 5  # seconds; pages poll every two seconds and need not reconnect
preload_app = True
control_socket_disable = True
if Path("/dev/shm").is_dir():  # noqa: S108 (for gunicorn's heartbeat alone)
    worker_tmp_dir = "/dev/shm"  # noqa: S108 (the heartbeat must not wait for a disk)


def post_fork(server: Any, worker: Any) -> None:
    flushing.start()


def worker_exit(server: Any, worker: Any) -> None:
    flushing.end()
