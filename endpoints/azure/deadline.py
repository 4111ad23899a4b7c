"""Deadlines: one time limit for a whole operation. transport.py applies them to each read and write."""

import math
import time
from collections.abc import Callable


class Deadline:
    """A moment on the monotonic clock; without `seconds` it never comes, unless `go_on` says that it has."""

    def __init__(self, seconds: float | None, go_on: Callable[[], bool] | None = None) -> None:
        self._end = math.inf if seconds is None else time.monotonic() + seconds
        self._go_on = go_on

    @property
    def stoppable(self) -> bool:
        return self._go_on is not None

    def left(self) -> float:
        """Seconds that remain; 0 when it is past."""
        return max(0.0, self._end - time.monotonic()) if self._go_on is None or self._go_on() else 0.0

    def timeouts(self, most: float) -> dict[str, float]:
        """httpx's `timeout` extension: each step may take `most` seconds, and all of them what is left."""
        return dict.fromkeys(("connect", "read", "write", "pool"), Allowance.of(self, most))


class Allowance(float):
    """The seconds of one step, measured anew each time the step begins."""

    deadline: Deadline
    most: float

    @classmethod
    def of(cls, deadline: Deadline, most: float) -> "Allowance":
        allowance = cls(max(0.001, min(most, deadline.left())))
        allowance.deadline, allowance.most = deadline, most
        return allowance

    def now(self) -> float:
        """What the step may take if it begins now; 0 when the deadline is past."""
        return min(self.most, self.deadline.left())
