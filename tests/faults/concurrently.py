"""Runs functions at the same moment in threads with their own database connections."""

import threading
from typing import Any

from django.db import connection


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
