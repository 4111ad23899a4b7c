"""Long polls: an answer is held until something moves. Only some threads may wait; the others answer at once."""

import time
from collections.abc import Callable
from threading import BoundedSemaphore
from typing import Any

from django.conf import settings

STEP = 0.5  # seconds between two looks at the database
RETRY_AFTER = "5"  # seconds, for those that could not wait
_places = BoundedSemaphore(settings.WAITING_REQUESTS)


def until_moved(version: Callable[[], Any], seen: Any, seconds: int) -> bool:
    """Wait until `version` is another than `seen`, for so many seconds; False when there was no place to wait."""
    if seconds <= 0 or version() != seen:
        return True
    if not _places.acquire(blocking=False):
        return False
    try:
        end = time.monotonic() + seconds
        while version() == seen and time.monotonic() < end:
            time.sleep(min(STEP, max(end - time.monotonic(), 0)))
        return True
    finally:
        _places.release()
