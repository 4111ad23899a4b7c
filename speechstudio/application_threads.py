"""Calls Django in a few threads of its own, however many threads of the web server receive requests and send answers.

Pages take turns with the processor, so more at once would only slow each other down; and each of these threads keeps a
connection to the database.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

from django.db import connections
from django.urls import get_script_prefix, set_script_prefix
from django.utils import timezone, translation

from speechstudio.path_prefix import Application

THREADS = 8
RECEIVED = "speechstudio.received"  # read by endpoints.pages.durations


class FewAtOnce:
    """The application, at most `threads` calls of it at a time. What it returns is sent by the caller's thread."""

    def __init__(self, application: Application, threads: int = THREADS) -> None:
        self._application = application
        self._threads = ThreadPoolExecutor(threads, "application")  # starts them when they are needed: after a fork

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ[RECEIVED] = time.perf_counter()
        context = copy_context()
        answer = self._threads.submit(context.run, self._answer, environ, start_response).result()
        # gunicorn sends these by sendfile, and recognizes them by their class.
        file: Iterable[bytes] = answer.pieces
        return file if isinstance(file, environ.get("wsgi.file_wrapper", ())) else answer

    def _answer(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> "_Answer":
        return _Answer(self._application(environ, start_response))


class _Answer:
    """An answer whose pieces may be made while it is sent: in the language, time zone and path prefix of the request.

    Its connection to the database ends with it.
    """

    def __init__(self, pieces: Any) -> None:
        self.pieces = pieces
        self._context = copy_context()
        self._prefix = get_script_prefix()
        self._language = translation.get_language()
        self._zone = timezone.get_current_timezone()

    def __iter__(self) -> Iterator[bytes]:
        self._context.run(self._activate)
        pieces = iter(self.pieces)
        while (piece := self._context.run(next, pieces, None)) is not None:
            yield piece

    def _activate(self) -> None:
        """Django keeps these for each thread, although it keeps them in the context."""
        set_script_prefix(self._prefix)
        timezone.activate(self._zone)
        if self._language:
            translation.activate(self._language)

    def close(self) -> None:
        try:
            if hasattr(self.pieces, "close"):
                self._context.run(self.pieces.close)
        finally:
            connections.close_all()
