"""The web server: gunicorn's settings, wherever it is started (`gunicorn --config python:speechstudio.web`)."""

import socket
import time
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

HESITATION_SECONDS = 0.0005


class LessBusyFirst(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Leaves a new connection to a worker that is less busy, as Puma does for the same reason.

    All workers wait at one socket, and a browser or proxy stays with whoever takes its connection. The first to wake
    would take several that come together, all of them at times, and the other cores have nothing to do. A socket of
    its own for each (SO_REUSEPORT) spreads them by chance, however busy a worker is, and what waits at the socket of
    a worker that ends is lost.
    """

    busy = 0  # requests that are being answered; counted by the thread that accepts, as all of the below is

    def accept(self, listener: socket.socket) -> None:
        if self.nr_conns and self.cfg.workers > 1:
            time.sleep(HESITATION_SECONDS * min(max(self.busy, 1), self.cfg.threads))
        super().accept(listener)

    def enqueue_req(self, conn: TConn) -> None:
        self.busy += 1
        super().enqueue_req(conn)

    def finish_request(self, conn: TConn, fs: "Future[Any]") -> None:
        self.busy -= 1
        super().finish_request(conn, fs)


wsgi_app = "speechstudio.wsgi"
worker_class = LessBusyFirst
threads = 8  # a long download holds one of them, and pages go on
keepalive = 5  # a page that watches asks every two seconds, and need not connect anew each time
preload_app = True
control_socket_disable = True
if Path("/dev/shm").is_dir():  # noqa: S108
    worker_tmp_dir = "/dev/shm"  # noqa: S108 (a sign of life must not wait for a disk)
