"""Long polls: an answer is held until something moves. Only some threads may wait; the others answer at once."""

from collections.abc import Callable
from threading import BoundedSemaphore
from time import monotonic, sleep
from typing import Any

from django.conf import settings

STEP = 0.5  # seconds between two looks at the database
RETRY_AFTER = "5"  # seconds, for those that could not wait
_places = BoundedSemaphore(settings.WAITING_REQUESTS)


def until_moved(version: Callable[[], Any], seen: Any, seconds: int, alive: Callable[[], bool] | None = None) -> bool:
    """Wait until `version` is another than `seen`, for so many seconds; False when there was no place to wait.

    `alive`: whether the web process goes on; one that stops would otherwise wait for its programs.
    """
    if seconds <= 0 or version() != seen:
        return True
    if not _places.acquire(blocking=False):
        return False
    try:
        end = monotonic() + seconds
        while version() == seen and monotonic() < end and (alive is None or alive()):
            sleep(min(STEP, max(end - monotonic(), 0)))
        return True
    finally:
        _places.release()
