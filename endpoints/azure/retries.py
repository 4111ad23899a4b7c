"""When a request that failed can be sent again, and sending it."""

import random
from collections.abc import Callable
from itertools import count
from typing import TypeVar

import stamina

from . import errors
from .deadline import Deadline
from .observer import Observer

T = TypeVar("T")

ATTEMPTS = 3


def backoff(error: Exception, retries: int) -> float | None:
    """In how many seconds an idempotent request can be sent again, after so many `retries`; None: it can't be."""
    retry_after_seconds: float | None = getattr(error, "retry_after", None)
    if isinstance(error, errors.TooManyRequests):
        if retry_after_seconds is None:
            return None
        retry_after_seconds = max(retry_after_seconds, 1.0)
    elif not isinstance(error, (errors.ServiceFault, errors.ConnectionLost, errors.TimedOut, errors.NotSent)):
        return None
    jitter = random.uniform(0.5, 1.0)  # noqa: S311 - spread, not secrecy
    return (retry_after_seconds or 0.0) + 0.25 * 2.0**retries * jitter


def with_retries(
    attempt_once: Callable[[], T], idempotent: bool, deadline: Deadline, observer: Observer | None = None
) -> T:
    """Call `attempt_once` with retries: at most 3 attempts within the deadline, with jittered backoff.

    A 429 is retried if its Retry-After fits the deadline. A POST or PATCH is never retried, even if it was not sent or
    answered by 429: the caller has recorded the request, and checks whether it was executed.
    """
    tries = count()

    def backoff_seconds(error: Exception) -> bool | float:
        seconds = backoff(error, next(tries)) if idempotent else None
        if seconds is None or seconds >= deadline.left():
            return False
        if observer and isinstance(error, errors.TooManyRequests):
            observer.waited(seconds)
        return seconds

    for attempt in stamina.retry_context(on=backoff_seconds, attempts=ATTEMPTS, timeout=None):
        with attempt:
            return attempt_once()
    raise RuntimeError("stamina ended without an attempt")
