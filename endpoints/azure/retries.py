"""When a request that failed can be sent again."""

import random

from . import errors

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
