"""The table of all addresses in the memory of this process, kept current by a thread while programs ask.

A request costs no query: the thread looks at the database once a second, and answers are taken from the table as long
as its last look began less than FRESH_SECONDS ago. So several processes agree within two seconds of a move. While the
database doesn't answer, the last known table is used, and said to be that.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Condition, Event, Thread

from django.db import connection

from endpoints.addresses.resolving import table
from endpoints.addresses.resolving.table import Table

LOOK_SECONDS = 1.0
FRESH_SECONDS = 1.8
REST_SECONDS = 20.0  # without a request, after which the thread gives its connection back and waits for the next one
PATIENCE_SECONDS, FIRST_PATIENCE_SECONDS = 0.5, 5.0  # that a request waits for a look, at most

log = logging.getLogger(__name__)


class NotKnownYet(Exception):
    """This process has not been able to read the addresses since it was started."""


class Known:
    """One for a process and those that are forked from it, each of which has a thread of its own."""

    def __init__(self, version: Callable[[], bytes] = table.version, load: Callable[[], Table] = table.load) -> None:
        self._version_of, self._load = version, load
        self._forget()
        os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        self._table: Table | None = None
        self._version = b""
        self._looked = float("-inf")  # when the last look that succeeded began, by the monotonic clock
        self._looked_at = datetime.now(UTC)  # the same for people
        self._asked = 0.0
        self._away = False  # the database; or it takes too long to answer
        self._told = False  # people, by a line of the log
        self._news = Condition()
        self._wake, self._over = Event(), Event()
        self._thread: Thread | None = None

    def now(self) -> tuple[Table, datetime | None]:
        """The table; if it is not current, since when. Raises NotKnownYet."""
        self._asked = now = time.monotonic()
        found = self._table
        if found is not None and now - self._looked < FRESH_SECONDS:
            return found, None
        return self._after_a_look()

    def as_of(self) -> datetime:
        """When the table was known to be current."""
        return self._looked_at

    def end(self) -> None:
        """End the thread, and wait for it."""
        self._over.set()
        self._wake.set()
        if self._thread:
            self._thread.join()

    def _after_a_look(self) -> tuple[Table, datetime | None]:
        with self._news:
            self._wake.set()
            if self._thread is None or not self._thread.is_alive():
                self._thread = Thread(target=self._run, name="addresses", daemon=True)
                self._thread.start()
            patience = FIRST_PATIENCE_SECONDS if self._table is None else PATIENCE_SECONDS
            if not self._news.wait_for(lambda: self._is_fresh() or self._away, patience):
                self._away = True  # so that the next ones don't wait
            if self._table is None:
                raise NotKnownYet
            return self._table, None if self._is_fresh() else self._looked_at

    def _is_fresh(self) -> bool:
        return time.monotonic() - self._looked < FRESH_SECONDS

    def _run(self) -> None:
        while not self._over.is_set():
            self._wake.clear()
            began = time.monotonic()
            self._look(began)
            if time.monotonic() - self._asked > REST_SECONDS:
                connection.close()
                with self._news:
                    self._away = False
                self._wake.wait()
            else:
                self._over.wait(max(LOOK_SECONDS - (time.monotonic() - began), 0.05))
        connection.close()

    def _look(self, began: float) -> None:
        began_at = datetime.now(UTC)
        try:
            connection.close_if_unusable_or_obsolete()
            version = self._version_of()
            found = self._load() if version != self._version or self._table is None else self._table
        except Exception as error:  # whatever it was, programs get the last answer, and the next look may succeed
            connection.close()
            self._tell_of(error)
            with self._news:
                self._away = True
                self._news.notify_all()
            return
        if self._told:
            log.warning("Addresses are read from the database again.")
            self._told = False
        with self._news:
            # A row that changed between the two queries has another version the next time.
            self._table, self._version = found, version
            self._looked, self._looked_at, self._away = began, began_at, False
            self._news.notify_all()

    def _tell_of(self, error: Exception) -> None:
        """Once until it is over."""
        if not self._told:
            self._told = True
            log.warning("Addresses can't be read; programs get the last known answers", exc_info=error)
