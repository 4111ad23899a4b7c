"""Runs functions at the same moment in threads with their own database connections."""

import threading
from typing import Any

from django.db import connection

from tests.demo import until


def concurrently(*actions):
    """Run all actions at the same moment; returns their results or exceptions in order."""
    barrier = threading.Barrier(len(actions))
    results: list[Any] = [None] * len(actions)

    def run(n, action):
        try:
            barrier.wait(timeout=10)
            results[n] = action()
        except Exception as error:
            results[n] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return results


def until_the_other_waits():
    """For a row that this thread has locked. SQLite has no locks of rows, which could be taken in the wrong order."""

    def waits():
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            return cursor.fetchone()[0] > 0

    if connection.vendor == "postgresql":
        until(waits)
