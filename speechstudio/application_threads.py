"""Calls Django in a few threads of its own, however many threads of the web server receive requests and send answers.

Pages take turns with the processor, so more at once would only slow each other down; and each of these threads keeps a
connection to the database.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connections

from speechstudio.path_prefix import Application

THREADS = 8


class FewAtOnce:
    """The application, at most `threads` calls of it at a time. What it returns is sent by the caller's thread."""

    def __init__(self, application: Application, threads: int = THREADS) -> None:
        self._application = application
        self._threads = ThreadPoolExecutor(threads, "application")  # starts them when they are needed: after a fork

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        answer = self._threads.submit(self._application, environ, start_response).result()
        # gunicorn sends these by sendfile, and recognizes them by their class.
        return answer if isinstance(answer, environ.get("wsgi.file_wrapper", ())) else _Answer(answer)


class _Answer:
    """An answer whose pieces may be made while it is sent, with a connection to the database that ends with it."""

    def __init__(self, pieces: Any) -> None:
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._pieces)

    def close(self) -> None:
        try:
            if hasattr(self._pieces, "close"):
                self._pieces.close()
        finally:
            connections.close_all()
