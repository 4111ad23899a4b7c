"""Deadlines: one time limit for a whole operation. transport.py applies them to each read and write."""

import math
import time


class Deadline:
    """A time on the monotonic clock; never without `seconds`."""

    def __init__(self, seconds: float | None) -> None:
        self._end = math.inf if seconds is None else time.monotonic() + seconds

    def left(self) -> float:
        """The remaining seconds; 0 after the deadline."""
        return max(0.0, self._end - time.monotonic())

    def timeouts(self, most: float) -> dict[str, float]:
        """httpx's `timeout` extension: each step may take `most` seconds, but no longer than the deadline."""
        return dict.fromkeys(("connect", "read", "write", "pool"), Allowance.of(self, most))


class Allowance(float):
    """A timeout for one step of a request, evaluated when the step begins."""

    deadline: Deadline
    most: float

    @classmethod
    def of(cls, deadline: Deadline, most: float) -> "Allowance":
        allowance = cls(max(0.001, min(most, deadline.left())))
        allowance.deadline, allowance.most = deadline, most
        return allowance

    def now(self) -> float:
        """The seconds for a step that begins now; 0 after the deadline."""
        return min(self.most, self.deadline.left())
