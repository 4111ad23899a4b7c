"""Settings of gunicorn (`gunicorn --config python:speechstudio.web`)."""

import socket
import time
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

ACCEPT_DELAY_SECONDS = 0.0005


class LessBusyFirst(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Waits a little before accepting a connection while busy, so that an idle worker accepts it (as Puma does).

    All workers accept from one socket, and a client keeps its connection to the worker that accepted it. Without the
    wait, one worker sometimes accepts all of several connections, and the other cores are idle. One socket for each
    worker (SO_REUSEPORT) would ignore how busy workers are, and lose connections that wait for a worker that ends.
    """

    busy = 0  # requests in progress; only the accepting thread uses it

    def accept(self, listener: socket.socket) -> None:
        if self.nr_conns and self.cfg.workers > 1:
            time.sleep(ACCEPT_DELAY_SECONDS * min(max(self.busy, 1), self.cfg.threads))
        super().accept(listener)

    def enqueue_req(self, conn: TConn) -> None:
        self.busy += 1
        super().enqueue_req(conn)

    def finish_request(self, conn: TConn, fs: "Future[Any]") -> None:
        self.busy -= 1
        super().finish_request(conn, fs)


wsgi_app = "speechstudio.wsgi"
worker_class = LessBusyFirst
threads = 8  # a long download occupies one thread, and the others serve pages
keepalive = 5  # seconds; pages poll every two seconds and need not reconnect
preload_app = True
control_socket_disable = True
if Path("/dev/shm").is_dir():  # noqa: S108
    worker_tmp_dir = "/dev/shm"  # noqa: S108 (the heartbeat must not wait for a disk)
