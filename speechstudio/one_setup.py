"""Lets one `setup` after the other work on a database; several machines may start at once."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection

LOCK = 0x5E7_0B  # a number of ours among the advisory locks of the database


@contextmanager
def alone() -> Iterator[None]:
    """Wait until no other `setup` is at work.

    On PostgreSQL by a lock that ends with a transaction of a connection of its own, as PgBouncer allows it; the role
    does not matter. SQLite is on one machine, which a lock of a file in VAR is enough for.
    """
    if connection.vendor != "postgresql":
        settings.VAR.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (settings.VAR / "setup.lock").open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield
        return
    other = connection.copy()
    try:
        other.ensure_connection()
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(%s)", [LOCK])
        yield
        other.rollback()
    finally:
        other.close()
